// marshal: values and code objects as bytes. The value types use Python's documented type codes; a code object's layout
// is our own (its version is the cache magic number that importlib writes in front).
//
// Strings that are interned come back interned. Shared references are read ('r') but not written.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "builtins/container_support.h"
#include "numeric/bigint.h"
#include "objects/bytes.h"
#include "objects/code.h"
#include "objects/dict.h"
#include "objects/float.h"
#include "objects/int_big.h"
#include "objects/list.h"
#include "objects/set.h"
#include "objects/slice.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/buffer.h"
#include "protocols/call.h"
#include "protocols/native.h"

namespace orochi {

namespace {

constexpr int kVersion = 5;
constexpr int kMaxDepth = 1000;
constexpr uint8_t kRefFlag = 0x80;

// ---- writing ----

class Writer {
 public:
  Writer(Thread& t, bool allow_code) : t_(t), allow_code_(allow_code) {}

  Result<void> write(Borrowed<> v);
  std::string take() { return std::move(out_); }

 private:
  void byte(uint8_t b) { out_.push_back(static_cast<char>(b)); }
  void u32(uint32_t n) { out_.append(reinterpret_cast<const char*>(&n), 4); }
  void raw(const void* p, size_t n) { out_.append(static_cast<const char*>(p), n); }
  Result<void> size(size_t n) {
    if (n > INT32_MAX) return raise(t_, types::ValueError, "object too large to marshal");
    u32(static_cast<uint32_t>(n));
    return ok();
  }
  Result<void> write_int(Value v);
  Result<void> write_str(Borrowed<Str> s);
  Result<void> write_code(Borrowed<Code> code);
  Result<void> write_items(const Value* items, size_t n) {
    for (size_t i = 0; i < n; i++) TRY(write(Borrowed<>(items[i])));
    return ok();
  }
  Raised unmarshallable() { return raise(t_, types::ValueError, "unmarshallable object"); }

