// Dict operations of Python's dict methods, for native code.
#pragma once

#include "objects/dict.h"
#include "objects/iterators.h"

namespace orochi {

// dict.update(argument): a mapping or an iterable of pairs.
Result<void> dict_update_from(Thread& t, Borrowed<Dict> dict, Borrowed<> argument);
Result<Local<>> make_dict_iterator(Mutator& m, Type& type, Borrowed<Dict> dict);
Result<Local<>> make_dict_view(Mutator& m, Type& type, Borrowed<Dict> dict);
// The last item, taken out; KeyError if there is none.
Result<Local<>> dict_pop_item(Mutator& m, Borrowed<Dict> dict);

}  // namespace orochi
