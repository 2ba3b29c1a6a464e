// The _opcode module: what the opcode and dis modules ask about the reference implementation's instruction numbers.
// Orochi's own bytecode is a register code; it has no stack effects.
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/native.h"

namespace orochi::opcode_module {

namespace {

struct Range {
  int16_t first, last;
};
constexpr Range kValid[] = {{0, 120}, {128, 211}, {234, 266}};
constexpr Range kArg[] = {{44, 120},  {128, 128}, {143, 153}, {155, 195}, {197, 197}, {200, 200}, {209, 211}, {237, 237},
                          {239, 239}, {241, 245}, {247, 251}, {253, 253}, {255, 255}, {257, 261}, {263, 266}};
constexpr Range kConst[] = {{82, 82}, {190, 191}};
constexpr Range kName[] = {{61, 61},   {64, 65},   {72, 73},   {80, 80},   {91, 93},   {96, 96},  {110, 110},
                           {115, 116}, {179, 179}, {189, 189}, {194, 195}, {200, 200}, {249, 249}};
constexpr Range kJump[] = {{68, 68},   {70, 70},   {75, 77},   {100, 103}, {106, 106},
                           {172, 176}, {237, 237}, {248, 248}, {257, 260}};
constexpr Range kFree[] = {{62, 62}, {90, 90}, {97, 97}, {111, 111}};
constexpr Range kLocal[] = {{3, 3}, {63, 63}, {83, 89}, {112, 114}, {261, 261}, {266, 266}};
constexpr Range kExc[] = {{263, 265}};

template <const auto& Table>
bool in_table(Thread&, int32_t opcode) {
  for (Range r : Table) {
    if (opcode >= r.first && opcode <= r.last) return true;
  }
  return false;
}

Result<int64_t> stack_effect(Thread& t, int32_t, Borrowed<>, Borrowed<>) {
  return raise(t, types::ValueError, "invalid opcode or oparg");
}

Result<Local<>> names(Thread& t, std::initializer_list<const char*> texts) {
  Local<List> list = TRY(make_list(t));
  for (const char* text : texts) TRY(list_append(t, list, TRY(make_str(t, text))));
  return list;
}
Result<Local<>> intrinsic1(Thread& t) {
  return names(t, {"INTRINSIC_1_INVALID", "INTRINSIC_PRINT", "INTRINSIC_IMPORT_STAR", "INTRINSIC_STOPITERATION_ERROR",
                   "INTRINSIC_ASYNC_GEN_WRAP", "INTRINSIC_UNARY_POSITIVE", "INTRINSIC_LIST_TO_TUPLE",
                   "INTRINSIC_TYPEVAR", "INTRINSIC_PARAMSPEC", "INTRINSIC_TYPEVARTUPLE", "INTRINSIC_SUBSCRIPT_GENERIC",
                   "INTRINSIC_TYPEALIAS"});
}
Result<Local<>> intrinsic2(Thread& t) {
  return names(t, {"INTRINSIC_2_INVALID", "INTRINSIC_PREP_RERAISE_STAR", "INTRINSIC_TYPEVAR_WITH_BOUND",
                   "INTRINSIC_TYPEVAR_WITH_CONSTRAINTS", "INTRINSIC_SET_FUNCTION_TYPE_PARAMS",
                   "INTRINSIC_SET_TYPEPARAM_DEFAULT"});
}
Result<Local<>> special_methods(Thread& t) { return names(t, {"__enter__", "__exit__", "__aenter__", "__aexit__"}); }
Result<Local<>> nb_ops(Thread& t) {
  static constexpr const char* kOps[][2] = {
      {"ADD", "+"},      {"AND", "&"}, {"FLOOR_DIVIDE", "//"}, {"LSHIFT", "<<"}, {"MATRIX_MULTIPLY", "@"},
      {"MULTIPLY", "*"}, {"REMAINDER", "%"}, {"OR", "|"}, {"POWER", "**"}, {"RSHIFT", ">>"},
      {"SUBTRACT", "-"}, {"TRUE_DIVIDE", "/"}, {"XOR", "^"}};
  Local<List> list = TRY(make_list(t));
  for (int inplace = 0; inplace < 2; inplace++) {
    for (auto& op : kOps) {
      Local<Str> name = TRY(format_str(t, "NB_{}{}", inplace ? "INPLACE_" : "", op[0]));
      Local<Str> sign = TRY(format_str(t, "{}{}", op[1], inplace ? "=" : ""));
      TRY(list_append(t, list, TRY(make_tuple(t, {name.value(), sign.value()}))));
    }
  }
  Local<Str> name = TRY(make_str(t, "NB_SUBSCR"));
  Local<Str> sign = TRY(make_str(t, "[]"));
  TRY(list_append(t, list, TRY(make_tuple(t, {name.value(), sign.value()}))));
  return list;
}
Result<Local<>> executor(Thread& t, Borrowed<>, Borrowed<>) {
  return raise(t, types::RuntimeError, "Executors are not available in this build");
}
Result<Local<>> specialization_stats(Thread&) { return kNone; }

constexpr NativeDef kFunctions[] = {
    function<stack_effect>("stack_effect(opcode, oparg=None, /, *, jump=None)", "Compute the stack effect of the opcode."),
    function<in_table<kValid>>("is_valid(opcode)", "Return True if opcode is valid, False otherwise."),
    function<in_table<kArg>>("has_arg(opcode)", "Return True if the opcode uses its oparg, False otherwise."),
    function<in_table<kConst>>("has_const(opcode)", "Return True if the opcode accesses a constant, False otherwise."),
    function<in_table<kName>>("has_name(opcode)", "Return True if the opcode accesses an attribute by name, False otherwise."),
    function<in_table<kJump>>("has_jump(opcode)", "Return True if the opcode has a jump target, False otherwise."),
    function<in_table<kFree>>("has_free(opcode)", "Return True if the opcode accesses a free variable, False otherwise."),
    function<in_table<kLocal>>("has_local(opcode)", "Return True if the opcode accesses a local variable, False otherwise."),
    function<in_table<kExc>>("has_exc(opcode)", "Return True if the opcode sets an exception handler, False otherwise."),
    function<intrinsic1>("get_intrinsic1_descs()", "Return a list of names of the unary intrinsics."),
    function<intrinsic2>("get_intrinsic2_descs()", "Return a list of names of the binary intrinsics."),
    function<special_methods>("get_special_method_names()", "Return a list of special method names."),
    function<nb_ops>("get_nb_ops()", "Return array of symbols of binary ops."),
    function<executor>("get_executor(*, code, offset)", "Return the executor object at offset in code if exists, None otherwise."),
    function<specialization_stats>("get_specialization_stats()", "Return the specialization stats"),
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(module_set(t, module, "ENABLE_SPECIALIZATION", Borrowed<>(kTrue)));
  return module_set(t, module, "ENABLE_SPECIALIZATION_FT", Borrowed<>(kTrue));
}

}  // namespace

OROCHI_MODULE(_opcode, "Opcode support module.", kFunctions, init)

}  // namespace orochi::opcode_module
