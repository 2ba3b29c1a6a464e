// Functions, bound methods and cells: layouts and makers. See function.h.
#include "objects/function.h"

#include "objects/exception.h"
#include "objects/shape_table.h"

namespace orochi {

Value default_builtins;

void Function::trace(Object* object, Visitor& v) {
  auto* f = static_cast<Function*>(object);
  v.visit(f->code);
  v.visit(f->globals);
  v.visit(f->builtins);
  v.visit(f->closure);
  v.visit(f->defaults);
  v.visit(f->kwdefaults);
  v.visit(f->name);
  v.visit(f->qualname);
  v.visit(f->doc);
  v.visit(f->module);
  v.visit(f->annotations);
  v.visit(f->annotate);
  v.visit(f->type_params);
}

void Method::trace(Object* object, Visitor& v) {
  v.visit(static_cast<Method*>(object)->function);
  v.visit(static_cast<Method*>(object)->self);
}

void Cell::trace(Object* object, Visitor& v) { v.visit(static_cast<Cell*>(object)->value); }

Result<Local<Function>> make_function(Mutator& m, Borrowed<Code> code, Borrowed<> globals, Borrowed<> builtins) {
  const Shape* shape = types::Function.root_shape;
  Local<> module;
  if (is_dict(globals)) {
    Lookup<> found = dict_find_str(m, globals.as<Dict>(), "__name__"_n);
    if (found.raised()) return Raised{};
    if (found.found()) module = found.take();
  }
  Local<Function> f = TRY(allocate<Function>(m, shape, instance_size(shape, 0)));
  f->code.init_share(code);
  f->globals.init_share(globals);
  if (builtins) f->builtins.init_share(builtins);
  f->name.init_share(code->name.borrow());
  f->qualname.init_share(code->qualname.borrow());
  if (module) f->module.init(std::move(module));
  if (!(code->flags & kCoNested)) {
    Value v = f.release();  // from here on nobody counts it
    v.as_object()->local_count = 0;
    v.as_object()->shared_word = kSharedMark;
    v.as_object()->owner = kOwnerDeferred;
    return Local<Function>::adopt(v);
  }
  return f;
}

Result<Local<Method>> make_method(Mutator& m, Borrowed<> function, Borrowed<> self) {
  Local<Method> method = TRY(allocate<Method>(m, types::Method.root_shape, sizeof(Method)));
  method->function.init_share(function);
  method->self.init_share(self);
  return method;
}

Result<Local<Cell>> make_cell(Mutator& m, Local<> value) {
  Local<Cell> cell = TRY(allocate<Cell>(m, types::Cell.root_shape, sizeof(Cell)));
  if (value) cell->value.init(std::move(value));
  return cell;
}

Local<> builtins_of_globals(Mutator& m, Borrowed<> globals) {
  if (is_dict(globals)) {
    Lookup<> found = dict_find_str(m, globals.as<Dict>(), "__builtins__"_n);
    if (found.raised()) clear_pending(m);
    if (found.found()) {
      Local<> v = found.take();
      if (is_dict(v.value())) return v;
      if (has_flag(v.value(), kShapeIsModule)) {
        // A module's dict is its first Field (protocols/native.h); asked through its layout-independent accessor there.
        Value dict = *reinterpret_cast<Value*>(v.value().as_object() + 1);
        if (is_dict(dict)) return Local<>::share(dict);
      }
    }
  }
  return Local<>::share(default_builtins);
}

}  // namespace orochi