  Thread& t_;
  bool allow_code_;
  int depth_ = 0;
  std::string out_;
};

Result<void> Writer::write_int(Value v) {
  int64_t n;
  if (int_as_int64(v, &n) && n >= INT32_MIN && n <= INT32_MAX) {
    byte('i');
    u32(static_cast<uint32_t>(n));
    return ok();
  }
  IntView view(v);
  BigView big = view.view();
  // Digits of 15 bits, least significant first; the count carries the sign.
  uint64_t bits = big_bit_length(big);
  size_t digits = (bits + 14) / 15;
  byte('l');
  u32(static_cast<uint32_t>(big.negative ? -static_cast<int32_t>(digits) : static_cast<int32_t>(digits)));
  for (size_t i = 0; i < digits; i++) {
    uint64_t at = i * 15;
    uint64_t limb = big.limbs[at / 64] >> (at % 64);
    if (at % 64 > 49 && at / 64 + 1 < big.size) limb |= big.limbs[at / 64 + 1] << (64 - at % 64);
    auto digit = static_cast<uint16_t>(limb & 0x7fff);
    raw(&digit, 2);
  }
  return ok();
}

Result<void> Writer::write_str(Borrowed<Str> s) {
  bool interned = s->is_interned();
  if (s->is_ascii()) {
    std::string_view text = s->ascii_view();
    if (text.size() < 256) {
      byte(interned ? 'Z' : 'z');
      byte(static_cast<uint8_t>(text.size()));
    } else {
      byte(interned ? 'A' : 'a');
      TRY(size(text.size()));
    }
    raw(text.data(), text.size());
    return ok();
  }
  Utf8 utf8 = TRY(str_utf8(t_, s, Surrogates::Pass));
  byte(interned ? 't' : 'u');
  TRY(size(utf8.view.size()));
  raw(utf8.view.data(), utf8.view.size());
  return ok();
}

Result<void> Writer::write_code(Borrowed<Code> live) {
  if (!allow_code_) return raise(t_, types::ValueError, "marshalling code objects is disallowed");
  Local<Code> code = TRY(copy_code(t_, live));  // as the compiler emitted it
  byte('c');
  for (uint32_t n : {code->argcount, code->posonlyargcount, code->kwonlyargcount, code->nparams, code->nregs,
                     code->nlocals, code->first_temp, code->flags, static_cast<uint32_t>(code->firstlineno),
                     code->code_words, code->exception_count, static_cast<uint32_t>(code->positions_length)}) {
    u32(n);
  }
  raw(code->code, code->code_words * sizeof(uint64_t));
  raw(code->exceptions, code->exception_count * sizeof(ExceptionEntry));
  raw(code->local_kinds, code->nlocals);
  raw(code->positions, code->positions_length);
  for (Value v : {code->consts.raw(), code->names.raw(), code->locals.raw(), code->freevars.raw(), code->name.raw(),
                  code->qualname.raw(), code->filename.raw()}) {
    TRY(write(Borrowed<>(v)));
  }
  return ok();
}

Result<void> Writer::write(Borrowed<> v) {
  if (++depth_ > kMaxDepth) return raise(t_, types::ValueError, "object too deeply nested to marshal");
  struct Leave {
    int& depth;
    ~Leave() { depth--; }
  } leave{depth_};
  Value w = v.value();
  if (w == kNone) return byte('N'), ok();
  if (w == kTrue) return byte('T'), ok();
  if (w == kFalse) return byte('F'), ok();
  if (w == kEllipsis) return byte('.'), ok();
  if (w == Value(&types::StopIteration)) return byte('S'), ok();
  Type* type = type_of(w);
  if (type == &types::Int) return write_int(w);
  if (type == &types::Str) return write_str(v.as<Str>());
  if (type == &types::Float) {
    double d = float_value(w);
    byte('g');
    raw(&d, 8);
    return ok();
  }
  if (type == &types::Complex) {
    auto c = v.as<Complex>();
    byte('y');
    raw(&c->real, 8);
    raw(&c->imag, 8);
    return ok();
  }
  if (type == &types::Tuple) {
    auto tuple = v.as<Tuple>();
    if (tuple->length() < 256) {
      byte(')');
      byte(static_cast<uint8_t>(tuple->length()));
    } else {
      byte('(');
      TRY(size(tuple->length()));
    }
    return write_items(tuple->values(), tuple->length());
  }
  if (type == &types::List) {
    Local<Tuple> items = TRY(list_to_tuple(t_, v.as<List>()));
    byte('[');
    TRY(size(items->length()));
    return write_items(items->values(), items->length());
  }
  if (type == &types::Dict) {
    Local<Dict> dict = TRY(dict_copy(t_, v.as<Dict>()));
    byte('{');
    size_t position = 0;
    Local<> key, value;
    while (dict_next(t_, dict, &position, &key, &value)) {
      TRY(write(key));
      TRY(write(value));
    }
    byte('0');
    return ok();
  }
  if (type == &types::Set || type == &types::FrozenSet) {
    // Sorted by their own bytes, so that equal sets give equal files.
    std::vector<std::string> items;
    size_t position = 0;
    Local<> key;
    while (set_next(t_, v.as<Set>(), &position, &key)) {
      Writer one(t_, allow_code_);
      one.depth_ = depth_;
      TRY(one.write(key));
      items.push_back(one.take());
    }
    std::sort(items.begin(), items.end());
    byte(type == &types::Set ? '<' : '>');
    TRY(size(items.size()));
    for (const std::string& item : items) out_ += item;
    return ok();
  }
  if (is_a<Code>(w)) return write_code(v.as<Code>());
  if (is_a<Slice>(w)) {
    auto s = v.as<Slice>();
    byte(':');
    TRY(write(s->start.borrow()));
    TRY(write(s->stop.borrow()));
    return write(s->step.borrow());
  }
  if (has_buffer(w)) {
    Buffer buffer = TRY(Buffer::get(t_, v));
    byte('s');
    TRY(size(buffer.size()));
    raw(buffer.data(), buffer.size());
    return ok();
  }
  return unmarshallable();
}

// ---- reading ----

class Reader {
 public:
  Reader(Thread& t, const uint8_t* data, size_t size, bool allow_code)
      : t_(t), at_(data), end_(data + size), allow_code_(allow_code) {}

