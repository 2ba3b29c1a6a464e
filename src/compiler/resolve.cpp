// Name resolution. For each name that a scope uses and does not bind, look outwards: the first function-like scope that
// binds it owns it, a `global` there ends the search, class bodies are skipped. If the owner belongs to another unit
// (code object), its symbol becomes a cell and every unit in between passes it on as a free variable.
#include "compiler/resolve.h"

namespace orochi {
namespace {

class Resolver {
 public:
  Resolver(SymbolTable& table, NameTable& names, ResolveError& error)
      : table_(table), error_(error), class_(names.intern("__class__")), classdict_(names.intern("__classdict__")),
        conditional_(names.intern("__conditional_annotations__")), names_(names) {}

  bool run() {
    // Scopes stand in the table before the scopes inside them.
    for (Scope& scope : table_.scopes) {
      if (scope.discarded) continue;
      for (size_t i = 0; i < scope.symbols.size(); i++) {
        if (!name(scope, i)) return false;
      }
    }
    return true;
  }

 private:
  SymbolTable& table_;
  ResolveError& error_;
  NameId class_, classdict_, conditional_;
  NameTable& names_;

  bool fail(Scope& scope, NameId id, std::string message) {
    error_ = {std::move(message), &scope, id};
    return false;
  }

  static Scope* class_of(Scope& scope) {
    Scope* s = &scope;
    while (s->can_see_class_scope) {
      s = s->parent;
      if (s->type == ScopeType::Class) return s;
    }
    return nullptr;
  }

  // The scope that binds `id` for code in `scope`, or null (then it is global). `in_class_unit`: an inlined
  // comprehension directly in a class body does not see the cells of that class.
  Scope* owner_of(Scope& scope, NameId id) {
    bool special = id == class_ || id == classdict_ || id == conditional_;
    for (Scope* p = scope.parent; p != nullptr; p = p->parent) {
      if (p->type == ScopeType::Module) return nullptr;
      if (p->type == ScopeType::Class) {
        if (!special) continue;
        return scope.unit == p ? nullptr : p;
      }
      Symbol* symbol = p->find(id);
      if (symbol == nullptr) continue;
      if ((symbol->flags & kDefGlobal) != 0) return nullptr;
      if ((symbol->flags & kDefNonlocal) != 0) continue;
      if ((symbol->flags & kDefBound) != 0) return p;
    }
    return nullptr;
  }

  bool name(Scope& scope, size_t index) {
    NameId id = scope.symbols[index].name;
    uint32_t flags = scope.symbols[index].flags;
    if (scope.symbols[index].scope != SymbolScope::None) {
      // Passed through by an inner scope already; decide as usual only if it is not free.
      if (scope.symbols[index].scope == SymbolScope::Free || scope.symbols[index].scope == SymbolScope::Cell) return true;
    }
    auto set = [&](SymbolScope s) { scope.symbols[index].scope = s; };
    if ((flags & kDefGlobal) != 0) {
      if ((flags & kDefNonlocal) != 0) return fail(scope, id, "name '" + names_.text(id) + "' is nonlocal and global");
      set(SymbolScope::GlobalExplicit);
      return true;
    }
    if ((flags & kDefNonlocal) != 0) {
      if (scope.type == ScopeType::Module) return fail(scope, id, "nonlocal declaration not allowed at module level");
      Scope* owner = owner_of(scope, id);
      if (owner == nullptr) return fail(scope, id, "no binding for nonlocal '" + names_.text(id) + "' found");
      Symbol* bound = owner->find(id);
      if (bound != nullptr && (bound->flags & kDefTypeParam) != 0) {
        return fail(scope, id, "nonlocal binding not allowed for type parameter '" + names_.text(id) + "'");
      }
      free_in(scope, index, owner, id);
      return true;
    }
    if ((flags & kDefBound) != 0) {
      set(SymbolScope::Local);
      return true;
    }
    if (Scope* cls = class_of(scope)) {
      Symbol* symbol = cls->find(id);
      if (symbol != nullptr) {
        if ((symbol->flags & kDefGlobal) != 0) {
          set(SymbolScope::GlobalExplicit);
          return true;
        }
        if ((symbol->flags & kDefBound) != 0 && (symbol->flags & kDefNonlocal) == 0) {
          set(SymbolScope::GlobalImplicit);
          return true;
        }
      }
    }
    Scope* owner = owner_of(scope, id);
    if (owner == nullptr) {
      set(SymbolScope::GlobalImplicit);
      return true;
    }
    free_in(scope, index, owner, id);
    return true;
  }

  void free_in(Scope& scope, size_t index, Scope* owner, NameId id) {
    scope.symbols[index].scope = SymbolScope::Free;
    if (owner->type == ScopeType::Class) {
      // The class's own symbol of that name, if any, stays what it is: the cell is separate.
      if (id == class_) owner->needs_class_closure = true;
      if (id == classdict_) owner->needs_classdict = true;
    } else if (owner->unit != scope.unit) {
      owner->find(id)->scope = SymbolScope::Cell;
    }
    if (owner->unit == scope.unit) return;
    // Every unit from the one that holds this code up to, and without, the owner's passes the cell on.
    for (Scope* p = &scope; p != nullptr && p->unit != owner->unit; p = p->unit->parent) {
      Scope* unit = p->unit;
      if (unit == &scope) continue;
      Symbol& symbol = unit->get(id);
      if (unit->type == ScopeType::Class && (symbol.flags & kDefBound) != 0) {
        symbol.flags |= kDefFreeClass;
      } else if (unit->type == ScopeType::Class && (symbol.flags & kDefGlobal) != 0) {
        symbol.flags |= kDefFreeClass;
      } else if (unit->can_see_class_scope && symbol.scope != SymbolScope::None && symbol.scope != SymbolScope::Free) {
        symbol.flags |= kDefFreeClass;
      } else if (symbol.scope == SymbolScope::None || symbol.scope == SymbolScope::GlobalImplicit) {
        symbol.scope = SymbolScope::Free;
      }
    }
  }
};

}  // namespace

bool resolve_names(SymbolTable& table, NameTable& names, ResolveError& error) {
  return Resolver(table, names, error).run();
}

}  // namespace orochi
