// Threads of the operating system: start, identify, name, find the stack of the caller, block signals.
#pragma once

#include <cstddef>
#include <cstdint>

namespace orochi::platform {

struct StackBounds {
  uintptr_t low;   // lowest usable address
  uintptr_t high;  // one past the highest: where the stack starts
};

// Starts a detached thread. `stack_size` 0 means the system's default. Zero or an errno value.
int start_thread(void (*entry)(void*), void* argument, size_t stack_size);

StackBounds current_stack_bounds();

// The value of threading.get_ident(): unique among running threads, never zero.
uint64_t thread_ident();
// The kernel's thread id, as in threading.get_native_id().
uint64_t native_thread_id();

void set_thread_name(const char* name);
void yield_thread();
unsigned cpu_count();         // of the machine
unsigned usable_cpu_count();  // this process may run on

// All signals blocked while one lives: around starting helper threads that must never run a handler.
class SignalsBlocked {
 public:
  SignalsBlocked();
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  alignas(8) unsigned char saved_[128];  // a sigset_t, without its header
};

}  // namespace orochi::platform
