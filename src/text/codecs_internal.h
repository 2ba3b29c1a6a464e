// The kernels behind decode_step and encode_step, one pair an encoding.
#pragma once

#include "text/codecs.h"

namespace orochi::text {

Outcome decode_utf8(DecodeState& s, TextBuilder& out, CodecError& error);
Outcome decode_utf16(DecodeState& s, ByteOrder order, TextBuilder& out, CodecError& error);
Outcome decode_utf32(DecodeState& s, ByteOrder order, TextBuilder& out, CodecError& error);
Outcome decode_latin1(DecodeState& s, TextBuilder& out);
Outcome decode_ascii(DecodeState& s, TextBuilder& out, CodecError& error);
Outcome decode_charmap(DecodeState& s, TextBuilder& out, CodecError& error);
Outcome decode_unicode_escape(DecodeState& s, TextBuilder& out, CodecError& error);
Outcome decode_raw_unicode_escape(DecodeState& s, TextBuilder& out, CodecError& error);
Outcome decode_utf7(DecodeState& s, TextBuilder& out, CodecError& error);

Outcome encode_utf8(EncodeState& s, ByteBuffer& out, CodecError& error);
Outcome encode_utf16(EncodeState& s, ByteOrder order, ByteBuffer& out, CodecError& error);
Outcome encode_utf32(EncodeState& s, ByteOrder order, ByteBuffer& out, CodecError& error);
Outcome encode_narrow(EncodeState& s, char32_t limit, ByteBuffer& out, CodecError& error);
Outcome encode_charmap(EncodeState& s, ByteBuffer& out, CodecError& error);
Outcome encode_unicode_escape(EncodeState& s, ByteBuffer& out);
Outcome encode_raw_unicode_escape(EncodeState& s, ByteBuffer& out);
Outcome encode_utf7(EncodeState& s, ByteBuffer& out);

}  // namespace orochi::text
