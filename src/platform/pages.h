// Address space in pages: reserve a range without paying for it, give the memory back, release the range.
// Invariant: every range is aligned to the system page size and zero on first touch and after decommit_pages().
#pragma once

#include <cstddef>
#include <cstdint>

namespace orochi::platform {

inline constexpr size_t kSystemPage = 4096;

// Readable and writable, backed on first touch only. Null when the system refuses. `alignment` is a power of two.
void* reserve_pages(size_t bytes, size_t alignment = kSystemPage);

// The same at a fixed address; null when anything is mapped there already.
void* reserve_pages_at(void* address, size_t bytes);

// Gives the memory behind a range back to the system. The range stays reserved and reads as zero afterwards.
void decommit_pages(void* address, size_t bytes);

// No access at all from now on (guard pages); false when the system refuses.
bool protect_pages(void* address, size_t bytes);

void release_pages(void* address, size_t bytes);

// Bytes of this process that are resident now; 0 when unknown.
size_t resident_bytes();

// Memory and swap of the machine in bytes; SIZE_MAX when unknown.
size_t machine_memory();

}  // namespace orochi::platform
