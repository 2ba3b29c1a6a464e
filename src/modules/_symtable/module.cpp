// _symtable: the compiler's symbol tables (compiler/symtable.h) as Python objects.
#include "compiler/symtable.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/native.h"
#include "protocols/operators.h"
#include "runtime/compile_source.h"
#include "runtime/import.h"

namespace orochi {

namespace types {
extern ::orochi::Type SymbolTableEntry;
}

namespace {

constexpr int kScopeOffset = 12;
constexpr uint32_t kPublicFlags = 0xfff;

Result<Local<>> entry_repr(Thread& t, Borrowed<> self) {
  Local<> name = TRY(get_attr(t, self, "name"_n)), id = TRY(get_attr(t, self, "id"_n)),
          line = TRY(get_attr(t, self, "lineno"_n));
  Local<Str> n = TRY(str_of(t, name)), i = TRY(str_of(t, id)), l = TRY(str_of(t, line));
  return format_str(t, "<symtable entry {}({}), line {}>", n, i, l);
}
const TypeDef kEntryDef = {
    .name = "symtable entry",
    .flags = kTypeNoNew | kTypeHasDict,
    .slots = {.repr = entry_repr},
};

std::string shown_name(const Scope& scope, const NameTable& names) {
  if (scope.type == ScopeType::Module) return "top";
  std::string text = names.text(scope.name);
  if (text.size() > 2 && text.front() == '<' && text.back() == '>') text = text.substr(1, text.size() - 2);
  return text;
}

Result<Local<>> make_entry(Thread& t, const Scope& scope, const NameTable& names) {
  ENTER_RECURSION(t, " during compilation");
  Local<> entry = TRY(allocate_instance(t, &types::SymbolTableEntry));
  Local<Str> name = TRY(make_str(t, shown_name(scope, names)));
  Local<Dict> symbols = TRY(make_dict(t));
  for (const Symbol& s : scope.symbols) {
    Local<Str> key = TRY(intern(t, names.text(s.name)));
    Local<> flags = TRY(make_int(t, (s.flags & kPublicFlags) | (static_cast<uint32_t>(s.scope) << kScopeOffset)));
    TRY(dict_set_str(t, symbols, key, std::move(flags)));
  }
  Local<List> parameters = TRY(make_list(t)), children = TRY(make_list(t));
  for (NameId id : scope.parameters) {
    Local<Str> text = TRY(intern(t, names.text(id)));
    TRY(list_append(t, parameters, std::move(text)));
  }
  for (const Scope* child : scope.children) {
    Local<> object = TRY(make_entry(t, *child, names));
    TRY(list_append(t, children, std::move(object)));
  }
  Local<> id = TRY(make_int(t, static_cast<int64_t>(entry.value().bits)));
  int64_t line = scope.type == ScopeType::Module ? 0 : scope.location.lineno;
  TRY(instance_set(t, entry, "name"_n, std::move(name)));
  TRY(instance_set(t, entry, "symbols"_n, std::move(symbols)));
  TRY(instance_set(t, entry, "varnames"_n, std::move(parameters)));
  TRY(instance_set(t, entry, "children"_n, std::move(children)));
  TRY(instance_set(t, entry, "id"_n, std::move(id)));
  TRY(instance_set(t, entry, "nested"_n, immediate(Value::fixnum(scope.nested))));
  TRY(instance_set(t, entry, "lineno"_n, immediate(Value::fixnum(line))));
  TRY(instance_set(t, entry, "type"_n, immediate(Value::fixnum(static_cast<int64_t>(scope.type)))));
  return entry;
}

Result<Local<>> symtable(Thread& t, Borrowed<> source, Borrowed<> filename, Borrowed<Str> mode) {
  Local<> path = TRY(fs_path_text(t, filename, "symtable"));
  SourceOptions options;
  Utf8 text = TRY(str_utf8(t, mode));
  if (text.view == "exec") options.mode = ParseMode::Exec;
  else if (text.view == "eval") options.mode = ParseMode::Eval;
  else if (text.view == "single") options.mode = ParseMode::Single;
  else return raise(t, types::ValueError, "symtable() arg 3 must be 'exec' or 'eval' or 'single'");
  if (!is_str(source)) return raise(t, types::TypeError, "symtable() arg 1 must be a string");
  options.source_is_str = true;
  Utf8 code = TRY(str_utf8(t, source.as<Str>(), Surrogates::Pass));
  ParseResult parsed = TRY(parse_source(t, code.view, path.borrow().as<Str>(), options));
  NameTable names;
  SymbolTable table;
  SyntaxErrorInfo error;
  if (!build_symbol_table({parsed.mod, &names, false, false, t.native_limit}, table, error)) {
    return raise_syntax_error(t, error, path.borrow().as<Str>());
  }
  return make_entry(t, *table.top, names);
}
constexpr NativeDef kFunctions[] = {
    function<symtable>("symtable(source, filename, startstr, /)",
                       "Return symbol and scope dictionaries used internally by compiler."),
};

Result<void> init_symtable(Thread& t, Borrowed<Module> module) {
  constexpr struct {
    const char* name;
    int64_t value;
  } kConstants[] = {{"USE", kUse}, {"DEF_GLOBAL", kDefGlobal}, {"DEF_NONLOCAL", kDefNonlocal}, {"DEF_LOCAL", kDefLocal},
                    {"DEF_PARAM", kDefParam}, {"DEF_TYPE_PARAM", kDefTypeParam}, {"DEF_FREE_CLASS", kDefFreeClass},
                    {"DEF_IMPORT", kDefImport}, {"DEF_BOUND", 134}, {"DEF_ANNOT", kDefAnnot},
                    {"DEF_COMP_ITER", kDefCompIter}, {"DEF_COMP_CELL", kDefCompCell}, {"TYPE_FUNCTION", 0},
                    {"TYPE_CLASS", 1}, {"TYPE_MODULE", 2}, {"TYPE_ANNOTATION", 3}, {"TYPE_TYPE_ALIAS", 4},
                    {"TYPE_TYPE_PARAMETERS", 5}, {"TYPE_TYPE_VARIABLE", 6}, {"LOCAL", 1}, {"GLOBAL_EXPLICIT", 2},
                    {"GLOBAL_IMPLICIT", 3}, {"FREE", 4}, {"CELL", 5}, {"SCOPE_OFF", kScopeOffset}, {"SCOPE_MASK", 15}};
  for (const auto& c : kConstants) TRY(module_set_int(t, module, c.name, c.value));
  return ok();
}

}  // namespace

OROCHI_TYPE(SymbolTableEntry, kEntryDef)
OROCHI_MODULE(_symtable, nullptr, kFunctions, init_symtable)

}  // namespace orochi
