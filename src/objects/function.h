// Functions of Python code, bound methods and cells. Functions of code without kCoNested are deferred objects.
#pragma once

#include "objects/code.h"
#include "objects/dict.h"
#include "objects/str.h"
#include "objects/tuple.h"

namespace orochi {

namespace types {
extern ::orochi::Type Function, Method, Cell;
}

struct Function : Object {
  static Type& python_type() { return types::Function; }
  Field<Code> code;
  Field<> globals;      // Dict
  Field<> builtins;     // Dict
  Field<Tuple> closure;   // of Cell, or empty
  Field<Tuple> defaults;  // or empty
  Field<Dict> kwdefaults; // or empty
  Field<Str> name;
  Field<Str> qualname;
  Field<> doc;          // empty: the code's docstring, or None
  Field<> module;
  Field<> annotations;  // Dict once made, or empty
  Field<> annotate;     // PEP 649 function, None or empty
  Field<> type_params;  // tuple or empty
  static void trace(Object* object, Visitor& v);
};

struct Method : Object {
  static Type& python_type() { return types::Method; }
  Field<> function;
  Field<> self;
  static void trace(Object* object, Visitor& v);
};

struct Cell : Object {
  static Type& python_type() { return types::Cell; }
  Field<> value;  // empty: unbound
  static void trace(Object* object, Visitor& v);
};

// A function with name, qualname and module taken from the code and the globals.
Result<Local<Function>> make_function(Mutator& m, Borrowed<Code> code, Borrowed<> globals, Borrowed<> builtins);
Result<Local<Method>> make_method(Mutator& m, Borrowed<> function, Borrowed<> self);
Result<Local<Cell>> make_cell(Mutator& m, Local<> value);  // value may be empty
// The builtins a function with these globals sees: globals["__builtins__"] (a module's dict or a dict), else the
// interpreter's own.
Local<> builtins_of_globals(Mutator& m, Borrowed<> globals);
extern Value default_builtins;  // the builtins module's dict; set at start-up, then fixed

OROCHI_INLINE bool is_function(Value v) { return v.is_heap() && v.as_object()->type() == &types::Function; }
OROCHI_INLINE bool is_cell(Value v) { return v.is_heap() && v.as_object()->type() == &types::Cell; }
OROCHI_INLINE bool is_method(Value v) { return v.is_heap() && v.as_object()->type() == &types::Method; }

// Running Python functions. Defined by the interpreter.
Result<Local<>> call_function(Thread& t, Borrowed<> function, const CallArgs& args);   // Function's call slot
Result<Local<>> call_method_object(Thread& t, Borrowed<> method, const CallArgs& args);  // Method's call slot
// Runs a function's code with this locals mapping (class bodies, exec); the result is what the code returns.
Result<Local<>> call_function_with_locals(Thread& t, Borrowed<Function> function, Borrowed<> locals);

}  // namespace orochi
