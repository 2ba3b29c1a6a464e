// Struct formats: from text to codes, with native or standard sizes and alignment.
#include "modules/_struct/struct_format.h"

#include <cstring>

#include "objects/shape_table.h"
#include "protocols/call.h"

namespace orochi::struct_module {

namespace {

struct Kind {
  char kind;
  uint8_t native_size, native_align, standard_size;  // standard_size 0: native only
};
constexpr Kind kKinds[] = {
    {'x', 1, 1, 1}, {'b', 1, 1, 1}, {'B', 1, 1, 1}, {'c', 1, 1, 1}, {'s', 1, 1, 1}, {'p', 1, 1, 1}, {'?', 1, 1, 1},
    {'h', 2, 2, 2}, {'H', 2, 2, 2}, {'i', 4, 4, 4}, {'I', 4, 4, 4}, {'l', 8, 8, 4}, {'L', 8, 8, 4}, {'q', 8, 8, 8},
    {'Q', 8, 8, 8}, {'n', 8, 8, 0}, {'N', 8, 8, 0}, {'P', 8, 8, 0}, {'e', 2, 2, 2}, {'f', 4, 4, 4}, {'d', 8, 8, 8},
    {'F', 8, 4, 8}, {'D', 16, 8, 16},
};

const Kind* find_kind(char c, bool native) {
  for (const Kind& k : kKinds) {
    if (k.kind == c) return native || k.standard_size ? &k : nullptr;
  }
  return nullptr;
}

constexpr int64_t kMax = INT64_MAX;

// One pass over the text; `codes` may be null to count only.
struct Parser {
  std::string_view text;
  const char* error = nullptr;
  int64_t size = 0, items = 0, count = 0;

  bool run(Code* codes) {
    size_t i = 0;
    bool native = true, swapped = false;
    if (!text.empty()) {
      switch (text[0]) {
        case '<': native = false, i = 1; break;
        case '>': case '!': native = false, swapped = true, i = 1; break;
        case '=': native = false, i = 1; break;
        case '@': i = 1; break;
        default: break;
      }
    }
    size = items = count = 0;
    while (i < text.size()) {
      char c = text[i++];
      if (c == ' ' || (c >= '\t' && c <= '\r')) continue;
      int64_t repeat = 1;
      if (c >= '0' && c <= '9') {
        repeat = c - '0';
        while (i < text.size() && text[i] >= '0' && text[i] <= '9') {
          if (__builtin_mul_overflow(repeat, 10, &repeat) || __builtin_add_overflow(repeat, text[i] - '0', &repeat)) {
            return error = "total struct size too long", false;
          }
          i++;
        }
        if (i == text.size()) return error = "repeat count given without format specifier", false;
        c = text[i++];
      }
      const Kind* kind = find_kind(c, native);
      if (!kind) return error = "bad char in struct format", false;
      int64_t item_size = native ? kind->native_size : kind->standard_size;
      if (native && kind->native_align > 1) {
        int64_t align = kind->native_align;
        if (size > kMax - align) return error = "total struct size too long", false;
        size = (size + align - 1) & ~(align - 1);
      }
      int64_t bytes;
      if (__builtin_mul_overflow(repeat, item_size, &bytes) || size > kMax - bytes) {
        return error = "total struct size too long", false;
      }
      bool text_kind = c == 's' || c == 'p';
      if (c != 'x' && (repeat > 0 || text_kind)) {
        if (codes) {
          codes[count] = {size, repeat, static_cast<uint8_t>(item_size), c, swapped, native};
        }
        count++;
        int64_t more = text_kind ? 1 : repeat;
        if (items > kMax - more) return error = "total struct size too long", false;
        items += more;
      }
      size += bytes;
    }
    return true;
  }
};

// The cache of module-level functions: formats they have seen, compiled, for good. Written once per slot with release.
constexpr size_t kCacheSlots = 512;
struct CacheEntry {
  size_t length;
  Bytes* code;
  char text[];
};
CacheEntry* cache[kCacheSlots];

size_t cache_slot(std::string_view text) {
  uint64_t h = text.size() * 0x9e3779b97f4a7c15u;
  for (char c : text) h = (h ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  return (h ^ (h >> 29)) % kCacheSlots;
}

Result<Local<Bytes>> compile_text(Thread& t, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return raise(t, types::StructError, "embedded null character");
  Parser parser{text};
  if (!parser.run(nullptr)) return raise(t, types::StructError, parser.error);
  size_t bytes = sizeof(Compiled) + static_cast<size_t>(parser.count) * sizeof(Code);
  Local<Bytes> code = TRY(make_bytes_uninitialised(t, bytes));
  auto* c = reinterpret_cast<Compiled*>(code->mutable_data());
  parser.run(c->codes);
  c->size = parser.size;
  c->items = parser.items;
  c->code_count = parser.count;
  return code;
}
static_assert(sizeof(Bytes) % alignof(Code) == 0);

}  // namespace

Result<Local<Str>> format_text(Thread& t, Borrowed<> format) {
  if (is_str(format)) {
    auto s = format.as<Str>();
    if (!s->is_ascii()) {
      size_t i = 0;
      while (s->at(i) < 0x80) i++;
      Local<Str> encoding = TRY(make_str(t, "ascii")), reason = TRY(make_str(t, "ordinal not in range(128)"));
      Local<> e = TRY(call(t, Borrowed<>(&types::UnicodeEncodeError), encoding, format,
                           Borrowed<>(Value::fixnum(static_cast<int64_t>(i))),
                           Borrowed<>(Value::fixnum(static_cast<int64_t>(i + 1))), reason));
      return raise_exception(t, std::move(e));
    }
    return Local<Str>::share(s);
  }
  if (is_bytes(format)) {
    std::string_view bytes = format.as<Bytes>()->view();
    return make_str_latin1(t, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  }
  return raise(t, types::TypeError, "Struct() argument 1 must be a str or bytes object, not {}", TypeName(format));
}

Result<Local<Bytes>> compile_format(Thread& t, Borrowed<> format, bool cached) {
  std::string_view text;
  Local<Str> held;
  if (is_bytes(format)) {
    text = format.as<Bytes>()->view();
  } else {
    held = TRY(format_text(t, format));
    text = held->ascii_view();
  }
  if (!cached) return compile_text(t, text);
  CacheEntry*& slot = cache[cache_slot(text)];
  CacheEntry* entry = __atomic_load_n(&slot, __ATOMIC_ACQUIRE);  // pairs with the publication below
  if (entry && std::string_view(entry->text, entry->length) == text) return Local<Bytes>::share(entry->code);
  Local<Bytes> code = TRY(compile_text(t, text));
  if (!entry && text.size() < 256) {
    auto* fresh = static_cast<CacheEntry*>(allocate_raw(sizeof(CacheEntry) + text.size()));
    if (fresh) {
      Result<Local<Bytes>> copy = make_bytes(t, code->view());
      if (copy.raised()) {
        free_raw(fresh);
        return Raised{};
      }
      __atomic_store_n(&(*copy)->owner, kOwnerImmortal, __ATOMIC_RELEASE);  // lives as long as the cache
      fresh->length = text.size();
      fresh->code = (*copy).get();
      std::memcpy(fresh->text, text.data(), text.size());
      CacheEntry* expected = nullptr;
      if (!__atomic_compare_exchange_n(&slot, &expected, fresh, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
        free_raw(fresh);  // another thread was first; its slot stays, our copy is never seen
      }
    }
  }
  return code;
}

}  // namespace orochi::struct_module
