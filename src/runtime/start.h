// Start-up and shutdown of the runtime in this process.
#pragma once

#include <string>
#include <vector>

#include "protocols/native.h"
#include "threads/thread.h"

namespace orochi {

// What the command line and the environment ask for (Python's PyConfig, as far as it applies).
struct Config {
  std::vector<std::string> argv;          // sys.argv
  std::vector<std::string> orig_argv;
  std::string executable;                 // absolute path of this program
  std::string home;                       // PYTHONHOME, or empty
  std::vector<std::string> python_path;   // PYTHONPATH entries
  std::vector<std::string> warn_options;
  std::vector<std::string> x_options;     // "name" or "name=value"
  std::string pycache_prefix;
  std::string platlibdir = "lib";
  std::string hash_seed;                  // PYTHONHASHSEED, or empty
  int optimize = 0;
  int verbose = 0;
  int debug = 0;
  int inspect = 0;
  int interactive = 0;
  int quiet = 0;
  int bytes_warning = 0;
  int isolated = 0;
  int use_environment = 1;
  int no_user_site = 0;
  int no_site = 0;
  int safe_path = 0;
  int dont_write_bytecode = 0;
  int unbuffered = 0;
  int dev_mode = 0;
  int utf8_mode = 1;
  int warn_default_encoding = 0;
  int int_max_str_digits = 4300;
  int gil = 0;
  int import_time = 0;
  std::string stdio_encoding;
  std::string stdio_errors;
  // Found, not asked:
  std::string prefix;
  std::string stdlib_dir;
};
extern Config config;   // fixed once start_runtime() has begun

// Everything up to `site`. False: an error was printed, the process should exit with 1.
bool start_runtime(Thread& main_thread);
// threading._shutdown, atexit, finalizers, flush. Returns 120 if flushing stdout failed, else 0.
int stop_runtime(Thread& main_thread);

// Where the standard library is; empty if nowhere. Also sets config.prefix.
std::string find_stdlib();
// Prints the pending exception as the interpreter does at top level (sys.excepthook), handling SystemExit: returns the
// exit status. Consumes it.
int report_top_level_exception(Thread& t);
// sys.excepthook's default: the traceback on sys.stderr.
void print_exception(Thread& t, Borrowed<> exception);

// Four bytes that open a cache file, as a little-endian number: format version of code objects, then "\r\n".
uint32_t pyc_magic_token();

// True from the start of stop_runtime.
bool runtime_finalizing();

// The sys module's dict.
extern Value sys_dict;
Result<void> sys_set(Thread& t, const char* name, Borrowed<> value);
Lookup<> sys_get(Thread& t, const char* name);

}  // namespace orochi