  Result<Local<>> read_top() {
    refs_ = TRY(make_list(t_));
    return read();
  }
  size_t left() const { return static_cast<size_t>(end_ - at_); }

 private:
  Raised short_data() { return raise(t_, types::EOFError, "marshal data too short"); }
  Raised bad(const char* what) { return raise(t_, types::ValueError, "bad marshal data ({})", what); }
  Result<const uint8_t*> take(size_t n) {
    if (left() < n) return short_data();
    const uint8_t* p = at_;
    at_ += n;
    return p;
  }
  Result<uint32_t> u32() {
    const uint8_t* p = TRY(take(4));
    uint32_t n;
    std::memcpy(&n, p, 4);
    return n;
  }
  Result<size_t> size(const char* what) {
    uint32_t n = TRY(u32());
    if (n > INT32_MAX) return bad(what);
    return static_cast<size_t>(n);
  }
  Result<Local<>> read();
  Result<Local<>> read_value(uint8_t type, int64_t ref);
  Result<Local<>> read_code();
  Result<Local<Tuple>> read_tuple_field();
  Result<Local<Str>> read_str_field();
  Result<Local<>> text(const uint8_t* p, size_t n, bool interned) {
    Local<Str> s = TRY(make_str(t_, std::string_view(reinterpret_cast<const char*>(p), n)));
    if (interned) return intern(t_, s);
    return s;
  }
  Result<Local<>> tuple(size_t n) {
    if (n > left()) return short_data();
    Local<Tuple> items = TRY(make_tuple_uninitialised(t_, n));
    for (size_t i = 0; i < n; i++) items->items()[i].init(TRY(read()));
    return items;
  }

