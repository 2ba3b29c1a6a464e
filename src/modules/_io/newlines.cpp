// _io.IncrementalNewlineDecoder, and universal newlines for TextIOWrapper and StringIO.
#include <cstring>

#include "modules/_io/io_module.h"

namespace orochi {

OROCHI_MODULE_TYPE(IoNewlineDecoder)

namespace io_module {

Result<Local<>> newlines_seen(Mutator& m, uint8_t seen) {
  static constexpr const char* kTexts[] = {"\r", "\n", "\r\n"};
  Local<Str> parts[3];
  Value values[3];
  size_t n = 0;
  for (int i = 0; i < 3; i++) {
    if (!(seen & (1 << i))) continue;
    parts[n] = TRY(make_str(m, kTexts[i]));
    values[n] = parts[n].value();
    n++;
  }
  if (n == 0) return kNone;
  if (n == 1) return std::move(parts[0]);
  return make_tuple(m, values, n);
}

Result<Local<Str>> translate_newlines(Mutator& m, Local<Str> text, bool translate, bool final, uint8_t* pending_cr,
                                      uint8_t* seen) {
  size_t n = text->length();
  if (*pending_cr && (final || n > 0)) {
    Local<Str> cr = TRY(make_str_char(m, '\r'));
    text = n ? TRY(str_concat(m, cr, text)) : std::move(cr);
    n = text->length();
    *pending_cr = 0;
  }
  if (n == 0) return text;
  if (!final && text->at(n - 1) == '\r') {
    text = TRY(str_substring(m, text, 0, n - 1));
    n--;
    *pending_cr = 1;
  }
  if (n == 0) return text;
  // Without \r nothing changes.
  bool has_cr = false, has_lf = false;
  if (text->unit_shift() == 0) {
    has_cr = memchr(text->latin1(), '\r', n) != nullptr;
    if (!has_cr) has_lf = (*seen & kSeenLf) || memchr(text->latin1(), '\n', n);
  } else {
    for (size_t i = 0; i < n && !has_cr; i++) {
      uint32_t c = text->at(i);
      has_cr = c == '\r';
      has_lf |= c == '\n';
    }
  }
  if (!has_cr) {
    if (has_lf) *seen |= kSeenLf;
    return text;
  }
  StrBuilder out(m);
  size_t start = 0;
  uint8_t here = 0;
  for (size_t i = 0; i < n; i++) {
    uint32_t c = text->at(i);
    if (c == '\n') here |= kSeenLf;
    if (c != '\r') continue;
    bool pair = i + 1 < n && text->at(i + 1) == '\n';
    here |= pair ? kSeenCrLf : kSeenCr;
    if (translate) {
      out.append(text, start, i);
      out.append_char('\n');
      start = i + (pair ? 2 : 1);
    }
    if (pair) i++;
  }
  *seen |= here;
  if (!translate) return text;
  out.append(text, start, n);
  return out.finish();
}

namespace {

Result<Local<>> decoder_op_new(Thread& t, Borrowed<Type> cls, const CallArgs&) {
  return allocate_for<NewlineDecoder>(t, cls);
}
Result<void> decoder_init(Thread& t, Borrowed<NewlineDecoder> self, Borrowed<> decoder, bool translate,
                          Maybe<Borrowed<>> errors) {
  self->decoder.set(Local<>::share(decoder));
  self->errors.set(errors ? Local<>::share(*errors) : Local<>(TRY(make_str(t, "strict"))));
  self->translate = translate;
  self->pending_cr = self->seen = 0;
  self->ready = 1;
  return ok();
}
constexpr NativeDef kInit =
    arguments<decoder_init>("IncrementalNewlineDecoder(self, decoder, translate, errors='strict')");

Result<Local<>> inner_of(Thread& t, Borrowed<NewlineDecoder> self) {
  Local<> inner = self->decoder.load(self.get());
  if (!self->ready || !inner) {
    return raise(t, types::ValueError, "IncrementalNewlineDecoder.__init__() not called");
  }
  return inner;
}

Result<Local<>> decoder_decode(Thread& t, Borrowed<NewlineDecoder> self, Borrowed<> input, bool final) {
  Local<> inner = TRY(inner_of(t, self));
  Local<> text = Local<>::share(input);
  if (inner.value() != kNone) {
    text = TRY(call_method(t, inner, "decode"_n, input, Borrowed<>(Value::boolean(final))));
  }
  if (!is_str(text.value())) {
    return raise(t, types::TypeError, "decoder should return a string result, not '{}'", TypeName(text.value()));
  }
  ObjectLock guard(t, self.get());
  return translate_newlines(t, std::move(text).as<Str>(), self->translate, final, &self->pending_cr, &self->seen);
}

Result<Local<>> decoder_getstate(Thread& t, Borrowed<NewlineDecoder> self) {
  Local<> inner = TRY(inner_of(t, self));
  Local<> buffer = Local<>::share(empty_bytes());
  Local<> flag = immediate(Value::fixnum(0));
  if (inner.value() != kNone) {
    Local<> state = TRY(call_method(t, inner, "getstate"_n));
    if (!is_tuple(state.value()) || state.borrow().as<Tuple>()->length() != 2) {
      return raise(t, types::TypeError, "illegal decoder state");
    }
    buffer = Local<>::share(state.borrow().as<Tuple>()->at(0));
    flag = Local<>::share(state.borrow().as<Tuple>()->at(1));
    if (!is_int(flag.value())) return raise(t, types::TypeError, "illegal decoder state");
  }
  Local<> doubled = TRY(int_add(t, flag.value(), flag.value()));
  Local<> all = TRY(int_add(t, doubled.value(), Value::fixnum(self->pending_cr ? 1 : 0)));
  return make_tuple(t, {buffer.value(), all.value()});
}

Result<void> decoder_setstate(Thread& t, Borrowed<NewlineDecoder> self, Borrowed<> state) {
  Local<> inner = TRY(inner_of(t, self));
  if (!is_tuple(state)) return raise(t, types::TypeError, "state argument must be a tuple");
  auto pair = state.as<Tuple>();
  int64_t flag;
  if (pair->length() != 2 || !is_int(pair->at(1)) || !int_as_int64(pair->at(1), &flag)) {
    return raise(t, types::TypeError, "setstate(): illegal state argument");
  }
  self->pending_cr = flag & 1;
  if (inner.value() != kNone) {
    Local<> half = TRY(make_int(t, flag >> 1));
    Local<Tuple> rest = TRY(make_tuple(t, {pair->at(0).value(), half.value()}));
    (void)TRY(call_method(t, inner, "setstate"_n, rest));
  }
  return ok();
}

Result<void> decoder_reset(Thread& t, Borrowed<NewlineDecoder> self) {
  Local<> inner = TRY(inner_of(t, self));
  self->seen = self->pending_cr = 0;
  if (inner.value() != kNone) (void)TRY(call_method(t, inner, "reset"_n));
  return ok();
}

Result<Local<>> decoder_newlines(Thread& t, Borrowed<NewlineDecoder> self) {
  (void)TRY(inner_of(t, self));
  return newlines_seen(t, self->seen);
}

constexpr NativeDef kMethods[] = {
    method<decoder_decode>("decode(self, input, final=False)", nullptr),
    method<decoder_getstate>("getstate(self, /)", nullptr),
    method<decoder_setstate>("setstate(self, state, /)", nullptr),
    method<decoder_reset>("reset(self, /)", nullptr),
};
constexpr GetSetDef kGetSets[] = {getter<decoder_newlines>("newlines", nullptr)};
constexpr Layout kLayout = layout_of<NewlineDecoder>("IncrementalNewlineDecoder");
constexpr TypeDef kDef{.name = "_io.IncrementalNewlineDecoder",
                       .signature = "(decoder, translate, errors='strict')",
                       .doc = "Codec used when reading a file in universal newlines mode.",
                       .layout = &kLayout,
                       .flags = kTypeSubclassable,
                       OROCHI_METHODS(kMethods),
                       OROCHI_GETSETS(kGetSets),
                       .slots = {.init = init_slot<kInit>, .new_ = decoder_op_new}};

}  // namespace

Result<void> init_newlines(Thread& t, Borrowed<Module> module) {
  return module_add_type(t, module, types::IoNewlineDecoder, kDef);
}

}  // namespace io_module

}  // namespace orochi
