// The str object: constructors, hashing, interning, comparison, the builder. The methods are in builtins/str_*.cpp.
//
// Interning: one table of immortal strings, guarded by a raw lock that is never held while anything pauses. Identity of
// interned strings is what attribute lookup compares.
#include "objects/str.h"

#include <cstdlib>
#include <cstring>

#include "base/hash.h"
#include "objects/exception.h"
#include "objects/str_text.h"
#include "sync/mutex.h"
#include "text/search.h"
#include "text/units.h"
#include "text/utf8.h"

extern "C" {
extern orochi::NameCell __start_orochi_names[];
extern orochi::NameCell __stop_orochi_names[];
}

namespace orochi {

HashKey hash_key;  // set once at start-up, before any string is hashed

namespace {

size_t str_item_count(const Object* object) {
  auto* s = static_cast<const Str*>(object);
  return (s->length_ + 1) << s->unit_shift();  // counted in bytes: the unit size varies
}

}  // namespace

extern const Layout kStrLayout;
constinit const Layout kStrLayout{"str", sizeof(Str), 1, nullptr, nullptr, str_item_count, nullptr};

namespace {

Mutex intern_mutex(LockRank::Interned);
Str** intern_table = nullptr;  // open addressing, under intern_mutex
size_t intern_mask = 0;
size_t intern_count = 0;

struct Singletons {
  Str* empty = nullptr;
  Str* latin1[256] = {};
};
Singletons singletons;  // filled at start-up, then fixed

void make_immortal(Str* s) {
  __atomic_store_n(&s->owner, kOwnerImmortal, __ATOMIC_RELEASE);
}

bool grow_intern_table() REQUIRES(intern_mutex) {
  size_t size = intern_table ? (intern_mask + 1) * 2 : 8192;
  auto** table = static_cast<Str**>(allocate_raw_zeroed(size * sizeof(Str*)));
  if (!table) return false;
  for (size_t i = 0; intern_table && i <= intern_mask; i++) {
    Str* s = intern_table[i];
    if (!s) continue;
    size_t at = static_cast<size_t>(s->hash_cache) & (size - 1);
    while (table[at]) at = (at + 1) & (size - 1);
    table[at] = s;
  }
  free_raw(intern_table);
  intern_table = table;
  intern_mask = size - 1;
  return true;
}

Str* find_in_table(Borrowed<Str> s, int64_t hash, size_t* at_out) REQUIRES(intern_mutex) {
  size_t at = static_cast<size_t>(hash) & intern_mask;
  while (Str* each = intern_table[at]) {
    if (each->hash_cache == hash && str_equal(Borrowed<Str>(each), s)) return each;
    at = (at + 1) & intern_mask;
  }
  *at_out = at;
  return nullptr;
}

int shift_for(uint32_t max_char) { return max_char < 0x100 ? 0 : max_char < 0x10000 ? 1 : 2; }

// Copies units from one width to another; narrowing only when the caller knows that everything fits.
void copy_units(const void* from, int from_shift, void* to, int to_shift, size_t n) {
  if (from_shift == to_shift) {
    std::memcpy(to, from, n << from_shift);
    return;
  }
  auto run = [n](auto* source, auto* target) {
    for (size_t i = 0; i < n; i++) target[i] = static_cast<std::remove_reference_t<decltype(*target)>>(source[i]);
  };
  auto with_target = [&](auto* source) {
    if (to_shift == 0) run(source, static_cast<uint8_t*>(to));
    else if (to_shift == 1) run(source, static_cast<uint16_t*>(to));
    else run(source, static_cast<uint32_t*>(to));
  };
  if (from_shift == 0) with_target(static_cast<const uint8_t*>(from));
  else if (from_shift == 1) with_target(static_cast<const uint16_t*>(from));
  else with_target(static_cast<const uint32_t*>(from));
}

template <typename Unit>
uint32_t max_unit(const Unit* data, size_t n) {
  Unit all = 0;  // an OR is enough to decide the width
  for (size_t i = 0; i < n; i++) all |= data[i];
  return all;
}

Result<Local<Str>> make_from_units(Mutator& m, const void* data, int shift, size_t length) {
  if (length == 0) return Local<Str>::share(empty_str());
  uint32_t widest = shift == 0   ? max_unit(static_cast<const uint8_t*>(data), length)
                    : shift == 1 ? max_unit(static_cast<const uint16_t*>(data), length)
                                 : max_unit(static_cast<const uint32_t*>(data), length);
  int target = shift_for(widest);
  if (length == 1 && target == 0) {
    uint8_t c = shift == 0   ? *static_cast<const uint8_t*>(data)
                : shift == 1 ? static_cast<uint8_t>(*static_cast<const uint16_t*>(data))
                             : static_cast<uint8_t>(*static_cast<const uint32_t*>(data));
    if (singletons.latin1[c]) return Local<Str>::share(Borrowed<Str>(singletons.latin1[c]));
  }
  Local<Str> s = TRY(make_str_uninitialised(m, length, target, widest < 0x80));
  copy_units(data, shift, s->mutable_data(), target, length);
  return s;
}

}  // namespace

Borrowed<Str> empty_str() { return Borrowed<Str>(singletons.empty); }

Result<Local<Str>> make_str_uninitialised(Mutator& m, size_t length, int unit_shift, bool ascii) {
  if (length > (size_t{1} << 46)) return raise_no_memory(m);
  size_t bytes = sizeof(Str) + ((length + 1) << unit_shift);
  Local<Str> s = TRY(allocate<Str>(m, types::Str.root_shape, bytes));
  s->length_ = length;
  s->aux = static_cast<uint16_t>(unit_shift | (ascii ? Str::kAscii : 0));
  std::memset(static_cast<char*>(s->mutable_data()) + (length << unit_shift), 0, size_t{1} << unit_shift);
  return s;
}

Result<Local<Str>> make_str(Mutator& m, std::string_view utf8) {
  auto* bytes = reinterpret_cast<const uint8_t*>(utf8.data());
  size_t ascii = text::ascii_prefix(bytes, utf8.size());
  if (ascii == utf8.size()) return make_from_units(m, bytes, 0, ascii);
  text::Utf8Info info = text::utf8_decoded_info(bytes, utf8.size());
  if (info.valid) {
    int shift = shift_for(info.max_char);
    Local<Str> s = TRY(make_str_uninitialised(m, info.length, shift, false));
    text::utf8_decode_unchecked(bytes, utf8.size(), s->mutable_data(), static_cast<text::Kind>(1 << shift));
    return s;
  }
  StrBuilder out(m);
  out.append_utf8(utf8);
  return out.finish();
}

Result<Local<Str>> make_str_latin1(Mutator& m, const uint8_t* data, size_t length) {
  return make_from_units(m, data, 0, length);
}
Result<Local<Str>> make_str_ucs2(Mutator& m, const uint16_t* data, size_t length) {
  return make_from_units(m, data, 1, length);
}
Result<Local<Str>> make_str_ucs4(Mutator& m, const uint32_t* data, size_t length) {
  return make_from_units(m, data, 2, length);
}

Result<Local<Str>> make_str_char(Mutator& m, uint32_t code_point) {
  if (code_point < 256) return Local<Str>::share(Borrowed<Str>(singletons.latin1[code_point]));
  return make_from_units(m, &code_point, 2, 1);
}

int64_t str_hash(Borrowed<Str> s) {
  int64_t cached = __atomic_load_n(&s->hash_cache, __ATOMIC_RELAXED);  // a pure function: racing writers agree
  if (cached || s->length() == 0) return cached;  // hash("") is 0, as programs expect
  auto h = static_cast<int64_t>(siphash13(hash_key, s->data(), s->length() << s->unit_shift()));
  if (h == 0 || h == -1) h = h == 0 ? 1 : -2;
  __atomic_store_n(&s->hash_cache, h, __ATOMIC_RELAXED);
  return h;
}

bool str_equal(Borrowed<Str> a, Borrowed<Str> b) {
  if (a.value() == b.value()) return true;
  if (a->length() != b->length() || a->unit_shift() != b->unit_shift()) return false;
  return std::memcmp(a->data(), b->data(), a->length() << a->unit_shift()) == 0;
}

int str_compare(Borrowed<Str> a, Borrowed<Str> b) {
  size_t n = a->length() < b->length() ? a->length() : b->length();
  if (a->unit_shift() == 0 && b->unit_shift() == 0) {
    int r = std::memcmp(a->data(), b->data(), n);
    if (r) return r;
  } else {
    for (size_t i = 0; i < n; i++) {
      uint32_t x = a->at(i), y = b->at(i);
      if (x != y) return x < y ? -1 : 1;
    }
  }
  return a->length() < b->length() ? -1 : a->length() > b->length();
}

Result<Local<Str>> str_concat(Mutator& m, Borrowed<Str> a, Borrowed<Str> b) {
  if (a->length() == 0 && is_exact_str(b)) return Local<Str>::share(b);
  if (b->length() == 0 && is_exact_str(a)) return Local<Str>::share(a);
  int shift = a->unit_shift() > b->unit_shift() ? a->unit_shift() : b->unit_shift();
  Local<Str> s = TRY(make_str_uninitialised(m, a->length() + b->length(), shift, a->is_ascii() && b->is_ascii()));
  copy_units(a->data(), a->unit_shift(), s->mutable_data(), shift, a->length());
  copy_units(b->data(), b->unit_shift(), static_cast<char*>(s->mutable_data()) + (a->length() << shift), shift,
             b->length());
  return s;
}

Result<Local<Str>> str_substring(Mutator& m, Borrowed<Str> s, size_t start, size_t end) {
  DCHECK(start <= end && end <= s->length());
  if (start == 0 && end == s->length() && is_exact_str(s)) return Local<Str>::share(s);
  const char* at = static_cast<const char*>(s->data()) + (start << s->unit_shift());
  if (s->is_ascii() && end - start != 1 && end != start) {
    Local<Str> part = TRY(make_str_uninitialised(m, end - start, 0, true));
    std::memcpy(part->mutable_data(), at, end - start);
    return part;
  }
  return make_from_units(m, at, s->unit_shift(), end - start);
}

int64_t str_find(Borrowed<Str> haystack, Borrowed<Str> needle, size_t start, size_t end) {
  size_t at = text::find_in(text_of(haystack), text_of(needle), start, end);
  return at == text::kNotFound ? -1 : static_cast<int64_t>(at);
}

// ---- interning ----

Borrowed<Str> find_interned(Borrowed<Str> s) {
  if (s->is_interned()) return s;
  int64_t hash = str_hash(s);
  MutexGuard guard(intern_mutex);
  size_t at;
  return Borrowed<Str>(find_in_table(s, hash, &at));
}

Result<Local<Str>> intern(Mutator& m, Borrowed<Str> s) {
  if (s->is_interned()) return Local<Str>::share(s);
  int64_t hash = str_hash(s);
  {
    MutexGuard guard(intern_mutex);
    size_t at;
    if (Str* known = find_in_table(s, hash, &at)) return Local<Str>::share(Borrowed<Str>(known));
  }
  // A private copy becomes the immortal one: the given string's counts may be in use by other threads right now.
  Local<Str> copy = TRY(make_str_uninitialised(m, s->length(), s->unit_shift(), s->is_ascii()));
  std::memcpy(copy->mutable_data(), s->data(), s->length() << s->unit_shift());
  copy->hash_cache = hash;
  MutexGuard guard(intern_mutex);
  size_t at;
  if (Str* known = find_in_table(s, hash, &at)) return Local<Str>::share(Borrowed<Str>(known));
  if ((intern_count + 1) * 4 > (intern_mask + 1) * 3) {
    if (!grow_intern_table()) return raise_no_memory(m);
    (void)find_in_table(s, hash, &at);
  }
  copy->aux |= Str::kInterned;
  make_immortal(copy.get());
  intern_table[at] = copy.get();
  intern_count++;
  return copy;
}

Result<Local<Str>> intern(Mutator& m, std::string_view utf8) {
  Local<Str> s = TRY(make_str(m, utf8));
  return intern(m, s);
}

Result<void> intern_name_cells(Mutator& m) {
  {
    MutexGuard guard(intern_mutex);
    if (!grow_intern_table()) return raise_no_memory(m);
  }
  Local<Str> empty = TRY(make_str_uninitialised(m, 0, 0, true));
  singletons.empty = empty.get();
  singletons.empty = TRY(intern(m, empty)).get();
  for (int c = 0; c < 256; c++) {
    auto byte = static_cast<uint8_t>(c);
    Local<Str> one = TRY(make_str_uninitialised(m, 1, 0, c < 0x80));
    *static_cast<uint8_t*>(one->mutable_data()) = byte;
    singletons.latin1[c] = TRY(intern(m, one)).get();
  }
  for (NameCell* cell = __start_orochi_names; cell < __stop_orochi_names; cell++) {
    Local<Str> s = TRY(intern(m, std::string_view(cell->text, cell->length)));
    cell->bits = s.value().bits;
  }
  return ok();
}

// ---- UTF-8 out ----

Utf8::~Utf8() { std::free(owned); }

Result<Utf8> str_utf8(Mutator& m, Borrowed<Str> s, Surrogates surrogates) {
  Utf8 out;
  if (s->is_ascii()) {
    out.view = s->ascii_view();
    return out;
  }
  text::AnyText view = text_of(s);
  text::Utf8Size size = text::utf8_encoded_size(view);
  if (size.first_surrogate != text::kNotFound && surrogates == Surrogates::Strict) {
    Local<Str> reason = TRY(make_str(m, "surrogates not allowed"));
    Local<Str> encoding = TRY(make_str(m, "utf-8"));
    auto at = static_cast<int64_t>(size.first_surrogate);
    Value args[] = {encoding.value(), s, Value::fixnum(at), Value::fixnum(at + 1), reason.value()};
    Local<Exception> e = TRY(make_exception(m, types::UnicodeEncodeError, args, 5));
    for (int i = 0; i < 5; i++) TRY(set_exception_extra(m, e, i, Borrowed<>(args[i])));
    return raise_exception(m, std::move(e));
  }
  out.owned = static_cast<char*>(std::malloc(size.bytes + 1));
  if (!out.owned) return raise_no_memory(m);
  auto* p = reinterpret_cast<uint8_t*>(out.owned);
  if (surrogates == Surrogates::Escape && size.first_surrogate != text::kNotFound) {
    size_t n = 0;
    for (size_t i = 0; i < view.length; i++) {
      char32_t c = view[i];
      if (c >= 0xdc80 && c <= 0xdcff) {
        p[n++] = static_cast<uint8_t>(c - 0xdc00);
      } else {
        n += text::put_utf8(c, p + n);
      }
    }
    size.bytes = n;
  } else {
    text::utf8_encode_unchecked(view, p);
  }
  out.owned[size.bytes] = 0;
  out.view = {out.owned, size.bytes};
  return out;
}

Result<Local<Str>> decode_file_name(Mutator& m, std::string_view bytes) {
  auto* p = reinterpret_cast<const uint8_t*>(bytes.data());
  text::Utf8Info info = text::utf8_decoded_info(p, bytes.size());
  if (info.valid) return make_str(m, bytes);
  StrBuilder out(m);
  for (size_t i = 0; i < bytes.size();) {
    text::Utf8Char c = text::utf8_next(p + i, bytes.size() - i);
    if (c.step == text::Utf8Step::Char) {
      out.append_char(c.c);
    } else {
      for (size_t k = 0; k < c.size; k++) out.append_char(0xdc00u + p[i + k]);
    }
    i += c.size;
  }
  return out.finish();
}

// ---- StrBuilder ----

StrBuilder::~StrBuilder() {
  if (data_ && data_ != inline_) free_raw(data_);
}

bool StrBuilder::reserve(size_t extra, int shift) {
  if (failed_) return false;
  if (!data_) {
    data_ = inline_;
    capacity_ = sizeof inline_ >> shift_;
  }
  int wanted_shift = shift > shift_ ? shift : shift_;
  size_t needed = length_ + extra;
  if (wanted_shift == shift_ && needed <= capacity_) return true;
  size_t capacity = needed <= capacity_ ? capacity_ : needed + needed / 2 + 16;
  if (wanted_shift != shift_ && data_ == inline_ && needed <= sizeof inline_ >> wanted_shift) {
    uint8_t copy[sizeof inline_];
    std::memcpy(copy, inline_, length_ << shift_);
    copy_units(copy, shift_, inline_, wanted_shift, length_);
    shift_ = wanted_shift;
    capacity_ = sizeof inline_ >> shift_;
    return true;
  }
  auto* fresh = static_cast<uint8_t*>(allocate_raw(capacity << wanted_shift));
  if (!fresh) {
    failed_ = true;
    return false;
  }
  copy_units(data_, shift_, fresh, wanted_shift, length_);
  if (data_ != inline_) free_raw(data_);
  data_ = fresh;
  shift_ = wanted_shift;
  capacity_ = capacity;
  return true;
}

void StrBuilder::append(Borrowed<Str> s) { append(s, 0, s->length()); }

void StrBuilder::append(Borrowed<Str> s, size_t start, size_t end) {
  int shift = s->unit_shift();
  if (!reserve(end - start, shift)) return;
  copy_units(static_cast<const char*>(s->data()) + (start << shift), shift, data_ + (length_ << shift_), shift_, end - start);
  length_ += end - start;
  ascii_ &= s->is_ascii();
}

void StrBuilder::append_ascii(std::string_view text) {
  if (!reserve(text.size(), 0)) return;
  copy_units(text.data(), 0, data_ + (length_ << shift_), shift_, text.size());
  length_ += text.size();
}

void StrBuilder::append_utf8(std::string_view utf8) {
  auto* p = reinterpret_cast<const uint8_t*>(utf8.data());
  size_t ascii = text::ascii_prefix(p, utf8.size());
  append_ascii(utf8.substr(0, ascii));
  for (size_t i = ascii; i < utf8.size();) {
    text::Utf8Char c = text::utf8_next(p + i, utf8.size() - i);
    if (c.step == text::Utf8Step::Char) {
      append_char(c.c);
      i += c.size;
      continue;
    }
    // WTF-8: three bytes that encode a surrogate.
    if (i + 2 < utf8.size() && p[i] == 0xed && p[i + 1] >= 0xa0 && p[i + 1] < 0xc0 && (p[i + 2] & 0xc0) == 0x80) {
      append_char((0xdu << 12) | ((p[i + 1] & 0x3fu) << 6) | (p[i + 2] & 0x3fu));
      i += 3;
      continue;
    }
    append_char(0xfffd);
    i += c.size ? c.size : 1;
  }
}

void StrBuilder::append_char(uint32_t c) {
  if (!reserve(1, shift_for(c))) return;
  if (shift_ == 0) data_[length_] = static_cast<uint8_t>(c);
  else if (shift_ == 1) reinterpret_cast<uint16_t*>(data_)[length_] = static_cast<uint16_t>(c);
  else reinterpret_cast<uint32_t*>(data_)[length_] = c;
  length_++;
  ascii_ &= c < 0x80;
}

void StrBuilder::append_repeat(uint32_t c, size_t times) {
  if (times == 0 || !reserve(times, shift_for(c))) return;
  text::fill_units(data_ + (length_ << shift_), static_cast<text::Kind>(1 << shift_), times, c);
  length_ += times;
  ascii_ &= c < 0x80;
}

Result<Local<Str>> StrBuilder::finish() {
  if (failed_) return raise_no_memory(m_);
  return make_from_units(m_, data_, shift_, length_);
}

}  // namespace orochi
