// Frame objects: making, detaching, variables. See frame_object.h.
//
// Reading a live frame's registers is done by its own thread only. What another thread sees of it (sys._current_frames)
// is its code and line; the variables come as an empty mapping.
#include "objects/frame_object.h"

#include "objects/exception.h"
#include "objects/generator.h"
#include "objects/shape_table.h"

namespace orochi {

void FrameObject::trace(Object* object, Visitor& v) {
  auto* f = static_cast<FrameObject*>(object);
  v.visit(f->code);
  v.visit(f->function);
  v.visit(f->locals);
  v.visit(f->back);
  v.visit(f->trace_function);
  v.visit(f->extra_locals);
  v.visit_slots(f->regs(), f->reg_count);
}

void FrameLocalsProxy::trace(Object* object, Visitor& v) { v.visit(static_cast<FrameLocalsProxy*>(object)->frame); }

Result<Local<FrameObject>> ensure_frame_object(Thread& t, Frame* frame) {
  if (frame->frame_object) return Local<FrameObject>::share(frame->frame_object);
  Code* code = frame->code;
  const Shape* shape = types::Frame.root_shape;
  Local<FrameObject> f =
      TRY(allocate<FrameObject>(t, shape, sizeof(FrameObject) + code->nlocals * sizeof(Value)));
  f->reg_count = code->nlocals;
  f->thread = &t;
  f->trace_lines = 1;
  f->code.init_share(Borrowed<Code>(code));
  if (frame->function) f->function.init_share(Borrowed<Function>(frame->function));
  if (frame->locals) f->locals.init_share(frame->locals);
  if (frame->flags & kFrameGenerator) f->generator = static_cast<Generator*>(frame->generator.as_object());
  __atomic_store_n(&f->live, frame, __ATOMIC_RELEASE);
  frame->flags |= kFrameExtras;
  frame->frame_object = f.dup().release();
  return f;
}

void detach_frame_object(Thread& t, Frame* frame) {
  Local<FrameObject> f = Local<FrameObject>::adopt(frame->frame_object);
  frame->frame_object = Value();
  if (!f) return;
  f->last_pc = frame->code->offset_of(frame->pc);
  bool only_ours = f->owner == t.slot_id && f->local_count == 1 && !(f->shared_word & kSharedMark);
  if (!only_ours) {
    if (frame->previous && !(frame->flags & kFrameGenerator)) {
      Local<> pending = take_pending(t);  // returning through an exception
      auto back = ensure_frame_object(t, frame->previous);
      if (back.raised()) clear_pending(t);
      else f->back.set(back.take());
      if (pending) set_pending(t, std::move(pending));
    }
    for (uint32_t i = 0; i < f->reg_count; i++) {
      __atomic_store_n(&f->regs()[i].bits, frame->regs[i].bits, __ATOMIC_RELAXED);
      frame->regs[i] = Value();
    }
  }
  f->generator = nullptr;
  __atomic_store_n(&f->live, nullptr, __ATOMIC_RELEASE);
}

namespace {

// The registers to read now, or nullptr. `claimed` is set to a suspended generator that must be given back.
struct Registers {
  explicit Registers(Mutator& m, FrameObject* f) {
    if (Frame* frame = f->load_live()) {
      if (f->thread == &m) at = frame->regs;
      return;
    }
    if (Generator* g = f->generator) {
      for (uint32_t from : {uint32_t{kGenSuspended}, uint32_t{kGenCreated}}) {
        if (g->claim_state(from)) {
          claimed = g;
          before = from;
          at = g->regs();
          return;
        }
      }
      return;
    }
    at = f->regs();
  }
  ~Registers() {
    if (claimed) claimed->publish_state(static_cast<GenState>(before));
  }
  Value* at = nullptr;
  Generator* claimed = nullptr;
  uint32_t before = 0;
};

// What variable i (local, or free variable past the locals) holds.
Local<> variable_value(FrameObject* f, const Registers& r, uint32_t i) {
  Code* code = f->code.borrow().get();
  Value v;
  if (i < code->nlocals) {
    if (!r.at) return {};
    v = r.at[i];
    if (!(code->local_kinds[i] & kLocalCell)) return Local<>::share(v);
  } else {
    Borrowed<Function> function = f->function.borrow();
    if (!function || !function->closure.borrow()) return {};
    v = function->closure.borrow()->at(i - code->nlocals);
  }
  if (!is_cell(v)) return Local<>::share(v);
  auto* cell = static_cast<Cell*>(v.as_object());
  return cell->value.load(cell);
}

Borrowed<Str> variable_name(Code* code, uint32_t i) {
  return i < code->nlocals ? code->locals.borrow()->at(i).as<Str>()
                           : code->freevars.borrow()->at(i - code->nlocals).as<Str>();
}

uint32_t variable_count(Code* code) {
  return code->nlocals + static_cast<uint32_t>(code->freevars.borrow()->length());
}

bool is_hidden(Code* code, uint32_t i) { return i < code->nlocals && (code->local_kinds[i] & kLocalHidden); }

bool is_optimized(Code* code) { return code->flags & kCoOptimized; }

}  // namespace

Lookup<> frame_find_variable(Mutator& m, Borrowed<FrameObject> frame, Borrowed<Str> name) {
  Code* code = frame->code.borrow().get();
  Registers r(m, frame.get());
  // Backwards: a comprehension's variable shadows the outer one of the same name while it is bound.
  for (uint32_t i = variable_count(code); i-- > 0;) {
    if (is_hidden(code, i) || !str_equal(variable_name(code, i), name)) continue;
    Local<> v = variable_value(frame.get(), r, i);
    if (v) return v;
  }
  Local<> extra = frame->extra_locals.load(frame.get());
  if (extra) return dict_find_str(m, extra.borrow().as<Dict>(), name);
  return kAbsent;
}

Result<bool> frame_set_variable(Mutator& m, Borrowed<FrameObject> frame, Borrowed<Str> name, Borrowed<> value) {
  Code* code = frame->code.borrow().get();
  {
    Registers r(m, frame.get());
    for (uint32_t i = variable_count(code); i-- > 0;) {
      if (is_hidden(code, i) || !str_equal(variable_name(code, i), name)) continue;
      if (i < code->nlocals && (code->local_kinds[i] & kLocalComprehension) && r.at && !r.at[i]) continue;
      Value holder;
      if (i >= code->nlocals) {
        holder = frame->function.borrow()->closure.borrow()->at(i - code->nlocals);
      } else {
        if (!r.at) return true;  // another thread's, or running: nothing can be written
        if (code->local_kinds[i] & kLocalCell) holder = r.at[i];
      }
      if (is_cell(holder)) {
        static_cast<Cell*>(holder.as_object())->value.set(Local<>::share(value));
      } else {
        Local<> old = Local<>::adopt(r.at[i]);
        r.at[i] = Local<>::share(value).release();
      }
      return true;
    }
  }
  Local<> extra = frame->extra_locals.load(frame.get());
  if (!value) {
    if (!extra) return false;
    return dict_delete_str(m, extra.borrow().as<Dict>(), name);
  }
  if (!extra) {
    extra = TRY(make_dict(m));
    frame->extra_locals.set(extra.dup());
  }
  TRY(dict_set_str(m, extra.borrow().as<Dict>(), name, Local<>::share(value)));
  return true;
}

Result<Local<>> frame_locals_snapshot(Thread& t, Borrowed<FrameObject> frame) {
  Code* code = frame->code.borrow().get();
  if (!is_optimized(code)) {
    Local<> mapping = frame->locals.load(frame.get());
    if (mapping) return mapping;
    Borrowed<Function> function = frame->function.borrow();
    return function ? function->globals.load(function.get()) : Local<>(TRY(make_dict(t)));
  }
  Local<Dict> dict = TRY(make_dict(t));
  {
    Registers r(t, frame.get());
    for (uint32_t i = 0, n = variable_count(code); i < n; i++) {
      if (is_hidden(code, i)) continue;
      Local<> v = variable_value(frame.get(), r, i);
      if (v) TRY(dict_set_str(t, dict, variable_name(code, i), std::move(v)));
    }
  }
  Local<> extra = frame->extra_locals.load(frame.get());
  if (extra) TRY(dict_update_from_dict(t, dict, extra.borrow().as<Dict>()));
  return dict;
}

Result<Local<>> frame_get_locals(Thread& t, Borrowed<FrameObject> frame) {
  if (!is_optimized(frame->code.borrow().get())) return frame_locals_snapshot(t, frame);
  Local<FrameLocalsProxy> proxy =
      TRY(allocate<FrameLocalsProxy>(t, types::FrameLocalsProxy.root_shape, sizeof(FrameLocalsProxy)));
  proxy->frame.init_share(frame);
  return proxy;
}

uint32_t frame_offset(Borrowed<FrameObject> frame) {
  if (Frame* live = frame->load_live()) {
    uint64_t offset = frame->code.borrow()->offset_of(__atomic_load_n(&live->pc, __ATOMIC_RELAXED));
    return offset < frame->code.borrow()->code_words ? static_cast<uint32_t>(offset) : 0;  // it may be ending elsewhere
  }
  if (Generator* g = frame->generator) return static_cast<uint32_t>(g->pc);
  return static_cast<uint32_t>(frame->last_pc);
}

int32_t frame_line(Borrowed<FrameObject> frame) {
  if (frame->lineno) return frame->lineno;
  return code_line(frame->code.borrow().get(), frame_offset(frame));
}

Local<> frame_back(Thread& t, Borrowed<FrameObject> frame) {
  if (Frame* live = frame->load_live()) {
    if (frame->thread != &t || !live->previous) return immediate(kNone);
    auto back = ensure_frame_object(t, live->previous);
    if (!back.raised()) return back.take();
    clear_pending(t);
    return immediate(kNone);
  }
  Local<> back = frame->back.load(frame.get());
  return back ? std::move(back) : immediate(kNone);
}

Result<void> frame_clear(Thread& t, Borrowed<FrameObject> frame) {
  if (frame->load_live()) return raise(t, types::RuntimeError, "cannot clear an executing frame");
  if (Generator* g = frame->generator) {
    uint32_t state = g->load_state();
    if (state == kGenRunning) return raise(t, types::RuntimeError, "cannot clear an executing frame");
    if (state == kGenSuspended) return raise(t, types::RuntimeError, "cannot clear a suspended frame");
    if (state == kGenCreated) {
      (void)TRY(generator_close(t, Borrowed<Generator>(g)));
      return ok();
    }
  }
  for (uint32_t i = 0; i < frame->reg_count; i++) {
    Local<> old = Local<>::adopt(Value(__atomic_exchange_n(&frame->regs()[i].bits, 0, __ATOMIC_ACQ_REL)));
  }
  frame->extra_locals.set({});
  return ok();
}

Result<Local<FrameObject>> frame_at_depth(Thread& t, int64_t depth) {
  Frame* f = t.frame;
  for (; f && depth > 0; depth--) f = f->previous;
  if (!f) return raise(t, types::ValueError, "call stack is not deep enough");
  return ensure_frame_object(t, f);
}

Result<Local<>> current_locals(Thread& t) {
  if (!t.frame) return raise(t, types::SystemError, "frame does not exist");
  if (!is_optimized(t.frame->code)) return Local<>::share(t.frame->locals ? t.frame->locals : t.frame->globals);
  Local<FrameObject> f = TRY(ensure_frame_object(t, t.frame));
  return frame_locals_snapshot(t, f);
}

Local<> current_globals(Thread& t) {
  if (!t.frame) return {};
  return Local<>::share(t.frame->globals);
}

Local<> current_builtins(Thread& t) {
  if (t.frame && t.frame->builtins) return Local<>::share(t.frame->builtins);
  return Local<>::share(default_builtins);
}

}  // namespace orochi