  Thread& t_;
  const uint8_t* at_;
  const uint8_t* end_;
  bool allow_code_;
  int depth_ = 0;
  Local<List> refs_;
};

Result<Local<>> Reader::read() {
  if (++depth_ > kMaxDepth) return raise(t_, types::ValueError, "recursion limit exceeded");
  struct Leave {
    int& depth;
    ~Leave() { depth--; }
  } leave{depth_};
  const uint8_t* p = TRY(take(1));
  uint8_t type = *p;
  int64_t ref = -1;
  if (type & kRefFlag) {
    type &= 0x7f;
    ref = static_cast<int64_t>(refs_->length());
    TRY(list_append(t_, refs_, immediate(kNone)));
  }
  Local<> v = TRY(read_value(type, ref));
  if (ref >= 0) (void)list_set(t_, refs_, ref, v.dup());
  return v;
}

Result<Local<>> Reader::read_value(uint8_t type, int64_t ref) {
  switch (type) {
    case 'N': return kNone;
    case 'T': return kTrue;
    case 'F': return kFalse;
    case '.': return kEllipsis;
    case 'S': return Local<>::share(Value(&types::StopIteration));
    case 'i': return Value::fixnum(static_cast<int32_t>(TRY(u32())));
    case 'I': {
      const uint8_t* p = TRY(take(8));
      int64_t n;
      std::memcpy(&n, p, 8);
      return make_int(t_, n);
    }
    case 'l': {
      auto count = static_cast<int32_t>(TRY(u32()));
      size_t digits = count < 0 ? 0 - static_cast<size_t>(count) : static_cast<size_t>(count);
      const uint8_t* p = TRY(take(digits * 2));
      std::vector<uint64_t> limbs(digits * 15 / 64 + 1);
      for (size_t i = 0; i < digits; i++) {
        uint64_t d = static_cast<uint64_t>(p[2 * i] | p[2 * i + 1] << 8);
        if (d > 0x7fff) return bad("digit out of range in long");
        if (i + 1 == digits && d == 0) return bad("unnormalized long data");
        size_t at = i * 15;
        limbs[at / 64] |= d << (at % 64);
        if (at % 64 > 49) limbs[at / 64 + 1] |= d >> (64 - at % 64);
      }
      return make_int_from_limbs(t_, limbs.data(), limbs.size(), count < 0);
    }
    case 'g': {
      const uint8_t* p = TRY(take(8));
      double d;
      std::memcpy(&d, p, 8);
      return make_float(t_, d);
    }
    case 'f': case 'x': {
      const uint8_t* n = TRY(take(1));
      const uint8_t* p = TRY(take(*n));
      double d = strtod(std::string(reinterpret_cast<const char*>(p), *n).c_str(), nullptr);
      if (type == 'f') return make_float(t_, d);
      const uint8_t* n2 = TRY(take(1));
      const uint8_t* p2 = TRY(take(*n2));
      return make_complex(t_, d, strtod(std::string(reinterpret_cast<const char*>(p2), *n2).c_str(), nullptr));
    }
    case 'y': {
      const uint8_t* p = TRY(take(16));
      double parts[2];
      std::memcpy(parts, p, 16);
      return make_complex(t_, parts[0], parts[1]);
    }
    case 's': {
      size_t n = TRY(size("bytes object size out of range"));
      const uint8_t* p = TRY(take(n));
      return make_bytes(t_, std::string_view(reinterpret_cast<const char*>(p), n));
    }
    case 'z': case 'Z': {
      const uint8_t* n = TRY(take(1));
      const uint8_t* p = TRY(take(*n));
      return text(p, *n, type == 'Z');
    }
    case 'a': case 'A': case 'u': case 't': {
      size_t n = TRY(size("string size out of range"));
      const uint8_t* p = TRY(take(n));
      return text(p, n, type == 'A' || type == 't');
    }
    case ')': {
      const uint8_t* n = TRY(take(1));
      return tuple(*n);
    }
    case '(': return tuple(TRY(size("tuple size out of range")));
    case '[': {
      size_t n = TRY(size("list size out of range"));
      if (n > left()) return short_data();
      Local<List> list = TRY(make_list(t_, n));
      if (ref >= 0) (void)list_set(t_, refs_, ref, Local<>(list.dup()));
      for (size_t i = 0; i < n; i++) TRY(list_append(t_, list, TRY(read())));
      return list;
    }
    case '{': {
      Local<Dict> dict = TRY(make_dict(t_));
      if (ref >= 0) (void)list_set(t_, refs_, ref, Local<>(dict.dup()));
      for (;;) {
        if (left() == 0) return short_data();
        if (*at_ == '0') {
          at_++;
          return dict;
        }
        Local<> key = TRY(read());
        Local<> value = TRY(read());
        TRY(dict_set(t_, dict, key, value));
      }
    }
    case '<': case '>': {
      size_t n = TRY(size("set size out of range"));
      Local<> items = TRY(tuple(n));
      return call(t_, Borrowed<>(type == '<' ? &types::Set : &types::FrozenSet), items);
    }
    case ':': {
      Local<> start = TRY(read()), stop = TRY(read()), step = TRY(read());
      return call(t_, Borrowed<>(&types::Slice), start, stop, step);
    }
    case 'r': {
      uint32_t n = TRY(u32());
      Lookup<> v = list_get(t_, refs_, n);
      if (v.raised()) return Raised{};
      if (v.absent()) return bad("invalid reference");
      return v.take();
    }
    case 'c': return read_code();
    default: return bad("unknown type code");
  }
}

Result<Local<Tuple>> Reader::read_tuple_field() {
  Local<> v = TRY(read());
  if (!is_exact_tuple(v.value())) return bad("code object");
  return std::move(v).as<Tuple>();
}
Result<Local<Str>> Reader::read_str_field() {
  Local<> v = TRY(read());
  if (!is_exact_str(v.value())) return bad("code object");
  return std::move(v).as<Str>();
}

Result<Local<>> Reader::read_code() {
  if (!allow_code_) return raise(t_, types::ValueError, "unmarshalling code objects is disallowed");
  uint32_t n[12];
  for (uint32_t& each : n) each = TRY(u32());
  Local<Code> code = TRY(allocate_code(t_));
  code->argcount = n[0];
  code->posonlyargcount = n[1];
  code->kwonlyargcount = n[2];
  code->nparams = n[3];
  code->nregs = n[4];
  code->nlocals = n[5];
  code->first_temp = n[6];
  code->flags = n[7];
  code->firstlineno = static_cast<int32_t>(n[8]);
  auto copy = [&](size_t bytes) -> Result<void*> {
    const uint8_t* p = TRY(take(bytes));
    void* memory = allocate_raw(bytes ? bytes : 1);
    if (!memory) return raise_no_memory(t_);
    std::memcpy(memory, p, bytes);
    return memory;
  };
  code->code = static_cast<uint64_t*>(TRY(copy(size_t{n[9]} * sizeof(uint64_t))));
  code->code_words = n[9];
  code->exceptions = static_cast<ExceptionEntry*>(TRY(copy(size_t{n[10]} * sizeof(ExceptionEntry))));
  code->exception_count = n[10];
  code->local_kinds = static_cast<uint8_t*>(TRY(copy(n[5])));
  code->positions = static_cast<char*>(TRY(copy(n[11])));
  code->positions_length = n[11];
  code->consts.init(TRY(read_tuple_field()));
  code->names.init(TRY(read_tuple_field()));
  code->locals.init(TRY(read_tuple_field()));
  code->freevars.init(TRY(read_tuple_field()));
  code->name.init(TRY(read_str_field()));
  code->qualname.init(TRY(read_str_field()));
  code->filename.init(TRY(read_str_field()));
  if (code->locals.borrow()->length() != code->nlocals) return bad("code object");
  finish_code(code.get());
  return code;
}

// ---- the module ----

Result<Local<>> marshal_dumps(Thread& t, Borrowed<> value, int64_t version, bool allow_code) {
  Writer w(t, allow_code);
  TRY(w.write(value));
  std::string out = w.take();
  return make_bytes(t, out);
}
Result<Local<>> marshal_dump(Thread& t, Borrowed<> value, Borrowed<> file, int64_t version, bool allow_code) {
  Local<> bytes = TRY(marshal_dumps(t, value, version, allow_code));
  return call_method(t, file, "write"_n, bytes);
}
Result<Local<>> marshal_loads(Thread& t, Borrowed<> bytes, bool allow_code) {
  Buffer buffer = TRY(Buffer::get(t, bytes));
  Reader r(t, buffer.data(), buffer.size(), allow_code);
  return r.read_top();
}
// A value's length is not known beforehand: everything is read, and the rest is given back by seeking.
Result<Local<>> marshal_load(Thread& t, Borrowed<> file, bool allow_code) {
  Local<> data = TRY(call_method(t, file, "read"_n));
  if (!is_bytes(data.value())) {
    return raise(t, types::TypeError, "file.read() returned not bytes but {}", TypeName(data.value()));
  }
  auto bytes = data.borrow().as<Bytes>();
  Reader r(t, bytes->data(), bytes->length(), allow_code);
  Local<> v = TRY(r.read_top());
  if (r.left()) {
    (void)TRY(call_method(t, file, "seek"_n, Value::fixnum(-static_cast<int64_t>(r.left())), Value::fixnum(1)));
  }
  return v;
}

constexpr NativeDef kFunctions[] = {
    function<marshal_dump>("dump(value, file, version=5, /, *, allow_code=True)", "Write the value on the open file."),
    function<marshal_load>("load(file, /, *, allow_code=True)", "Read one value from the open file and return it."),
    function<marshal_dumps>("dumps(value, version=5, /, *, allow_code=True)", "Return the bytes object that would be written to a file by dump(value, file)."),
    function<marshal_loads>("loads(bytes, /, *, allow_code=True)", "Convert the bytes-like object to a value."),
};
Result<void> init_marshal(Thread& t, Borrowed<Module> module) { return module_set_int(t, module, "version", kVersion); }

}  // namespace

OROCHI_MODULE(marshal, "This module contains functions that can read and write Python values in\na binary format.", kFunctions, init_marshal)

}  // namespace orochi
