// mmap and madvise behind pages.h. MAP_NORESERVE keeps a large reservation out of the commit limit.
#include "platform/pages.h"

#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

namespace orochi::platform {

namespace {
constexpr int kProtection = PROT_READ | PROT_WRITE;
constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
}  // namespace

void* reserve_pages(size_t bytes, size_t alignment) {
  size_t slack = alignment > kSystemPage ? alignment : 0;
  if (bytes + slack < bytes) return nullptr;
  void* raw = mmap(nullptr, bytes + slack, kProtection, kFlags, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  if (slack == 0) return raw;
  uintptr_t start = reinterpret_cast<uintptr_t>(raw);
  uintptr_t aligned = (start + alignment - 1) & ~(alignment - 1);
  if (aligned > start) munmap(raw, aligned - start);
  uintptr_t end = start + bytes + slack;
  if (end > aligned + bytes) munmap(reinterpret_cast<void*>(aligned + bytes), end - (aligned + bytes));
  return reinterpret_cast<void*>(aligned);
}

void* reserve_pages_at(void* address, size_t bytes) {
  void* got = mmap(address, bytes, kProtection, kFlags | MAP_FIXED_NOREPLACE, -1, 0);
  if (got == MAP_FAILED) return nullptr;
  if (got != address) {  // a kernel before 4.17 takes the address as a hint only
    munmap(got, bytes);
    return nullptr;
  }
  return got;
}

void decommit_pages(void* address, size_t bytes) {
  int saved = errno;
  madvise(address, bytes, MADV_DONTNEED);
  errno = saved;
}

bool protect_pages(void* address, size_t bytes) { return mprotect(address, bytes, PROT_NONE) == 0; }

void release_pages(void* address, size_t bytes) { munmap(address, bytes); }

size_t resident_bytes() {
  FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  unsigned long total = 0, resident = 0;
  int read = std::fscanf(file, "%lu %lu", &total, &resident);
  std::fclose(file);
  return read == 2 ? resident * static_cast<size_t>(sysconf(_SC_PAGESIZE)) : 0;
}

size_t machine_memory() {
  static const size_t bytes = [] {
    struct sysinfo info {};
    if (sysinfo(&info) != 0) return SIZE_MAX;
    return (static_cast<size_t>(info.totalram) + info.totalswap) * info.mem_unit;
  }();
  return bytes;
}

}  // namespace orochi::platform
