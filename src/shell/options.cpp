// See options.h. Options end at -c, -m, a script or "-"; everything after belongs to the program.
#include "shell/options.h"

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

#include "runtime/start.h"

namespace orochi {

namespace {

constexpr const char kUsage[] =
    "usage: orochi [option] ... [-c cmd | -m mod | file | -] [arg] ...\n"
    "Options (and corresponding environment variables):\n"
    "-b     : issue warnings about converting bytes/bytearray to str and comparing\n"
    "         bytes/bytearray with str or bytes with int; also PYTHONBYTESWARNING\n"
    "-B     : don't write .pyc files on import; also PYTHONDONTWRITEBYTECODE=x\n"
    "-c cmd : program passed in as string (terminates option list)\n"
    "-d     : turn on parser debugging output (ignored)\n"
    "-E     : ignore PYTHON* environment variables (such as PYTHONPATH)\n"
    "-h     : print this help message and exit (also -? or --help)\n"
    "-i     : inspect interactively after running script; also PYTHONINSPECT=x\n"
    "-I     : isolate from the user's environment (implies -E, -P and -s)\n"
    "-m mod : run library module as a script (terminates option list)\n"
    "-O     : remove assert and __debug__-dependent statements; also PYTHONOPTIMIZE=x\n"
    "-OO    : do -O changes and also discard docstrings\n"
    "-P     : don't prepend a potentially unsafe path to sys.path; also PYTHONSAFEPATH\n"
    "-q     : don't print version and copyright messages on interactive startup\n"
    "-s     : don't add user site directory to sys.path; also PYTHONNOUSERSITE=x\n"
    "-S     : don't imply 'import site' on initialization\n"
    "-u     : force the stdout and stderr streams to be unbuffered; also PYTHONUNBUFFERED=x\n"
    "-v     : verbose (trace import statements); also PYTHONVERBOSE=x\n"
    "-V     : print the version number and exit (also --version)\n"
    "-W arg : warning control; also PYTHONWARNINGS=arg\n"
    "-x     : skip first line of source (accepted, ignored)\n"
    "-X opt : set implementation-specific option: dev, gil=0|1, importtime, int_max_str_digits=N,\n"
    "         pycache_prefix=DIR, utf8, warn_default_encoding\n"
    "file   : program read from script file\n"
    "-      : program read from stdin (default; interactive mode if a tty)\n"
    "arg ...: arguments passed to program in sys.argv[1:]\n";

const char* environment(const char* name) {
  if (!config.use_environment) return nullptr;
  const char* v = std::getenv(name);
  return v && *v ? v : nullptr;
}

void environment_level(const char* name, int* value) {
  const char* v = environment(name);
  if (!v) return;
  char* end;
  long n = std::strtol(v, &end, 10);
  int level = *end == 0 && n > 0 ? static_cast<int>(n) : 1;
  if (level > *value) *value = level;
}

RunRequest fail(const char* program, const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::fprintf(stderr, "usage: %s [option] ... [-c cmd | -m mod | file | -] [arg] ...\nTry `orochi -h' for more information.\n",
               program);
  return {RunKind::Error, "", 2};
}

bool fatal(const std::string& message) {
  std::fprintf(stderr, "Fatal Python error: %s\n", message.c_str());
  return false;
}

// -X name[=value]
bool take_x_option(const std::string& option) {
  config.x_options.push_back(option);
  size_t eq = option.find('=');
  std::string name = option.substr(0, eq), value = eq == std::string::npos ? "" : option.substr(eq + 1);
  if (name == "dev") config.dev_mode = 1;
  else if (name == "utf8") config.utf8_mode = value == "0" ? 0 : 1;
  else if (name == "warn_default_encoding") config.warn_default_encoding = 1;
  else if (name == "importtime") config.import_time = value.empty() ? 1 : std::atoi(value.c_str());
  else if (name == "pycache_prefix") config.pycache_prefix = value;
  else if (name == "gil") {
    if (value != "0" && value != "1") return fatal("config_read_gil: PYTHON_GIL / -X gil must be \"0\" or \"1\"");
    config.gil = value == "1";
  } else if (name == "int_max_str_digits") {
    char* end;
    long n = std::strtol(value.c_str(), &end, 10);
    if (value.empty() || *end || n < 0 || (n != 0 && n < 640) || n > INT_MAX) {
      return fatal("config_init_int_max_str_digits: -X int_max_str_digits: invalid limit; must be >= 640 or 0 for unlimited.");
    }
    config.int_max_str_digits = static_cast<int>(n);
  }
  return true;
}

bool read_environment() {
  environment_level("PYTHONDEBUG", &config.debug);
  environment_level("PYTHONVERBOSE", &config.verbose);
  environment_level("PYTHONOPTIMIZE", &config.optimize);
  environment_level("PYTHONINSPECT", &config.inspect);
  environment_level("PYTHONDONTWRITEBYTECODE", &config.dont_write_bytecode);
  environment_level("PYTHONNOUSERSITE", &config.no_user_site);
  environment_level("PYTHONUNBUFFERED", &config.unbuffered);
  environment_level("PYTHONBYTESWARNING", &config.bytes_warning);
  environment_level("PYTHONSAFEPATH", &config.safe_path);
  if (const char* v = environment("PYTHONDEVMODE")) config.dev_mode |= *v != 0;
  if (const char* v = environment("PYTHONHOME")) config.home = v;
  if (const char* v = environment("PYTHONPYCACHEPREFIX")) {
    if (config.pycache_prefix.empty()) config.pycache_prefix = v;
  }
  if (const char* v = environment("PYTHONHASHSEED")) {
    if (std::strcmp(v, "random") != 0) {
      char* end;
      unsigned long long n = std::strtoull(v, &end, 10);
      if (*end || v[0] == '-' || n > 4294967295u) {
        return fatal("config_init_hash_seed: PYTHONHASHSEED must be \"random\" or an integer in range [0; 4294967295]");
      }
      config.hash_seed = v;
    }
  }
  if (const char* v = environment("PYTHON_GIL")) {
    bool given = false;
    for (const std::string& o : config.x_options) given |= o.starts_with("gil=");
    if (std::strcmp(v, "0") != 0 && std::strcmp(v, "1") != 0) {
      return fatal("config_read_gil: PYTHON_GIL / -X gil must be \"0\" or \"1\"");
    }
    if (!given) config.gil = v[0] == '1';
  }
  if (const char* v = environment("PYTHONINTMAXSTRDIGITS")) {
    char* end;
    long n = std::strtol(v, &end, 10);
    if (*end || n < 0 || (n != 0 && n < 640) || n > INT_MAX) {
      return fatal("config_init_int_max_str_digits: PYTHONINTMAXSTRDIGITS: invalid limit; must be >= 640 or 0 for unlimited.");
    }
    bool given = false;
    for (const std::string& o : config.x_options) given |= o.starts_with("int_max_str_digits");
    if (!given) config.int_max_str_digits = static_cast<int>(n);
  }
  if (const char* v = environment("PYTHONIOENCODING")) {
    std::string text = v;
    size_t colon = text.find(':');
    config.stdio_encoding = text.substr(0, colon);
    if (colon != std::string::npos) config.stdio_errors = text.substr(colon + 1);
  }
  if (const char* v = environment("PYTHONPATH")) {
    std::string text = v;
    for (size_t start = 0; start <= text.size();) {
      size_t colon = text.find(':', start);
      if (colon == std::string::npos) colon = text.size();
      if (colon > start) config.python_path.push_back(text.substr(start, colon - start));
      start = colon + 1;
    }
  }
  // Filters of the environment come before those of the command line, dev mode's before both.
  std::vector<std::string> from_environment;
  if (config.dev_mode) from_environment.push_back("default");
  if (const char* v = environment("PYTHONWARNINGS")) {
    std::string text = v;
    for (size_t start = 0; start <= text.size();) {
      size_t comma = text.find(',', start);
      if (comma == std::string::npos) comma = text.size();
      if (comma > start) from_environment.push_back(text.substr(start, comma - start));
      start = comma + 1;
    }
  }
  config.warn_options.insert(config.warn_options.begin(), from_environment.begin(), from_environment.end());
  if (config.bytes_warning) config.warn_options.push_back(config.bytes_warning > 1 ? "error::BytesWarning" : "default::BytesWarning");
  return true;
}

std::string find_executable(const char* argv0) {
  char buffer[PATH_MAX];
  ssize_t n = readlink("/proc/self/exe", buffer, sizeof buffer - 1);
  if (n > 0) return std::string(buffer, static_cast<size_t>(n));
  return argv0;
}

}  // namespace

RunRequest parse_command_line(int argc, char** argv) {
  config.executable = find_executable(argv[0]);
  for (int i = 0; i < argc; i++) config.orig_argv.emplace_back(argv[i]);
  RunRequest run;
  bool chosen = false, want_version = false, want_help = false;
  int version_count = 0;
  int i = 1;
  for (; i < argc && !chosen; i++) {
    const char* arg = argv[i];
    if (arg[0] != '-' || arg[1] == 0) break;
    if (std::strcmp(arg, "--") == 0) {
      i++;
      break;
    }
    if (std::strncmp(arg, "--", 2) == 0) {
      std::string name = arg + 2;
      if (name == "help" || name == "help-all" || name == "help-env" || name == "help-xoptions") want_help = true;
      else if (name == "version") {
        want_version = true;
        version_count++;
      } else if (name == "check-hash-based-pycs") {
        i++;
      } else {
        return fail(argv[0], "Unknown option: " + std::string(arg));
      }
      continue;
    }
    for (const char* p = arg + 1; *p && !chosen; p++) {
      // An option's argument: the rest of this word, or the next word.
      auto argument = [&](std::string* out) {
        if (p[1]) {
          *out = p + 1;
        } else if (i + 1 < argc) {
          *out = argv[++i];
        } else {
          return false;
        }
        return true;
      };
      std::string value;
      char option = *p;
      switch (option) {
        case 'b': config.bytes_warning++; break;
        case 'B': config.dont_write_bytecode = 1; break;
        case 'd': config.debug++; break;
        case 'E': config.use_environment = 0; break;
        case 'h': case '?': want_help = true; break;
        case 'i': config.inspect++; config.interactive++; break;
        case 'I': config.isolated = 1; config.use_environment = 0; config.no_user_site = 1; config.safe_path = 1; break;
        case 'O': config.optimize++; break;
        case 'P': config.safe_path = 1; break;
        case 'q': config.quiet++; break;
        case 'R': case 't': case 'x': break;
        case 's': config.no_user_site = 1; break;
        case 'S': config.no_site = 1; break;
        case 'u': config.unbuffered = 1; break;
        case 'v': config.verbose++; break;
        case 'V': want_version = true; version_count++; break;
        case 'c': case 'm': case 'W': case 'X':
          if (!argument(&value)) return fail(argv[0], std::string("Argument expected for the -") + option + " option");
          if (option == 'W') config.warn_options.push_back(value);
          else if (option == 'X') {
            if (!take_x_option(value)) return {RunKind::Error, "", 1};
          } else {
            run.kind = option == 'c' ? RunKind::Command : RunKind::Module;
            run.target = value;
            chosen = true;
          }
          p = "\0\0";  // the word is used up
          break;
        default:
          return fail(argv[0], std::string("Unknown option: -") + option);
      }
      if (option == 'c' || option == 'm' || option == 'W' || option == 'X') break;
    }
  }
  if (want_help) {
    std::fputs(kUsage, stdout);
    return {RunKind::Help, "", 0};
  }
  if (want_version) {
    std::printf(version_count > 1 ? "Python 3.14.0 (Orochi 0.1, free-threaded) [Clang 19]\n" : "Python 3.14.0\n");
    return {RunKind::Version, "", 0};
  }
  if (!read_environment()) return {RunKind::Error, "", 1};
  if (config.optimize > 2) config.optimize = 2;
  if (run.kind == RunKind::Command) {
    config.argv.emplace_back("-c");
  } else if (run.kind == RunKind::Module) {
    config.argv.emplace_back("-m");
  } else if (i < argc && std::strcmp(argv[i], "-") != 0) {
    run.kind = RunKind::File;
    run.target = argv[i];
    config.argv.emplace_back(argv[i++]);
  } else {
    bool dash = i < argc;
    if (dash) i++;
    config.argv.emplace_back(dash ? "-" : "");
    run.kind = isatty(0) || config.interactive ? RunKind::Interactive : RunKind::Stdin;
  }
  for (; i < argc; i++) config.argv.emplace_back(argv[i]);
  return run;
}

}  // namespace orochi
