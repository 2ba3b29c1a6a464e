// pthreads behind os_thread.h.
#include "platform/os_thread.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace orochi::platform {

namespace {

struct Start {
  void (*entry)(void*);
  void* argument;
};

void* run_thread(void* raw) {
  Start start = *static_cast<Start*>(raw);
  std::free(raw);
  start.entry(start.argument);
  return nullptr;
}

}  // namespace

int start_thread(void (*entry)(void*), void* argument, size_t stack_size) {
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error != 0) return error;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  if (stack_size != 0) error = pthread_attr_setstacksize(&attributes, stack_size);
  if (error == 0) {
    auto* start = static_cast<Start*>(std::malloc(sizeof(Start)));
    if (start == nullptr) {
      error = ENOMEM;
    } else {
      *start = {entry, argument};
      pthread_t handle;
      error = pthread_create(&handle, &attributes, run_thread, start);
      if (error != 0) std::free(start);
    }
  }
  pthread_attr_destroy(&attributes);
  return error;
}

StackBounds current_stack_bounds() {
  StackBounds bounds{0, 0};
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
    void* low = nullptr;
    size_t size = 0;
    size_t guard = 0;
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_getguardsize(&attributes, &guard);
    pthread_attr_destroy(&attributes);
    bounds.low = reinterpret_cast<uintptr_t>(low) + guard;
    bounds.high = reinterpret_cast<uintptr_t>(low) + size;
    return bounds;
  }
  // Without /proc the main thread's attributes are unknown: take what is surely there.
  uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  bounds.high = (here + 65536) & ~uintptr_t{4095};
  bounds.low = bounds.high - 512 * 1024;
  return bounds;
}

uint64_t thread_ident() { return static_cast<uint64_t>(pthread_self()); }
uint64_t native_thread_id() { return static_cast<uint64_t>(syscall(SYS_gettid)); }

void set_thread_name(const char* name) {
  char shortened[16] = {};
  for (size_t i = 0; i + 1 < sizeof shortened && name[i] != 0; i++) shortened[i] = name[i];
  pthread_setname_np(pthread_self(), shortened);
}

void yield_thread() { sched_yield(); }

unsigned cpu_count() {
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? static_cast<unsigned>(count) : 1;
}

unsigned usable_cpu_count() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    int count = CPU_COUNT(&set);
    if (count > 0) return static_cast<unsigned>(count);
  }
  return cpu_count();
}

static_assert(sizeof(sigset_t) <= 128);

SignalsBlocked::SignalsBlocked() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, reinterpret_cast<sigset_t*>(saved_));
}

SignalsBlocked::~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, reinterpret_cast<sigset_t*>(saved_), nullptr); }

}  // namespace orochi::platform
