// The matching machine for code units of 4 bytes.
#include "modules/_sre/machine.h"

namespace orochi::sre {
template class Machine<uint32_t>;
}
