// The per-thread words that counting reads, and the flag that leaves locking out while one thread runs.
#include "heap/mutator.h"

namespace orochi {

thread_local constinit uint32_t tls_slot_id = 0;
thread_local constinit Mutator* tls_mutator = nullptr;
constinit uint32_t multi_threaded_flag = 0;  // see object.h: who may write it

}  // namespace orochi
