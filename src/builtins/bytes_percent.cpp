// '%' formatting of bytes and bytearray (PEP 461).
#include "builtins/bytes_common.h"
#include "builtins/percent_format.h"
#include "protocols/attr.h"
#include "protocols/call.h"

namespace orochi {

namespace {

uint32_t byte_at(const void* text, size_t i) {
  return static_cast<uint8_t>((*static_cast<const std::string_view*>(text))[i]);
}
Result<Local<>> bytes_key(Thread& t, const void* text, size_t start, size_t end) {
  return make_bytes(t, static_cast<const std::string_view*>(text)->substr(start, end - start));
}

void append_padded(text::ByteBuffer& out, std::string_view s, const PercentSpec& spec, bool cut) {
  if (cut && spec.precision >= 0 && static_cast<size_t>(spec.precision) < s.size()) {
    s = s.substr(0, static_cast<size_t>(spec.precision));
  }
  size_t pad = spec.width > static_cast<int64_t>(s.size()) ? static_cast<size_t>(spec.width) - s.size() : 0;
  if (!spec.left) out.append_fill(pad, ' ');
  out.append(byte_pointer(s), s.size());
  if (spec.left) out.append_fill(pad, ' ');
}

Result<uint8_t> percent_byte(Thread& t, Borrowed<> v) {
  if (is_bytes(v) || is_bytearray(v)) {
    Buffer b = TRY(Buffer::get(t, v));
    if (b.size() == 1) return b.data()[0];
    return raise(t, types::TypeError, "%c requires an integer in range(256) or a single byte, not a {} object of length {}",
                 TypeName(v), b.size());
  }
  if (!is_int(v) && !type_of(v)->slots.index) {
    return raise(t, types::TypeError, "%c requires an integer in range(256) or a single byte, not {}", TypeName(v));
  }
  Local<> n = TRY(index_of(t, v));
  int64_t c;
  if (!int_as_int64(n.value(), &c) || c < 0 || c > 255) {
    return raise(t, types::OverflowError, "%c arg not in range(256)");
  }
  return static_cast<uint8_t>(c);
}

Result<void> append_bytes_value(Thread& t, text::ByteBuffer& out, Borrowed<> v, const PercentSpec& spec) {
  if (type_of(v) == &types::Bytes) {
    append_padded(out, v.as<Bytes>()->view(), spec, true);
    return ok();
  }
  Lookup<> converted = is_bytearray(v) ? Lookup<>(kAbsent) : call_special(t, v, "__bytes__"_n);
  if (converted.raised()) return Raised{};
  if (converted.found()) {
    if (!is_bytes((*converted).value())) {
      return raise(t, types::TypeError, "__bytes__ returned non-bytes (type {})", TypeName((*converted).value()));
    }
    append_padded(out, Borrowed<Bytes>((*converted).value())->view(), spec, true);
    return ok();
  }
  if (!has_buffer(v)) {
    return raise(t, types::TypeError,
                 "%b requires a bytes-like object, or an object that implements __bytes__, not '{}'", TypeName(v));
  }
  Buffer b = TRY(Buffer::get(t, v));
  append_padded(out, b.view(), spec, true);
  return ok();
}

}  // namespace

Result<void> bytes_percent(Thread& t, std::string_view format, Borrowed<> right, text::ByteBuffer& out) {
  PercentArgs args(t, right, true);
  for (size_t i = 0; i < format.size();) {
    size_t next = format.find('%', i);
    if (next == std::string_view::npos) next = format.size();
    out.append(byte_pointer(format) + i, next - i);
    i = next;
    if (i >= format.size()) break;
    PercentItem item;
    TRY(args.read(&format, byte_at, bytes_key, format.size(), &i, &item));
    if (item.literal) {
      out.push('%');
      continue;
    }
    if (item.spec.width > (int64_t{1} << 46)) return raise_no_memory(t);
    switch (item.conversion) {
      case 's': case 'b':
        TRY(append_bytes_value(t, out, item.value, item.spec));
        break;
      case 'r': case 'a': {
        Local<Str> s = TRY(ascii_of(t, item.value));
        append_padded(out, s->ascii_view(), item.spec, true);
        break;
      }
      case 'c': {
        auto c = static_cast<char>(TRY(percent_byte(t, item.value)));
        append_padded(out, std::string_view(&c, 1), item.spec, false);
        break;
      }
      default: {
        CharBuf number;
        bool real = item.conversion < 128 && std::strchr("eEfFgG", static_cast<int>(item.conversion)) && item.conversion;
        if (real && !is_float(item.value.value()) && !is_int(item.value.value()) &&
            !type_of(item.value.value())->slots.float_ && !type_of(item.value.value())->slots.index) {
          return raise(t, types::TypeError, "float argument required, not {}", TypeName(item.value.value()));
        }
        if (!TRY(percent_number(t, item, number))) return raise_unsupported_conversion(t, item);
        out.append(reinterpret_cast<const uint8_t*>(number.data()), number.size());
      }
    }
  }
  if (out.failed()) return raise_no_memory(t);
  return args.finish();
}

}  // namespace orochi
