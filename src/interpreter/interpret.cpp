// Entering the interpreter from native code, the per-thread stacks, and what the collector sees of frames.
#include "interpreter/interpret.h"

#include "builtins/type_type.h"
#include "interpreter/ops.h"
#include "objects/list.h"
#include "platform/pages.h"
#include "protocols/call.h"
#include "protocols/native.h"
#include "protocols/operators.h"
#include "heap/weak_references.h"
#include "threads/safepoint.h"

namespace orochi {

Result<void> (*warn_hook)(Thread& t, Type& category, Borrowed<> message, int stack_level, Borrowed<> source) = nullptr;

namespace {

// Address space only; pages are backed when touched.
constexpr size_t kRegisterBytes = size_t{256} << 20;
constexpr size_t kFrameBytes = size_t{128} << 20;
constexpr size_t kSmallestRegisterBytes = size_t{4} << 20;

uint64_t enter(Thread& t, Frame* frame, HandlerFn first) {
  const uint64_t* pc = frame->pc;
  t.recursion_depth = static_cast<int32_t>(frame - t.frames_base) + 1;
#if OROCHI_LOOP_DISPATCH
  t.vm = {pc, frame->regs, frame, load_word(pc), reinterpret_cast<const void*>(first)};
  uint64_t result;
  do {
    auto handler = reinterpret_cast<HandlerFn>(const_cast<void*>(t.vm.next));
    result = handler(&t, t.vm.pc, t.vm.regs, t.vm.frame, t.vm.word, t.dispatch);
  } while (t.vm.next);
#else
  uint64_t result = first(&t, pc, frame->regs, frame, load_word(pc), t.dispatch);
#endif
  t.recursion_depth = t.frame ? static_cast<int32_t>(t.frame - t.frames_base) + 1 : 0;
  DCHECK((result == 0) == t.has_pending());
  return result;
}

HANDLER_FUNCTION(begin) { DISPATCH(); }

Result<void> super_from_frame(Thread& t, Local<>* cls, Local<>* self) {
  Frame* f = t.frame;
  if (!f) return raise(t, types::RuntimeError, "super(): no current frame");
  Code* code = f->code;
  if (code->argcount == 0) return raise(t, types::RuntimeError, "super(): no arguments");
  Value first = f->regs[0];
  if (is_cell(first) && (code->local_kinds[0] & kLocalCell)) {
    auto* cell = static_cast<Cell*>(first.as_object());
    *self = cell->value.load(cell);
  } else {
    *self = Local<>::share(first);
  }
  if (!*self) return raise(t, types::RuntimeError, "super(): arg[0] deleted");
  Borrowed<Tuple> names = code->freevars.borrow();
  for (size_t i = 0; i < names->length(); i++) {
    if (!names->at(i).as<Str>()->equals_ascii("__class__")) continue;
    auto* fn = static_cast<Function*>(f->function.as_object());
    auto* cell = static_cast<Cell*>(fn->closure.borrow()->at(i).value().as_object());
    *cls = cell->value.load(cell);
    if (!*cls) return raise(t, types::RuntimeError, "super(): empty __class__ cell");
    if (!is_type(cls->value())) {
      return raise(t, types::RuntimeError, "super(): __class__ is not a type ({})", TypeName(cls->value()));
    }
    return ok();
  }
  return raise(t, types::RuntimeError, "super(): __class__ cell not found");
}

Result<Local<>> caller_module(Thread& t) {
  if (!t.frame || !is_dict(t.frame->globals)) return kNone;
  Lookup<> name = dict_find_str(t, Borrowed<Dict>(t.frame->globals), "__name__"_n);
  if (name.raised()) return Raised{};
  if (name.absent()) return kNone;
  return name.take();
}

void run_finalizer(Thread& t, Borrowed<> object) {
  if (auto finalize = type_of(object)->slots.finalize) finalize(t, object);
  if (t.has_pending()) {
    if (report_unraisable) report_unraisable(t, nullptr, object);
    clear_pending(t);
  }
}

void run_weak_callback(Thread& t, Borrowed<> ref) {
  auto* weak = static_cast<WeakRef*>(ref.value().as_object());
  Local<> callback = weak->callback.load(weak);
  if (!callback || callback.value() == kNone) return;
  if (!call(t, callback, ref).raised()) return;
  if (report_unraisable) report_unraisable(t, "Exception ignored while calling weakref callback ", callback);
  clear_pending(t);
}

Result<void> raise_async_exception(Thread& t) {
  Local<> e = Local<>::adopt(Value(__atomic_exchange_n(&t.async_exception.bits, 0, __ATOMIC_ACQ_REL)));
  if (!e) return ok();
  if (is_type(e.value())) e = TRY(call(t, e));
  if (!is_exception(e.value())) return raise(t, types::TypeError, "exceptions must derive from BaseException");
  return raise_exception(t, std::move(e));
}

}  // namespace

void init_interpreter() {
  SafepointHooks hooks{};
  hooks.finalize = run_finalizer;
  hooks.weak_callback = run_weak_callback;
  hooks.async_exception = raise_async_exception;
  set_safepoint_hooks(hooks);
  current_handled_hook = current_handled;
  super_from_frame_hook = super_from_frame;
  caller_module_hook = caller_module;
  register_top_hook = [](Thread& t) { return free_registers(t, t.frame); };
}

Result<void> super_arguments(Thread& t, Local<>* cls, Local<>* self) { return super_from_frame(t, cls, self); }

// ---- stacks ----

bool ensure_stacks(Thread& t) {
  auto frames = static_cast<size_t>(__atomic_load_n(&recursion_limit, __ATOMIC_RELAXED));
  if (!t.frames_base) {
    // Other threads get less: a limit on data (RLIMIT_DATA) counts the reserve of each.
    size_t share = t.is_main ? 1 : 16;
    size_t bytes = kRegisterBytes / share;
    void* registers = nullptr;
    while (!(registers = platform::reserve_pages(bytes)) && bytes > kSmallestRegisterBytes) bytes /= 2;
    size_t frame_bytes = kFrameBytes / share;
    void* frame_stack = nullptr;
    while (registers && !(frame_stack = platform::reserve_pages(frame_bytes)) && frame_bytes > kSmallestRegisterBytes) {
      frame_bytes /= 2;
    }
    if (!frame_stack) {
      if (registers) platform::release_pages(registers, bytes);
      (void)raise_no_memory(t);
      return false;
    }
    t.stack_base = t.stack_top = static_cast<Value*>(registers);
    t.stack_limit = t.stack_base + bytes / sizeof(Value) - 1024;
    t.frames_base = t.frames_top = static_cast<Frame*>(frame_stack);
    t.frame_stack_bytes = frame_bytes;
    t.register_stack_bytes = bytes;
    t.dispatch = kHandlers;
  }
  size_t most = t.frame_stack_bytes / sizeof(Frame) - 1;
  t.frames_limit = t.frames_base + (frames < most ? frames : most);
  return true;
}

void release_stacks(Thread& t) {
  if (!t.frames_base) return;
  platform::release_pages(t.stack_base, t.register_stack_bytes);
  platform::release_pages(t.frames_base, t.frame_stack_bytes);
  t.stack_base = t.stack_top = t.stack_limit = nullptr;
  t.frames_base = t.frames_top = t.frames_limit = nullptr;
}

void set_recursion_limit(Thread& t, int32_t limit) {
  __atomic_store_n(&recursion_limit, limit, __ATOMIC_RELAXED);
  (void)ensure_stacks(t);
}

int32_t frame_depth(const Thread& t) { return t.frame ? static_cast<int32_t>(t.frame - t.frames_base) + 1 : 0; }

// ---- running ----

Value run_frame(Thread& t, Frame* frame) { return Value(enter(t, frame, begin)); }
Value run_frame_raising(Thread& t, Frame* frame) { return Value(enter(t, frame, unwind)); }

namespace {

bool ready(Thread& t) {
  if (OROCHI_UNLIKELY(!t.frames_base) && !ensure_stacks(t)) return false;
  if (OROCHI_UNLIKELY(t.native_stack_low())) {
    (void)raise(t, types::RecursionError, "maximum recursion depth exceeded");
    return false;
  }
  return true;
}

Result<Local<>> run_function(Thread& t, Function* fn, const CallArgs& args, Borrowed<> locals) {
  if (!ready(t)) return Raised{};
  Code* code = fn->code.borrow().get();
  Value* registers = free_registers(t, t.frame);
  if (OROCHI_UNLIKELY(registers + code->nregs > t.stack_limit)) {
    return raise(t, types::RecursionError, "maximum recursion depth exceeded");
  }
  if (OROCHI_LIKELY(args.count == code->exact_args && !args.has_names())) {
    for (size_t i = 0; i < args.count; i++) {
      registers[i] = args.values[i];
      keep(&t, registers[i]);
    }
    zero_locals(code, registers, static_cast<uint32_t>(args.count));
  } else if (!bind_general(t, fn, code, registers, args)) {
    return Raised{};
  }
  Value function(fn);
  keep(&t, function);
  Frame* f = push_frame(&t, t.frame, function, code, registers, 0, 0, kFrameNativeEntry);
  if (OROCHI_UNLIKELY(!f)) {
    for (uint32_t i = 0; i < code->nlocals; i++) {
      Value v = registers[i];
      registers[i] = Value();
      release(v);
    }
    release(function);
    return Raised{};
  }
  if (locals) {
    f->locals = Local<>::share(locals).release();
    f->flags |= kFrameExtras;
  }
  return Result<Local<>>::adopt(run_frame(t, f));
}

}  // namespace

Result<Local<>> call_function(Thread& t, Borrowed<> function, const CallArgs& args) {
  return run_function(t, function.as<Function>().get(), args, Borrowed<>());
}

Result<Local<>> call_function_with_locals(Thread& t, Borrowed<Function> function, Borrowed<> locals) {
  return run_function(t, function.get(), CallArgs{}, locals);
}

Result<Local<>> call_method_object(Thread& t, Borrowed<> method, const CallArgs& args) {
  auto* m = static_cast<Method*>(method.value().as_object());
  size_t names = args.has_names() ? args.names->length() : 0;
  size_t total = args.count + names + 1;
  constexpr size_t kInline = 16;
  Value room[kInline];
  Value* values = total <= kInline ? room : static_cast<Value*>(allocate_raw(total * sizeof(Value)));
  if (!values) return raise_no_memory(t);
  Local<> self = m->self.load(m), function = m->function.load(m);
  values[0] = self.value();
  for (size_t i = 1; i < total; i++) values[i] = args.values[i - 1];
  auto result = call_with(t, function, CallArgs{values, args.count + 1, args.names});
  if (values != room) free_raw(values);
  return result;
}

Result<Local<>> eval_code(Thread& t, Borrowed<Code> code, Borrowed<> globals, Borrowed<> locals, Borrowed<Tuple> closure,
                          Borrowed<> builtins) {
  Local<> found = builtins ? Local<>::share(builtins) : builtins_of_globals(t, globals);
  size_t wanted = code->freevars.borrow()->length(), have = closure ? closure->length() : 0;
  if (wanted != have) {
    return raise(t, types::TypeError, "code object requires a closure of exactly length {}", wanted);
  }
  Local<Function> fn = TRY(make_function(t, code, globals, found));
  if (closure) fn->closure.set_share(closure);
  return run_function(t, fn.get(), CallArgs{}, locals ? locals : globals);
}

}  // namespace orochi
