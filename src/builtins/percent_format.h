// '%' formatting as str and bytes share it: reading one conversion specification and its arguments, and numbers.
#pragma once

#include "numeric/format_spec.h"
#include "protocols/native.h"

namespace orochi {

struct PercentItem {
  PercentSpec spec;
  uint32_t conversion = 0;
  size_t position = 0;    // of the conversion character
  bool literal = false;   // "%%"
  Local<> value;
};

class PercentArgs {
 public:
  PercentArgs(Thread& t, Borrowed<> args, bool bytes);
  // Reads the specification behind a '%' at text[*at], and its value. `key` makes a mapping key of [start, end).
  using CharAt = uint32_t (*)(const void* text, size_t i);
  using MakeKey = Result<Local<>> (*)(Thread& t, const void* text, size_t start, size_t end);
  Result<void> read(const void* text, CharAt char_at, MakeKey key, size_t length, size_t* at, PercentItem* out);
  // "not all arguments converted"
  Result<void> finish();

 private:
  Result<Local<>> next();
  Thread& t_;
  Borrowed<> args_;
  bool bytes_;
  bool is_mapping_;
  bool mapping_used_ = false;
  size_t used_ = 0;
};

// d i u o x X and e f g, with all padding done: appended to `out`. False if the conversion is another one.
Result<bool> percent_number(Thread& t, PercentItem& item, CharBuf& out);
Raised raise_unsupported_conversion(Thread& t, const PercentItem& item);

}  // namespace orochi
