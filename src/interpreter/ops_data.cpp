// Plain functions behind the opcodes, part one: registers, cells, arithmetic, comparison, items, building, formatting.
#include "interpreter/interpret.h"
#include "interpreter/ops.h"
#include "objects/dict.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/set.h"
#include "objects/slice.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/native.h"
#include "protocols/operators.h"

namespace orochi {

#define DO(name) bool do_##name(const OpContext& o)

static bool raised(Raised) { return false; }

// ---- moves ----
// Opcodes whose handler never comes here.
#define NEVER(name) \
  DO(name) { OROCHI_UNREACHABLE(); }
NEVER(Nop) NEVER(Resume) NEVER(Move) NEVER(Copy) NEVER(Clear) NEVER(LoadConst) NEVER(LoadInt) NEVER(LoadNone)
NEVER(LoadTrue) NEVER(LoadFalse) NEVER(LoadEmpty) NEVER(Jump) NEVER(JumpBack) NEVER(Return) NEVER(ReturnNone)
NEVER(Call) NEVER(CallMethod) NEVER(CallKw) NEVER(CallMethodKw) NEVER(CallEx) NEVER(ForIter) NEVER(ForNext)
NEVER(ReturnGenerator) NEVER(Yield) NEVER(YieldFrom) NEVER(ReraiseLeave) NEVER(UnwindHandler)

DO(ClearRange) {
  for (uint32_t i = 0, n = o.c(); i < n; i++) {
    Value v = o.regs[o.a() + i];
    o.regs[o.a() + i] = Value();
    release(v);
  }
  return true;
}

DO(LoadCommonConstant) {
  switch (static_cast<CommonConstant>(o.b())) {
    case CommonConstant::AssertionError: o.put(o.a(), Local<>::share(Value(&types::AssertionError))); return true;
    case CommonConstant::NotImplementedError: o.put(o.a(), Local<>::share(Value(&types::NotImplementedError))); return true;
    case CommonConstant::BuiltinTuple: o.put(o.a(), Local<>::share(Value(&types::Tuple))); return true;
    case CommonConstant::BuiltinAll:
    case CommonConstant::BuiltinAny: {
      auto name = static_cast<CommonConstant>(o.b()) == CommonConstant::BuiltinAll ? "all"_n : "any"_n;
      Lookup<> found = dict_find_str(o.t, Borrowed<Dict>(default_builtins), name);
      if (found.raised()) return false;
      if (found.absent()) return raised(raise_name_error(o.t, name));
      o.put(o.a(), found.take());
      return true;
    }
  }
  OROCHI_UNREACHABLE();
}

Raised raise_unbound_local(Thread& t, Frame* frame, uint32_t index) {
  return raise(t, types::UnboundLocalError, "cannot access local variable '{}' where it is not associated with a value",
               frame->code->locals.borrow()->at(index).as<Str>());
}

static Raised raise_unbound_free(Thread& t, Frame* frame, uint32_t index) {
  return raise(t, types::NameError,
               "cannot access free variable '{}' where it is not associated with a value in enclosing scope",
               frame->code->freevars.borrow()->at(index).as<Str>());
}

Raised raise_name_error(Thread& t, Borrowed<Str> name) {
  auto message = format_str(t, "name '{}' is not defined", name);
  if (message.raised()) return {};
  Value args[] = {message->value()};
  auto e = make_exception(t, types::NameError, args, 1);
  if (e.raised()) return {};
  if (set_exception_extra(t, *e, 0, name).raised()) return {};
  return raise_exception(t, e.take());
}

DO(CheckLocal) {
  if (!o.regs[o.a()].is_empty()) return true;
  return raised(raise_unbound_local(o.t, o.frame, o.a()));
}

DO(DeleteLocal) {
  Value v = o.regs[o.a()];
  if (v.is_empty()) return raised(raise_unbound_local(o.t, o.frame, o.a()));
  o.regs[o.a()] = Value();
  release(v);
  return true;
}

// ---- cells ----
DO(MakeCell) {
  auto cell = make_cell(o.t, o.keep(o.a()));
  if (cell.raised()) return false;
  o.put(o.a(), cell.take());
  return true;
}

static Cell* cell_at(const OpContext& o, uint32_t i) { return static_cast<Cell*>(o.regs[i].as_object()); }
static Cell* free_cell(const OpContext& o, uint32_t i) {
  auto* fn = static_cast<Function*>(o.frame->function.as_object());
  return static_cast<Cell*>(fn->closure.borrow()->at(i).value().as_object());
}

DO(LoadDeref) {
  if (!is_cell(o.regs[o.b()])) return raised(raise_unbound_local(o.t, o.frame, o.b()));
  Cell* cell = cell_at(o, o.b());
  Local<> v = cell->value.load(cell);
  if (!v) return raised(raise_unbound_local(o.t, o.frame, o.b()));
  o.put(o.a(), std::move(v));
  return true;
}
DO(StoreDeref) {
  cell_at(o, o.a())->value.set(o.take(o.b()));
  return true;
}
DO(DeleteDeref) {
  Local<> old = cell_at(o, o.a())->value.take();
  if (!old) return raised(raise_unbound_local(o.t, o.frame, o.a()));
  return true;
}
DO(LoadFree) {
  Cell* cell = free_cell(o, o.b());
  Local<> v = cell->value.load(cell);
  if (!v) return raised(raise_unbound_free(o.t, o.frame, o.b()));
  o.put(o.a(), std::move(v));
  return true;
}
DO(StoreFree) {
  free_cell(o, o.a())->value.set(o.take(o.b()));
  return true;
}
DO(DeleteFree) {
  Local<> old = free_cell(o, o.a())->value.take();
  if (!old) return raised(raise_unbound_free(o.t, o.frame, o.a()));
  return true;
}
DO(LoadClosure) {
  o.put(o.a(), Local<>::share(Value(free_cell(o, o.b()))));
  return true;
}

// ---- names in mappings ----
// mapping[name]: absent for KeyError.
static Lookup<> mapping_find(Thread& t, Borrowed<> mapping, Borrowed<Str> name) {
  if (is_exact_dict(mapping)) return dict_find_str(t, mapping.as<Dict>(), name);
  auto r = get_item(t, mapping, name);
  if (!r.raised()) return r.take();
  if (clear_pending_if(t, types::KeyError)) return kAbsent;
  return Raised{};
}

Lookup<> load_global_word(Thread& t, Frame* frame, Borrowed<Str> name) {
  Lookup<> found = mapping_find(t, Borrowed<>(frame->globals), name);
  if (!found.absent()) return found;
  if (!frame->builtins) return kAbsent;
  return mapping_find(t, Borrowed<>(frame->builtins), name);
}

DO(LoadFromDictOrFree) {
  Local<> mapping = o.take(o.b());
  Lookup<> found = mapping_find(o.t, mapping, o.frame->code->freevars.borrow()->at(o.c()).as<Str>());
  if (found.raised()) return false;
  if (found.found()) {
    o.put(o.a(), found.take());
    return true;
  }
  Cell* cell = free_cell(o, o.c());
  Local<> v = cell->value.load(cell);
  if (!v) return raised(raise_unbound_free(o.t, o.frame, o.c()));
  o.put(o.a(), std::move(v));
  return true;
}
DO(LoadFromDictOrGlobals) {
  Local<> mapping = o.take(o.b());
  Lookup<> found = mapping_find(o.t, mapping, o.name(o.c()));
  if (found.absent()) found = load_global_word(o.t, o.frame, o.name(o.c()));
  if (found.raised()) return false;
  if (found.absent()) return raised(raise_name_error(o.t, o.name(o.c())));
  o.put(o.a(), found.take());
  return true;
}
static Value frame_namespace(Frame* frame) { return frame->locals ? frame->locals : frame->globals; }
DO(LoadLocals) {
  o.put(o.a(), Local<>::share(frame_namespace(o.frame)));
  return true;
}

static bool store_name(Thread& t, Value mapping, Borrowed<Str> name, Local<> value) {
  if (is_exact_dict(mapping)) return !dict_set_str(t, Borrowed<Dict>(mapping), name, std::move(value)).raised();
  return !set_item(t, Borrowed<>(mapping), name, value).raised();
}
static bool delete_name(Thread& t, Value mapping, Borrowed<Str> name) {
  if (is_exact_dict(mapping)) {
    auto r = dict_delete_str(t, Borrowed<Dict>(mapping), name);
    if (r.raised()) return false;
    if (*r) return true;
  } else {
    if (!delete_item(t, Borrowed<>(mapping), name).raised()) return true;
    if (!clear_pending_if(t, types::KeyError)) return false;
  }
  return raised(raise_name_error(t, name));
}
DO(StoreGlobal) { return store_name(o.t, o.frame->globals, o.name(static_cast<uint32_t>(o.bc())), o.take(o.a())); }
DO(DeleteGlobal) { return delete_name(o.t, o.frame->globals, o.name(static_cast<uint32_t>(o.bc()))); }
DO(StoreName) {
  return store_name(o.t, frame_namespace(o.frame), o.name(static_cast<uint32_t>(o.bc())), o.take(o.a()));
}
DO(DeleteName) { return delete_name(o.t, frame_namespace(o.frame), o.name(static_cast<uint32_t>(o.bc()))); }
DO(LoadGlobal) {
  Borrowed<Str> name = o.name(static_cast<uint32_t>(o.bc()));
  Lookup<> found = load_global_word(o.t, o.frame, name);
  if (found.raised()) return false;
  if (found.absent()) return raised(raise_name_error(o.t, name));
  o.put(o.a(), found.take());
  return true;
}
DO(LoadName) {
  Borrowed<Str> name = o.name(static_cast<uint32_t>(o.bc()));
  Lookup<> found = kAbsent;
  if (o.frame->locals && o.frame->locals != o.frame->globals) {
    Local<> mapping = Local<>::share(o.frame->locals);
    found = mapping_find(o.t, mapping, name);
  }
  if (found.absent()) found = load_global_word(o.t, o.frame, name);
  if (found.raised()) return false;
  if (found.absent()) return raised(raise_name_error(o.t, name));
  o.put(o.a(), found.take());
  return true;
}

// ---- attributes, uncached ----
DO(LoadAttr) {
  Local<> object = o.take(o.b());
  return o.put_result(o.a(), get_attr(o.t, object, o.name(o.c())));
}
DO(StoreAttr) {
  Local<> object = o.take(o.a());
  Local<> value = o.take(o.c());
  return !set_attr(o.t, object, o.name(o.b()), value).raised();
}
DO(DeleteAttr) {
  Local<> object = o.take(o.a());
  return !delete_attr(o.t, object, o.name(o.b())).raised();
}
DO(LoadMethod) {
  Local<> object = o.take(o.b());
  Local<> function;
  bool self_needed;
  if (get_method(o.t, object, o.name(o.c()), &function, &self_needed).raised()) return false;
  o.put(o.a(), std::move(function));
  o.put(o.a() + 1, self_needed ? std::move(object) : Local<>());
  return true;
}

// ---- items ----
DO(GetItem) {
  Local<> object = o.take(o.b());
  Local<> key = o.take(o.c());
  return o.put_result(o.a(), get_item(o.t, object, key));
}
DO(GetItemI) {
  Local<> object = o.take(o.b());
  return o.put_result(o.a(), get_item(o.t, object, Value::fixnum(o.sc())));
}
DO(SetItem) {
  Local<> object = o.take(o.a());
  Local<> key = o.take(o.b());
  Local<> value = o.take(o.c());
  return !set_item(o.t, object, key, value).raised();
}
DO(DelItem) {
  Local<> object = o.take(o.a());
  Local<> key = o.take(o.b());
  return !delete_item(o.t, object, key).raised();
}
DO(BuildSlice) {
  Local<> start = o.take_temp(o.b()), stop = o.take_temp(o.b() + 1);
  Local<> step = o.c() == 3 ? o.take_temp(o.b() + 2) : immediate(kNone);
  return o.put_result(o.a(), make_slice(o.t, start, stop, step));
}
static Value or_none(const Local<>& v) { return v ? v.value() : kNone; }
DO(GetSlice) {
  Local<> object = o.take_temp(o.b()), start = o.take_temp(o.b() + 1), stop = o.take_temp(o.b() + 2);
  auto slice = make_slice(o.t, Borrowed<>(or_none(start)), Borrowed<>(or_none(stop)), Borrowed<>(kNone));
  if (slice.raised()) return false;
  return o.put_result(o.a(), get_item(o.t, object, *slice));
}
DO(SetSlice) {
  Local<> object = o.take_temp(o.a()), start = o.take_temp(o.a() + 1), stop = o.take_temp(o.a() + 2);
  Local<> value = o.take(o.b());
  auto slice = make_slice(o.t, Borrowed<>(or_none(start)), Borrowed<>(or_none(stop)), Borrowed<>(kNone));
  if (slice.raised()) return false;
  return !set_item(o.t, object, *slice, value).raised();
}

// ---- arithmetic ----
// Floats and ints mixed, ints that left the fixnum range: without going through the slots.
static bool number_op(const OpContext& o, BinaryOp op, Value x, Value y, Result<Local<>>* out) {
  bool xi = x.is_fixnum(), yi = y.is_fixnum(), xf = x.is_tagged_float(), yf = y.is_tagged_float();
  if (xi && yi) {
    switch (op) {
      case BinaryOp::Add: *out = int_add(o.t, x, y); return true;
      case BinaryOp::Subtract: *out = int_subtract(o.t, x, y); return true;
      case BinaryOp::Multiply: *out = int_multiply(o.t, x, y); return true;
      default: return false;
    }
  }
  if ((xi || xf) && (yi || yf)) {
    double a = xf ? x.as_tagged_float() : static_cast<double>(x.as_fixnum());
    double b = yf ? y.as_tagged_float() : static_cast<double>(y.as_fixnum());
    switch (op) {
      case BinaryOp::Add: *out = make_float(o.t, a + b); return true;
      case BinaryOp::Subtract: *out = make_float(o.t, a - b); return true;
      case BinaryOp::Multiply: *out = make_float(o.t, a * b); return true;
      case BinaryOp::TrueDivide:
        if (b == 0.0) return false;
        *out = make_float(o.t, a / b);
        return true;
      default: return false;
    }
  }
  return false;
}

static bool do_binary(const OpContext& o, BinaryOp op, bool inplace) {
  Result<Local<>> result = Raised{};
  Value x = o.regs[o.b()], y = o.regs[o.c()];
  if (number_op(o, op, x, y, &result)) return o.put_result(o.a(), std::move(result));
  Local<> left = o.take(o.b());
  Local<> right = o.c() == o.b() && o.b() >= o.frame->first_temp ? left.dup() : o.take(o.c());
  return o.put_result(o.a(), inplace ? inplace_op(o.t, op, left, right) : binary_op(o.t, op, left, right));
}
static bool do_binary_immediate(const OpContext& o, BinaryOp op, bool inplace) {
  Result<Local<>> result = Raised{};
  Value x = o.regs[o.b()], y = Value::fixnum(o.sc());
  if (number_op(o, op, x, y, &result)) return o.put_result(o.a(), std::move(result));
  Local<> left = o.take(o.b());
  return o.put_result(o.a(), inplace ? inplace_op(o.t, op, left, y) : binary_op(o.t, op, left, y));
}
#define BINARY(name, op)                                         \
  DO(name) { return do_binary(o, BinaryOp::op, false); }         \
  DO(Inplace##name) { return do_binary(o, BinaryOp::op, true); }
BINARY(Add, Add)
BINARY(Sub, Subtract)
BINARY(Mul, Multiply)
BINARY(MatMul, MatrixMultiply)
BINARY(TrueDiv, TrueDivide)
BINARY(FloorDiv, FloorDivide)
BINARY(Mod, Remainder)
BINARY(Pow, Power)
BINARY(LShift, LeftShift)
BINARY(RShift, RightShift)
BINARY(And, And)
BINARY(Or, Or)
BINARY(Xor, Xor)
DO(AddI) { return do_binary_immediate(o, BinaryOp::Add, false); }
DO(SubI) { return do_binary_immediate(o, BinaryOp::Subtract, false); }
DO(MulI) { return do_binary_immediate(o, BinaryOp::Multiply, false); }
DO(FloorDivI) { return do_binary_immediate(o, BinaryOp::FloorDivide, false); }
DO(ModI) { return do_binary_immediate(o, BinaryOp::Remainder, false); }
DO(LShiftI) { return do_binary_immediate(o, BinaryOp::LeftShift, false); }
DO(RShiftI) { return do_binary_immediate(o, BinaryOp::RightShift, false); }
DO(AndI) { return do_binary_immediate(o, BinaryOp::And, false); }
DO(InplaceAddI) { return do_binary_immediate(o, BinaryOp::Add, true); }
DO(InplaceSubI) { return do_binary_immediate(o, BinaryOp::Subtract, true); }
DO(Neg) {
  Local<> v = o.take(o.b());
  return o.put_result(o.a(), negative(o.t, v));
}
DO(Pos) {
  Local<> v = o.take(o.b());
  return o.put_result(o.a(), positive(o.t, v));
}
DO(Invert) {
  Local<> v = o.take(o.b());
  return o.put_result(o.a(), invert(o.t, v));
}
DO(Not) {
  Local<> v = o.take(o.b());
  auto r = is_true(o.t, v);
  if (r.raised()) return false;
  o.put(o.a(), immediate(Value::boolean(!*r)));
  return true;
}

// ---- comparison ----
static Result<Local<>> compare_registers(const OpContext& o, uint32_t i, uint32_t k, CompareOp op) {
  Local<> left = o.take(i);
  Local<> right = i == k && i >= o.frame->first_temp ? left.dup() : o.take(k);
  return rich_compare(o.t, left, right, op);
}
static bool truth(const OpContext& o, Result<Local<>> r) {  // false also when raised: the handler asks has_pending
  if (r.raised()) return false;
  Local<> v = r.take();
  if (v.value() == kTrue) return true;
  if (v.value() == kFalse) return false;
  auto b = is_true(o.t, v);
  return !b.raised() && *b;
}
// For the negated jumps: an exception must not count as "false, so jump".
static bool not_truth(const OpContext& o, Result<Local<>> r) {
  if (r.raised()) return false;
  bool b = truth(o, std::move(r));
  return !o.t.has_pending() && !b;
}
#define COMPARISON(name, op)                                                                                    \
  DO(name) { return o.put_result(o.a(), compare_registers(o, o.b(), o.c(), CompareOp::op)); }                          \
  DO(JumpIf##name) { return truth(o, compare_registers(o, o.a(), o.b(), CompareOp::op)); }                      \
  DO(JumpIfNot##name) { return not_truth(o, compare_registers(o, o.a(), o.b(), CompareOp::op)); }               \
  DO(JumpIf##name##I) {                                                                                         \
    Local<> left = o.take(o.a());                                                                               \
    return truth(o, rich_compare(o.t, left, Value::fixnum(static_cast<int16_t>(o.b())), CompareOp::op));        \
  }                                                                                                             \
  DO(JumpIfNot##name##I) {                                                                                      \
    Local<> left = o.take(o.a());                                                                               \
    return not_truth(o, rich_compare(o.t, left, Value::fixnum(static_cast<int16_t>(o.b())), CompareOp::op));    \
  }
COMPARISON(Lt, Lt)
COMPARISON(Le, Le)
COMPARISON(Eq, Eq)
COMPARISON(Ne, Ne)
COMPARISON(Gt, Gt)
COMPARISON(Ge, Ge)

static bool same_registers(const OpContext& o, uint32_t i, uint32_t k) {
  Local<> left = o.take(i);
  if (i == k) return true;
  Local<> right = o.take(k);
  return left.value() == right.value();
}
DO(Is) {
  bool same = same_registers(o, o.b(), o.c());
  o.put(o.a(), immediate(Value::boolean(same)));
  return true;
}
DO(IsNot) {
  bool same = same_registers(o, o.b(), o.c());
  o.put(o.a(), immediate(Value::boolean(!same)));
  return true;
}
DO(JumpIfIs) { return same_registers(o, o.a(), o.b()); }
DO(JumpIfIsNot) { return !same_registers(o, o.a(), o.b()); }

static Result<bool> contains_registers(const OpContext& o, uint32_t item, uint32_t container) {
  Local<> value = o.take(item);
  Local<> in = item == container && item >= o.frame->first_temp ? value.dup() : o.take(container);
  return contains(o.t, in, value);
}
DO(In) {
  auto r = contains_registers(o, o.b(), o.c());
  if (r.raised()) return false;
  o.put(o.a(), immediate(Value::boolean(*r)));
  return true;
}
DO(NotIn) {
  auto r = contains_registers(o, o.b(), o.c());
  if (r.raised()) return false;
  o.put(o.a(), immediate(Value::boolean(!*r)));
  return true;
}
DO(JumpIfIn) {
  auto r = contains_registers(o, o.a(), o.b());
  return !r.raised() && *r;
}
DO(JumpIfNotIn) {
  auto r = contains_registers(o, o.a(), o.b());
  return !r.raised() && !*r;
}

// ---- jumps ----
DO(JumpIfTrue) {
  Local<> v = o.take(o.a());
  auto r = is_true(o.t, v);
  return !r.raised() && *r;
}
DO(JumpIfFalse) {
  Local<> v = o.take(o.a());
  auto r = is_true(o.t, v);
  return !r.raised() && !*r;
}
static bool jump_keep(const OpContext& o, bool wanted) {
  Local<> v = o.take(o.a());
  auto r = is_true(o.t, v);
  if (r.raised() || *r != wanted) return false;
  o.regs[o.a()] = v.release();
  return true;
}
DO(JumpIfTrueKeep) { return jump_keep(o, true); }
DO(JumpIfFalseKeep) { return jump_keep(o, false); }
DO(JumpIfNone) {
  Local<> v = o.take(o.a());
  return v.value() == kNone;
}
DO(JumpIfNotNone) {
  Local<> v = o.take(o.a());
  return v.value() != kNone;
}

// ---- unpacking ----
DO(GetIter) {
  Local<> v = o.take(o.b());
  return o.put_result(o.a(), get_iter(o.t, v));
}

static bool raise_cannot_unpack(Thread& t, Value v) {
  return raised(raise(t, types::TypeError, "cannot unpack non-iterable {} object", TypeName(v)));
}

// Moves owned values to consecutive registers.
static void put_all(const OpContext& o, uint32_t first, Value* items, size_t count) {
  for (size_t i = 0; i < count; i++) o.put(first + static_cast<uint32_t>(i), Local<>::adopt(items[i]));
}

// Owned values gathered before any register is written.
struct Gathered {
  explicit Gathered(size_t capacity) {
    items = capacity <= 16 ? room : static_cast<Value*>(allocate_raw(capacity * sizeof(Value)));
  }
  ~Gathered() {
    for (size_t i = 0; i < count; i++) release(items[i]);
    if (items != room) free_raw(items);
  }
  Value room[16];
  Value* items;
  size_t count = 0;
};

DO(UnpackSequence) {
  size_t wanted = o.c();
  Local<> source = o.take(o.a());
  Local<Tuple> snapshot;
  if (is_exact_list(source.value())) {
    auto r = list_to_tuple(o.t, source.borrow().as<List>());
    if (r.raised()) return false;
    snapshot = r.take();
  } else if (is_exact_tuple(source.value())) {
    snapshot = std::move(source).as<Tuple>();
  }
  if (snapshot) {
    size_t n = snapshot->length();
    if (n < wanted) {
      return raised(raise(o.t, types::ValueError, "not enough values to unpack (expected {}, got {})", wanted, n));
    }
    if (n > wanted) {
      return raised(raise(o.t, types::ValueError, "too many values to unpack (expected {}, got {})", wanted, n));
    }
    for (uint32_t i = 0; i < n; i++) o.put(o.b() + i, Local<>::share(snapshot->at(i)));
    return true;
  }
  auto iterator = get_iter(o.t, source);
  if (iterator.raised()) {
    if (pending_matches(o.t, types::TypeError) && !type_of(source.value())->slots.iter &&
        !type_of(source.value())->slots.getitem) {
      clear_pending(o.t);
      return raise_cannot_unpack(o.t, source.value());
    }
    return false;
  }
  Gathered got(wanted);
  if (!got.items) return raised(raise_no_memory(o.t));
  for (;;) {
    Lookup<> item = iter_next(o.t, *iterator);
    if (item.raised()) return false;
    if (item.absent()) break;
    if (got.count == wanted) {
      if (is_exact_dict(source.value())) {
        return raised(raise(o.t, types::ValueError, "too many values to unpack (expected {}, got {})", wanted,
                            static_cast<Dict*>(source.value().as_object())->length()));
      }
      return raised(raise(o.t, types::ValueError, "too many values to unpack (expected {})", wanted));
    }
    got.items[got.count++] = item.release();
  }
  if (got.count < wanted) {
    return raised(
        raise(o.t, types::ValueError, "not enough values to unpack (expected {}, got {})", wanted, got.count));
  }
  put_all(o, o.b(), got.items, got.count);
  got.count = 0;
  return true;
}

DO(UnpackEx) {
  size_t before = o.c() & 255, after = o.c() >> 8;
  Local<> source = o.take(o.a());
  if (!type_of(source.value())->slots.iter && !type_of(source.value())->slots.getitem) {
    return raise_cannot_unpack(o.t, source.value());
  }
  auto all = tuple_from(o.t, source);
  if (all.raised()) return false;
  size_t n = (*all)->length();
  if (n < before + after) {
    return raised(raise(o.t, types::ValueError, "not enough values to unpack (expected at least {}, got {})",
                        before + after, n));
  }
  auto middle = make_list(o.t, (*all)->values() + before, n - before - after);
  if (middle.raised()) return false;
  uint32_t at = o.b();
  for (size_t i = 0; i < before; i++) o.put(at++, Local<>::share((*all)->at(i)));
  o.put(at++, middle.take());
  for (size_t i = n - after; i < n; i++) o.put(at++, Local<>::share((*all)->at(i)));
  return true;
}

// ---- building ----
DO(BuildTuple) {
  auto tuple = make_tuple_uninitialised(o.t, o.c());
  if (tuple.raised()) return false;
  for (uint32_t i = 0, n = o.c(); i < n; i++) (*tuple)->items()[i].init(o.take_temp(o.b() + i));
  o.put(o.a(), tuple.take());
  return true;
}
DO(BuildList) {
  uint32_t n = o.c();
  auto list = make_list(o.t, n);
  if (list.raised()) return false;
  for (uint32_t i = 0; i < n; i++) {
    (*list)->array->items[i] = o.regs[o.b() + i];
    o.regs[o.b() + i] = Value();
  }
  (*list)->length_ = n;
  o.put(o.a(), list.take());
  return true;
}
DO(BuildSet) {
  auto set = make_set(o.t);
  if (set.raised()) return false;
  for (uint32_t i = 0, n = o.c(); i < n; i++) {
    Local<> item = o.take_temp(o.b() + i);
    if (set_add(o.t, *set, item).raised()) return false;
  }
  o.put(o.a(), set.take());
  return true;
}
DO(BuildMap) {
  auto dict = make_dict(o.t, o.c());
  if (dict.raised()) return false;
  for (uint32_t i = 0, n = o.c(); i < n; i++) {
    Local<> key = o.take_temp(o.b() + 2 * i);
    Local<> value = o.take_temp(o.b() + 2 * i + 1);
    if (dict_set(o.t, *dict, key, value).raised()) return false;
  }
  o.put(o.a(), dict.take());
  return true;
}
DO(BuildString) {
  StrBuilder out(o.t);
  for (uint32_t i = 0, n = o.c(); i < n; i++) {
    Local<> piece = o.take_temp(o.b() + i);
    out.append(piece.borrow().as<Str>());
  }
  return o.put_result(o.a(), out.finish());
}
DO(ListAppend) { return !list_append(o.t, Borrowed<List>(o.regs[o.a()]), o.take(o.b())).raised(); }
DO(ListExtend) {
  Local<> source = o.take(o.b());
  Borrowed<List> list(o.regs[o.a()]);
  if (is_exact_tuple(source.value())) {
    auto* tuple = static_cast<Tuple*>(source.value().as_object());
    return !list_extend_values(o.t, list, tuple->values(), tuple->length()).raised();
  }
  if (!type_of(source.value())->slots.iter && !type_of(source.value())->slots.getitem) {
    return raised(raise(o.t, types::TypeError, "Value after * must be an iterable, not {}", TypeName(source.value())));
  }
  auto items = tuple_from(o.t, source);
  if (items.raised()) return false;
  return !list_extend_values(o.t, list, (*items)->values(), (*items)->length()).raised();
}
DO(SetAdd) {
  Local<> item = o.take(o.b());
  return !set_add(o.t, Borrowed<Set>(o.regs[o.a()]), item).raised();
}
DO(SetUpdate) {
  Local<> source = o.take(o.b());
  return !set_update(o.t, Borrowed<Set>(o.regs[o.a()]), source).raised();
}
DO(MapAdd) {
  Local<> key = o.take(o.b());
  Local<> value = o.take(o.c());
  return !dict_set(o.t, Borrowed<Dict>(o.regs[o.a()]), key, value).raised();
}
DO(DictUpdate) {
  Local<> source = o.take(o.b());
  Borrowed<Dict> dict(o.regs[o.a()]);
  if (is_exact_dict(source.value())) return !dict_update_from_dict(o.t, dict, source.borrow().as<Dict>()).raised();
  auto keys = has_attr(o.t, source, "keys"_n);
  if (keys.raised()) return false;
  if (!*keys) {
    return raised(raise(o.t, types::TypeError, "'{}' object is not a mapping", TypeName(source.value())));
  }
  return !dict_merge(o.t, dict, source).raised();
}

// How Python names a callable in argument errors: "module.f()", "f()".
Result<Local<Str>> callable_name(Thread& t, Borrowed<> callable) {
  Lookup<> qualname = find_attr(t, callable, "__qualname__"_n);
  if (qualname.raised()) return Raised{};
  if (qualname.absent() || !is_str((*qualname).value())) return str_of(t, callable);
  Lookup<> module = find_attr(t, callable, "__module__"_n);
  if (module.raised()) return Raised{};
  Borrowed<Str> name = (*qualname).borrow().as<Str>();
  if (module.found() && is_str((*module).value()) && !str_equal((*module).borrow().as<Str>(), "builtins"_n)) {
    return format_str(t, "{}.{}()", (*module).borrow().as<Str>(), name);
  }
  return format_str(t, "{}()", name);
}

DO(DictMerge) {
  Local<> source = o.take(o.b());
  Local<> callable = o.keep(o.c());
  Borrowed<Dict> dict(o.regs[o.a()]);
  auto keys = is_exact_dict(source.value()) ? Result<bool>(true) : has_attr(o.t, source, "keys"_n);
  if (keys.raised()) return false;
  if (!*keys) {
    auto name = callable_name(o.t, callable);
    if (name.raised()) return false;
    return raised(raise(o.t, types::TypeError, "{} argument after ** must be a mapping, not {}", *name,
                        TypeName(source.value())));
  }
  Local<Dict> copy;
  if (is_exact_dict(source.value())) {
    copy = std::move(source).as<Dict>();
  } else {
    auto made = make_dict(o.t);
    if (made.raised()) return false;
    copy = made.take();
    if (dict_merge(o.t, copy, source).raised()) return false;
  }
  size_t position = 0;
  Local<> key, value;
  while (dict_next(o.t, copy, &position, &key, &value)) {
    auto known = dict_contains(o.t, dict, key);
    if (known.raised()) return false;
    if (*known) {
      auto name = callable_name(o.t, callable);
      if (name.raised()) return false;
      if (!is_str(key.value())) return raised(raise(o.t, types::TypeError, "keywords must be strings"));
      return raised(raise(o.t, types::TypeError, "{} got multiple values for keyword argument '{}'", *name,
                          key.borrow().as<Str>()));
    }
    if (dict_set(o.t, dict, key, value).raised()) return false;
  }
  return true;
}
DO(ListToTuple) {
  Local<> list = o.take(o.b());
  return o.put_result(o.a(), list_to_tuple(o.t, list.borrow().as<List>()));
}

// ---- formatting ----
static Result<Local<>> convert_value(Thread& t, Borrowed<> v, uint32_t how) {
  switch (how) {
    case 1: return str_of(t, v);
    case 2: return repr_of(t, v);
    case 3: return ascii_of(t, v);
    default: return Local<>::share(v);
  }
}
DO(ConvertValue) {
  Local<> v = o.take(o.b());
  return o.put_result(o.a(), convert_value(o.t, v, o.c()));
}
DO(FormatSimple) {
  Local<> v = o.take(o.b());
  if (is_exact_str(v.value())) {
    o.put(o.a(), std::move(v));
    return true;
  }
  return o.put_result(o.a(), format_of(o.t, v, empty_str()));
}
DO(FormatWithSpec) {
  Local<> v = o.take(o.b());
  Local<> spec = o.take(o.c());
  return o.put_result(o.a(), format_of(o.t, v, spec.borrow().as<Str>()));
}

static Result<Local<>> template_class(Thread& t, Borrowed<Str> name) {
  Local<> module = TRY(import_module(t, "_string_templatelib"_n));
  return get_attr(t, module, name);
}
DO(BuildInterpolation) {
  Local<> value = o.take_temp(o.b()), text = o.take_temp(o.b() + 1);
  Local<> spec = o.c() & 16 ? o.take_temp(o.b() + 2) : Local<>::share(empty_str());
  static constexpr const char* kConversions[] = {"", "s", "r", "a"};
  Local<> conversion = immediate(kNone);
  if (o.c() & 3) {
    auto s = make_str(o.t, kConversions[o.c() & 3]);
    if (s.raised()) return false;
    conversion = s.take();
  }
  auto cls = template_class(o.t, "Interpolation"_n);
  if (cls.raised()) return false;
  return o.put_result(o.a(), call(o.t, *cls, value, text, conversion, spec));
}
DO(BuildTemplate) {
  Local<> strings = o.take(o.b()), interpolations = o.take(o.c());
  auto cls = template_class(o.t, "Template"_n);
  if (cls.raised()) return false;
  // Template(*args) takes strings and interpolations in turn.
  Borrowed<Tuple> s = strings.borrow().as<Tuple>(), p = interpolations.borrow().as<Tuple>();
  auto args = make_tuple_uninitialised(o.t, s->length() + p->length());
  if (args.raised()) return false;
  size_t at = 0;
  for (size_t i = 0; i < s->length(); i++) {
    (*args)->items()[at++].init_share(s->at(i));
    if (i < p->length()) (*args)->items()[at++].init_share(p->at(i));
  }
  return o.put_result(o.a(), call_with(o.t, *cls, CallArgs{(*args)->values(), at, {}}));
}

}  // namespace orochi
