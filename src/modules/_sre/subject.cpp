// What the methods of re objects share: opening the text they work on, slicing it, gathering pieces into a result.
#include <cstring>

#include "modules/_sre/pattern.h"

namespace orochi {

Result<void> SubjectView::open(Thread& t, Borrowed<> string, TextKind kind) {
  string_ = string;
  if (orochi::is_str(string)) {
    if (kind == TextKind::Bytes)
      return raise(t, types::TypeError, "cannot use a bytes pattern on a string-like object");
    const Str* s = string.as<Str>().get();
    is_str_ = true;
    data_ = s->data();
    length_ = static_cast<int64_t>(s->length());
    width_ = static_cast<sre::UnitWidth>(s->unit_size());
    return ok();
  }
  if (is_bytes(string)) {
    const Bytes* b = string.as<Bytes>().get();
    data_ = b->data();
    length_ = static_cast<int64_t>(b->length());
  } else {
    if (!has_buffer(string))
      return raise(t, types::TypeError, "expected string or bytes-like object, got '{}'", TypeName(string));
    buffer_ = TRY(Buffer::get(t, string));
    buffered_ = true;
    data_ = buffer_.data();
    length_ = static_cast<int64_t>(buffer_.size());
  }
  if (kind == TextKind::Str) return raise(t, types::TypeError, "cannot use a string pattern on a bytes-like object");
  return ok();
}

Result<Local<>> SubjectView::slice(Mutator& m, int64_t start, int64_t end) const {
  if (end > length_) end = length_;
  if (start > end) start = end;
  bool all = start == 0 && end == length_;
  if (is_str_) {
    if (all && is_exact_str(string_)) return Local<>::share(string_);
    return str_substring(m, string_.as<Str>(), static_cast<size_t>(start), static_cast<size_t>(end));
  }
  if (all && is_exactly(string_, types::Bytes)) return Local<>::share(string_);
  return make_bytes(m, {reinterpret_cast<const char*>(bytes()) + start, static_cast<size_t>(end - start)});
}

sre::PeriodicCheck periodic_check(Thread& t) {
  return {[](void* thread) { return !safepoint(*static_cast<Thread*>(thread)).raised(); }, &t};
}

Result<bool> matched(Thread& t, sre::Outcome outcome) {
  switch (outcome) {
    case sre::Outcome::Match: return true;
    case sre::Outcome::NoMatch: return false;
    case sre::Outcome::NoMemory: return raise_no_memory(t);
    case sre::Outcome::Aborted: return Raised{};
  }
  return false;
}

PieceBuilder::~PieceBuilder() { free_raw(bytes_); }

Result<void> PieceBuilder::append_bytes(const void* data, size_t size) {
  if (size > capacity_ - size_) {
    size_t capacity = capacity_ ? capacity_ * 2 : 256;
    if (capacity - size_ < size) capacity = size_ + size;
    auto* grown = static_cast<uint8_t*>(reallocate_raw(bytes_, capacity));
    if (!grown) return raise_no_memory(t_);
    bytes_ = grown;
    capacity_ = capacity;
  }
  if (size) std::memcpy(bytes_ + size_, data, size);
  size_ += size;
  return ok();
}

Result<void> PieceBuilder::append_slice(int64_t start, int64_t end) {
  pieces_++;
  if (!view_.is_str()) return append_bytes(view_.bytes() + start, static_cast<size_t>(end - start));
  text_.append(view_.string().as<Str>(), static_cast<size_t>(start), static_cast<size_t>(end));
  return ok();
}

Result<void> PieceBuilder::append(Borrowed<> piece) {
  int64_t index = pieces_++;
  if (view_.is_str()) {
    if (!is_str(piece))
      return raise(t_, types::TypeError, "sequence item {}: expected str instance, {} found", index, TypeName(piece));
    text_.append(piece.as<Str>());
    return ok();
  }
  if (is_bytes(piece)) return append_bytes(piece.as<Bytes>()->data(), piece.as<Bytes>()->length());
  if (!has_buffer(piece))
    return raise(t_, types::TypeError, "sequence item {}: expected a bytes-like object, {} found", index,
                 TypeName(piece));
  Buffer buffer = TRY(Buffer::get(t_, piece));
  return append_bytes(buffer.data(), buffer.size());
}

Result<Local<>> PieceBuilder::finish() {
  if (view_.is_str()) return text_.finish();
  return make_bytes(t_, {reinterpret_cast<const char*>(bytes_), size_});
}

Result<Local<>> compile_template(Thread& t, Borrowed<Pattern> pattern, Borrowed<> text) {
  Local<> re = TRY(import_module(t, "re"_n));
  Local<> function = TRY(get_attr(t, re, "_compile_template"_n));
  Local<> result = TRY(call(t, function, pattern, text));
  if (!is_a<Template>(result.value()))
    return raise(t, types::TypeError, "re._compile_template() must return a template, not {}",
                 TypeName(result.value()));
  return result;
}

Result<Local<>> generic_alias(Thread& t, Borrowed<Type> cls, Borrowed<> item) {
  Local<> types_module = TRY(import_module(t, "types"_n));
  Local<> alias = TRY(get_attr(t, types_module, "GenericAlias"_n));
  return call(t, alias, Borrowed<>(cls), item);
}

}  // namespace orochi
