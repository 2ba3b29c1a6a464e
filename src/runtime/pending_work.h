// See pending_work.cpp.
#pragma once

#include "heap/collector.h"
#include "objects/exception.h"

namespace orochi {

void install_pending_work();
// Runs the Python handlers of signals that have arrived; set by the _signal module.
extern Result<void> (*signal_handlers_hook)(Thread& t);
// gc.callbacks; set by the gc module.
extern void (*collection_hook)(Thread& t, bool start, int generation, const CollectionResult* result);

}  // namespace orochi
