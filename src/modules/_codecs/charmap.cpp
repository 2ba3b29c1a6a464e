// Character map codecs: by a decoding table (str), an EncodingMap, or any mapping of ints.
#include <new>

#include "builtins/bytes_common.h"
#include "modules/_codecs/codecs_module.h"
#include "objects/dict.h"

namespace orochi {

namespace types {
extern ::orochi::Type EncodingMap;
}

namespace {

// What charmap_build() makes: the inverse of a decoding table.
struct EncodingMap : Object {
  static Type& python_type() { return types::EncodingMap; }
  text::ByteMap* map;   // owned; fixed after creation
  static void destroy(Object* o) { delete static_cast<EncodingMap*>(o)->map; }
};
constexpr Layout kEncodingMapLayout = layout_of<EncodingMap>("EncodingMap");

int64_t encoding_map_size(Mutator&, Borrowed<EncodingMap> self) {
  return static_cast<int64_t>(sizeof(EncodingMap) + (self->map ? self->map->memory() : 0));
}
constexpr NativeDef kEncodingMapMethods[] = {
    method<encoding_map_size>("size(self, /)", "Return the size (in bytes) of this object."),
};
const TypeDef kEncodingMapDef = {
    .name = "EncodingMap",
    .layout = &kEncodingMapLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kEncodingMapMethods),
};

// What a mapping says: nothing, a character or number, or the value itself in `object`.
struct Mapped {
  enum Kind { Undefined, Number, Object } kind = Undefined;
  int64_t number = 0;
  Local<> object;
};
Result<Mapped> ask(Thread& t, Borrowed<> mapping, uint32_t key) {
  Mapped mapped;
  auto got = get_item(t, mapping, Value::fixnum(key));
  if (got.raised()) {
    if (!clear_pending_if(t, types::LookupError)) return Raised{};
    return mapped;
  }
  if (got->value() == kNone) return mapped;
  if (is_int(got->value())) {
    mapped.kind = Mapped::Number;
    if (!int_as_int64(got->value(), &mapped.number)) mapped.number = -1;
    return mapped;
  }
  mapped.kind = Mapped::Object;
  mapped.object = got.take();
  return mapped;
}

constexpr const char* kUndefined = "character maps to <undefined>";

Result<Local<>> decode_by_mapping(Thread& t, Borrowed<> data, std::string_view view, Borrowed<Str> errors,
                                  Borrowed<> mapping) {
  text::DecodeState state(byte_pointer(view), view.size());
  DecodeJob job{text::Codec::Charmap, errors, "charmap", data};
  DecodeErrors handler(t, job);
  text::TextBuilder out;
  while (state.position < state.size) {
    size_t at = state.position;
    Mapped mapped = TRY(ask(t, mapping, state.data[at]));
    if (mapped.kind == Mapped::Number) {
      if (mapped.number < 0 || mapped.number > 0x10ffff) {
        return raise(t, types::TypeError, "character mapping must be in range(0x110000)");
      }
      if (mapped.number == 0xfffe) mapped.kind = Mapped::Undefined;
      else out.push(static_cast<char32_t>(mapped.number));
    } else if (mapped.kind == Mapped::Object) {
      if (!is_str(mapped.object.value())) {
        return raise(t, types::TypeError, "character mapping must return integer, None or str");
      }
      Borrowed<Str> s(mapped.object.value());
      if (s->length() == 1 && s->at(0) == 0xfffe) mapped.kind = Mapped::Undefined;
      else out.append(text_of(s));
    }
    if (mapped.kind == Mapped::Undefined) {
      TRY(handler.handle(state, text::CodecError{at, at + 1, kUndefined}, out));
    } else {
      state.position = at + 1;
    }
  }
  Local<Str> s = TRY(str_from_builder(t, out));
  return codec_result(t, std::move(s), view.size());
}

// Appends what the mapping has for c; false: nothing.
Result<bool> append_mapped(Thread& t, Borrowed<> mapping, uint32_t c, text::ByteBuffer& out) {
  Mapped mapped = TRY(ask(t, mapping, c));
  if (mapped.kind == Mapped::Undefined) return false;
  if (mapped.kind == Mapped::Number) {
    if (mapped.number < 0 || mapped.number > 255) {
      return raise(t, types::TypeError, "character mapping must be in range(256)");
    }
    out.push(static_cast<uint8_t>(mapped.number));
    return true;
  }
  if (!is_bytes(mapped.object.value())) {
    return raise(t, types::TypeError, "character mapping must return integer, bytes or None, not {}",
                 TypeName(mapped.object.value()));
  }
  Borrowed<Bytes> b(mapped.object.value());
  out.append(b->data(), b->length());
  return true;
}

Result<Local<>> encode_by_mapping(Thread& t, Borrowed<Str> s, Borrowed<Str> errors, Borrowed<> mapping) {
  text::ByteBuffer out, scratch;
  EncodeErrors handler(t, text::Codec::Charmap, "charmap", s, errors);
  for (size_t i = 0; i < s->length();) {
    if (TRY(append_mapped(t, mapping, s->at(i), out))) {
      i++;
      continue;
    }
    text::CodecError error{i, i + 1, kUndefined};
    while (error.end < s->length()) {  // all unmapped characters in a row are one error
      scratch.clear();
      if (TRY(append_mapped(t, mapping, s->at(error.end), scratch))) break;
      error.end++;
    }
    size_t resume;
    Local<> replacement = TRY(handler.handle(error, &resume));
    if (is_bytes(replacement.value())) {
      Borrowed<Bytes> b(replacement.value());
      out.append(b->data(), b->length());
    } else {
      Borrowed<Str> text(replacement.value());
      for (size_t k = 0; k < text->length(); k++) {
        if (!TRY(append_mapped(t, mapping, text->at(k), out))) return handler.raise(error);
      }
    }
    i = resume;
  }
  Local<Bytes> b = TRY(make_like<Bytes>(t, out));
  return codec_result(t, std::move(b), s->length());
}

}  // namespace

