// The matching machine for code units of 1 byte.
#include "modules/_sre/machine.h"

namespace orochi::sre {
template class Machine<uint8_t>;
}
