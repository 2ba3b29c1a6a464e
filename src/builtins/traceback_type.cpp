// The type traceback.
#include "objects/traceback.h"

#include "protocols/native.h"

namespace orochi {

namespace {

constinit const Layout kTracebackLayout{"traceback", sizeof(Traceback), 0, Traceback::trace, nullptr, nullptr, nullptr};

Result<void> check_no_cycle(Thread& t, Borrowed<Traceback> self, Borrowed<> next) {
  Local<> at = Local<>::share(next);
  while (at && at.value() != kNone) {
    if (at.value() == self.value()) return raise(t, types::ValueError, "traceback loop detected");
    at = static_cast<Traceback*>(at.value().as_object())->next.load(at.value().as_object());
  }
  return ok();
}

Result<Local<>> traceback_new(Thread& t, Borrowed<Type>, Borrowed<> tb_next, Borrowed<FrameObject> tb_frame,
                              int64_t tb_lasti, int32_t tb_lineno) {
  if (tb_next.value() != kNone && !is_a<Traceback>(tb_next)) {
    return raise(t, types::TypeError, "expected traceback object or None, got '{}'", TypeName(tb_next));
  }
  return make_traceback(t, tb_next, tb_frame, tb_lasti / 2, tb_lineno);
}
constexpr NativeDef kTracebackNew = arguments<traceback_new>("traceback(cls, tb_next, tb_frame, tb_lasti, tb_lineno)");

Result<Local<>> traceback_next(Thread&, Borrowed<Traceback> tb) {
  Local<> next = tb->next.load(tb.get());
  if (!next) return kNone;
  return next;
}
Result<void> traceback_set_next(Thread& t, Borrowed<Traceback> tb, Borrowed<> value) {
  if (!value) return raise(t, types::TypeError, "can't delete tb_next attribute");
  if (value.value() == kNone) {
    tb->next.set({});
    return ok();
  }
  if (!is_a<Traceback>(value)) {
    return raise(t, types::TypeError, "expected traceback object, got '{}'", TypeName(value));
  }
  TRY(check_no_cycle(t, tb, value));
  tb->next.set_share(value);
  return ok();
}
Result<Local<>> traceback_frame(Thread&, Borrowed<Traceback> tb) { return tb->frame.load(tb.get()); }
int64_t traceback_lasti(Thread&, Borrowed<Traceback> tb) { return tb->offset * 2; }
Result<Local<>> traceback_lineno(Thread&, Borrowed<Traceback> tb) {
  int32_t line = traceback_line(tb);
  if (line < 0) return kNone;
  return Value::fixnum(line);
}
Result<Local<>> traceback_dir(Thread& t, Borrowed<Traceback>) {
  return make_tuple(t, {"tb_frame"_n.value(), "tb_next"_n.value(), "tb_lasti"_n.value(), "tb_lineno"_n.value()});
}
constexpr NativeDef kMethods[] = {method<traceback_dir>("__dir__(self, /)", nullptr)};
constexpr GetSetDef kGetSets[] = {
    getset<traceback_next, traceback_set_next>("tb_next", nullptr),
    getter<traceback_frame>("tb_frame", nullptr),
    getter<traceback_lasti>("tb_lasti", nullptr),
    getter<traceback_lineno>("tb_lineno", nullptr),
};
const TypeDef kTracebackDef = {
    .name = "traceback",
    .doc = "Create a new traceback object.",
    .layout = &kTracebackLayout,
    OROCHI_METHODS(kMethods),
    OROCHI_GETSETS(kGetSets),
    .slots = {.new_ = new_slot<kTracebackNew>},
};

}  // namespace

OROCHI_TYPE(Traceback, kTracebackDef)

}  // namespace orochi