OROCHI_MODULE_TYPE(EncodingMap)

Result<void> init_charmap(Thread& t) { return ensure_type(t, types::EncodingMap, kEncodingMapDef); }

Result<Local<>> codecs_charmap_decode(Thread& t, Borrowed<> data, OrNone<Borrowed<Str>> errors, Borrowed<> mapping) {
  Buffer buffer = TRY(Buffer::get(t, data));
  if (mapping.value() == kNone) {
    text::DecodeState state(buffer.data(), buffer.size());
    Local<Str> s = TRY(run_decode(t, DecodeJob{text::Codec::Latin1, errors.value, nullptr, data}, state));
    return codec_result(t, std::move(s), buffer.size());
  }
  if (type_of(mapping) != &types::Str) return decode_by_mapping(t, data, buffer.view(), errors.value, mapping);
  text::DecodeState state(buffer.data(), buffer.size());
  state.table = text_of(mapping.as<Str>());
  Local<Str> s = TRY(run_decode(t, DecodeJob{text::Codec::Charmap, errors.value, nullptr, data}, state));
  return codec_result(t, std::move(s), buffer.size());
}

Result<Local<>> codecs_charmap_encode(Thread& t, Borrowed<Str> s, OrNone<Borrowed<Str>> errors, Borrowed<> mapping) {
  text::EncodeState state(text_of(s));
  if (mapping.value() == kNone) {
    Local<Bytes> b = TRY(run_encode(t, text::Codec::Latin1, s, errors.value, state));
    return codec_result(t, std::move(b), s->length());
  }
  if (type_of(mapping) != &types::EncodingMap) return encode_by_mapping(t, s, errors.value, mapping);
  state.map = mapping.as<EncodingMap>()->map;
  Local<Bytes> b = TRY(run_encode(t, text::Codec::Charmap, s, errors.value, state));
  return codec_result(t, std::move(b), s->length());
}

Result<Local<>> codecs_charmap_build(Thread& t, Borrowed<Str> table) {
  // A dict serves for tables that an EncodingMap does not hold: short ones, or ones that move NUL.
  bool whole = table->length() >= 256 && table->at(0) == 0;
  for (size_t i = 1; whole && i < 256; i++) whole = table->at(i) != 0 && table->at(i) <= 0xffff;
  if (!whole) {
    Local<Dict> dict = TRY(make_dict(t));
    for (size_t i = 0; i < table->length() && i < 256; i++) {
      TRY(dict_set(t, dict, Value::fixnum(table->at(i)), Value::fixnum(static_cast<int64_t>(i))));
    }
    return dict;
  }
  Local<EncodingMap> map = TRY(make_object<EncodingMap>(t));
  map->map = new (std::nothrow) text::ByteMap();
  if (!map->map || !map->map->build(text_of(table).slice(0, 256))) return raise_no_memory(t);
  return map;
}

}  // namespace orochi
