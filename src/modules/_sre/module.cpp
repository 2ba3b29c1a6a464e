// The module _sre: compile() and the helpers that re._compiler calls while it makes code.
#include <new>

#include "modules/_sre/char_class.h"
#include "modules/_sre/code.h"
#include "modules/_sre/pattern.h"

namespace orochi {

namespace {

// The code list as words. Items may be int subclasses (re._constants names them).
Result<uint32_t*> words_of(Thread& t, Borrowed<Tuple> code) {
  size_t count = code->length();
  auto* words = static_cast<uint32_t*>(allocate_raw(count ? count * sizeof(uint32_t) : 1));
  if (!words) return raise_no_memory(t);
  for (size_t i = 0; i < count; i++) {
    Value item = code->at(i);
    uint64_t word = 0;
    Type* error = nullptr;
    const char* message = nullptr;
    if (!is_int(item)) {
      error = &types::TypeError;
      message = "an integer is required";
    } else if (int_sign(item) < 0) {
      error = &types::OverflowError;
      message = "can't convert negative value to unsigned int";
    } else if (!int_as_uint64(item, &word) || word > 0xFFFFFFFF) {
      error = &types::OverflowError;
      message = "regular expression code size limit exceeded";
    }
    if (error) {
      free_raw(words);
      return raise(t, *error, message);
    }
    words[i] = static_cast<uint32_t>(word);
  }
  return words;
}

Result<Local<>> sre_compile(Thread& t, Borrowed<> pattern, int32_t flags, Borrowed<List> code, Index groups,
                            Borrowed<Dict> group_index, Borrowed<Tuple> index_group) {
  TextKind kind = TextKind::Any;
  if (pattern.value() != kNone) {
    SubjectView view;  // only to see that it is text
    TRY(view.open(t, pattern, TextKind::Any));
    kind = view.is_str() ? TextKind::Str : TextKind::Bytes;
  }
  Local<Tuple> items = TRY(list_to_tuple(t, code));
  Local<Pattern> made = TRY(make_object<Pattern>(t));
  made->words = TRY(words_of(t, items));
  made->word_count = items->length();
  made->program = new (std::nothrow) sre::Program;
  if (!made->program) return raise_no_memory(t);
  auto status = groups < 0 || groups > sre::kMaxGroups
                    ? sre::CompileStatus::Invalid
                    : sre::compile(made->words, made->word_count, static_cast<uint32_t>(groups), *made->program);
  if (status == sre::CompileStatus::TooDeep)
    return raise(t, types::RecursionError, "regular expression is nested too deeply");
  if (status != sre::CompileStatus::Ok) return raise(t, types::RuntimeError, "invalid SRE code");
  made->pattern.init_share(pattern);
  made->group_index.init_share(group_index);
  made->index_group.init_share(index_group);
  made->groups = groups;
  made->flags = flags;
  made->kind = kind;
  return made;
}

bool sre_ascii_iscased(Thread&, int32_t character) {
  auto c = static_cast<uint32_t>(character);
  return (c | 32) - 'a' < 26;
}
int64_t sre_ascii_tolower(Thread&, int32_t character) {
  return static_cast<int32_t>(sre::ascii_lower(static_cast<uint32_t>(character)));
}
bool sre_unicode_iscased(Thread&, int32_t character) {
  auto c = static_cast<uint32_t>(character);
  return sre::unicode_lower(c) != c || sre::unicode_upper(c) != c;
}
int64_t sre_unicode_tolower(Thread&, int32_t character) {
  return static_cast<int32_t>(sre::unicode_lower(static_cast<uint32_t>(character)));
}
int64_t sre_getcodesize(Thread&) { return sizeof(uint32_t); }

constexpr NativeDef kFunctions[] = {
    function<sre_compile>("compile(pattern, flags, code, groups, groupindex, indexgroup)",
                          "A Pattern from the code that re._compiler made."),
    function<sre_template>("template(pattern, template, /)",
                           "A replacement template from literals and group numbers in turn."),
    function<sre_ascii_iscased>("ascii_iscased(character, /)", "True if it is an ASCII letter."),
    function<sre_ascii_tolower>("ascii_tolower(character, /)", "Lower case of an ASCII letter; others unchanged."),
    function<sre_unicode_iscased>("unicode_iscased(character, /)", "True if upper or lower case differ from it."),
    function<sre_unicode_tolower>("unicode_tolower(character, /)", "Simple lower case."),
    function<sre_getcodesize>("getcodesize()", "Bytes in a code word."),
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(ensure_type(t, types::RePattern, kPatternDef));
  TRY(ensure_type(t, types::ReMatch, kMatchDef));
  TRY(ensure_type(t, types::ReScanner, kScannerDef));
  TRY(ensure_type(t, types::ReMatchIterator, kMatchIteratorDef));
  TRY(ensure_type(t, types::ReTemplate, kTemplateDef));
  TRY(ensure_type(t, types::ReBufferHolder, kBufferHolderDef));
  TRY(module_set_int(t, module, "MAGIC", sre::kMagic));
  TRY(module_set_int(t, module, "CODESIZE", sizeof(uint32_t)));
  TRY(module_set_int(t, module, "MAXREPEAT", sre::kMaxRepeat));
  return module_set_int(t, module, "MAXGROUPS", sre::kMaxGroups);
}

}  // namespace

OROCHI_MODULE(_sre, "Compiled patterns of the re module.", kFunctions, init)

}  // namespace orochi
