// The import statement's native half: the fast path over sys.modules, and everything else through importlib.
#pragma once

#include "protocols/native.h"

namespace orochi {

// `import a.b` gives a; `from a.b import c` (non-empty fromlist) gives a.b. As builtins.__import__.
Result<Local<>> import_name(Thread& t, Borrowed<Str> name, Borrowed<> globals, Borrowed<> fromlist, int32_t level);
// sys.modules[name] if it is there, else imports it; the module itself, dotted or not.
Result<Local<>> import_by_name(Thread& t, Borrowed<Str> name);
// A native module by name: made and initialised once; absent if there is none of that name.
Lookup<> load_native_module(Thread& t, std::string_view name);
bool is_native_module(std::string_view name);
void for_each_native_module(void (*f)(const ModuleDef&, void*), void* context);

// Set at start-up.
extern Value sys_modules;        // the dict at start-up; sys.modules may be rebound, see modules_dict()
Local<> modules_dict(Thread& t); // sys.modules now
extern Value importlib_bootstrap;   // module _frozen_importlib, or empty while starting

// ast module hooks for compile(): absent if `source` is not a tree.
struct SourceOptions;
extern Lookup<> (*compile_ast_hook)(Thread& t, Borrowed<> source, Borrowed<Str> filename, const SourceOptions& options,
                                    bool only_ast);
extern Result<Local<>> (*parse_ast_hook)(Thread& t, std::string_view source, Borrowed<Str> filename,
                                         const SourceOptions& options);
// os.fspath() decoded to str. `what` for messages.
Result<Local<>> fs_path_text(Thread& t, Borrowed<> path, const char* what);
uint32_t current_future_flags(Thread& t);   // of the running frame's code

}  // namespace orochi
