// The matching machine for code units of 2 bytes.
#include "modules/_sre/machine.h"

namespace orochi::sre {
template class Machine<uint16_t>;
}
