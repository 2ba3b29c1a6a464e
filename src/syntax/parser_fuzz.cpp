// Fuzz target "parser": any bytes, in any mode, parse to a tree that can be dumped, or to a syntax error that says where.
//
// The first byte chooses the mode and the options, the rest is the source. `./dev fuzz parser` runs it under the sanitizers.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "syntax/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const uint8_t choice = data[0];
  orochi::ParseOptions options;
  options.mode = (choice & 3) == 1   ? orochi::ParseMode::Eval
                 : (choice & 3) == 2 ? orochi::ParseMode::Single
                 : (choice & 7) == 3 ? orochi::ParseMode::FuncType
                                     : orochi::ParseMode::Exec;
  options.type_comments = (choice & 8) != 0;
  options.allow_incomplete_input = (choice & 16) != 0;
  options.dont_imply_dedent = (choice & 32) != 0;
  options.source_is_utf8 = (choice & 64) != 0;
  const std::string_view source(reinterpret_cast<const char*>(data) + 1, size - 1);
  const orochi::ParseResult result = orochi::parse(source, options);
  if (result) {
    orochi::DumpOptions dump_options;
    dump_options.include_attributes = true;
    CHECK(!orochi::dump(result.mod, dump_options).empty());
  } else {
    CHECK(!result.error.message.empty());
  }
  return 0;
}
