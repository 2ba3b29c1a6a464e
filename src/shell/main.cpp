// The `orochi` executable: start the runtime, run what the command line names, stop.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "interpreter/interpret.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "runtime/compile_source.h"
#include "runtime/import.h"
#include "runtime/start.h"
#include "shell/options.h"
#include "threads/thread.h"

namespace orochi {
namespace {

Result<Local<Module>> make_main(Thread& t) {
  Local<Module> main = TRY(make_module(t, "__main__"_n));
  Borrowed<Dict> dict = main->dict.borrow();
  TRY(dict_set_str(t, dict, "__builtins__"_n, TRY(import_builtins(t))));
  Local<> importlib = TRY(import_module(t, "_frozen_importlib"_n));
  Local<> loader = TRY(get_attr(t, importlib, "BuiltinImporter"_n));
  TRY(dict_set_str(t, dict, "__loader__"_n, std::move(loader)));
  TRY(dict_set_str(t, Borrowed<Dict>(sys_modules), "__main__"_n, main.dup()));
  return main;
}

Result<void> insert_path(Thread& t, std::string_view directory) {
  Lookup<> path = sys_get(t, "path");
  if (path.raised()) return Raised{};
  if (!path.found() || !is_list((*path).value())) return ok();
  Local<Str> text = TRY(decode_file_name(t, directory));
  return list_insert_at(t, (*path).borrow().as<List>(), 0, std::move(text));
}

Result<void> run_code(Thread& t, Borrowed<Module> main, Borrowed<Code> code) {
  Borrowed<Dict> dict = main->dict.borrow();
  (void)TRY(eval_code(t, code, dict, dict));
  return ok();
}

Result<void> run_text(Thread& t, Borrowed<Module> main, std::string_view source, const char* name, bool is_str) {
  SourceOptions options;
  options.source_is_str = is_str;
  Local<Str> filename = TRY(make_str(t, name));
  Local<Code> code = TRY(compile_source(t, source, filename, options));
  return run_code(t, main, code);
}

Result<void> run_command(Thread& t, Borrowed<Module> main, const std::string& command) {
  if (!config.safe_path) TRY(insert_path(t, ""));
  std::string text = command + "\n";
  return run_text(t, main, text, "<string>", true);
}

Result<void> run_module(Thread& t, const std::string& name, bool set_argv0) {
  if (!config.safe_path && set_argv0) {
    char cwd[4096];
    TRY(insert_path(t, getcwd(cwd, sizeof cwd) ? cwd : ""));
  }
  Local<> runpy = TRY(import_module(t, "runpy"_n));
  Local<> run = TRY(get_attr(t, runpy, "_run_module_as_main"_n));
  Local<Str> module = TRY(decode_file_name(t, name));
  (void)TRY(call(t, run, module, Value::boolean(set_argv0)));
  return ok();
}

bool read_all(int fd, std::string* out) {
  char buffer[65536];
  for (;;) {
    ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    if (n == 0) return true;
    out->append(buffer, static_cast<size_t>(n));
  }
}

// 0: ran (or raised); otherwise the exit status after an error of the command line.
int run_file(Thread& t, Borrowed<Module> main, const std::string& path, Result<void>* result) {
  struct stat st;
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  int error = errno;
  if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
    close(fd);
    fd = -1;
    error = EISDIR;
  }
  bool archive = false;
  if (fd >= 0) {
    char magic[4];
    archive = pread(fd, magic, 4, 0) == 4 && std::memcmp(magic, "PK\3\4", 4) == 0;
  }
  if (error == EISDIR && fd < 0) archive = true;
  if (archive) {  // a folder or zip file with __main__.py
    if (fd >= 0) close(fd);
    *result = [&]() -> Result<void> {
      TRY(insert_path(t, path));
      return run_module(t, "__main__", false);
    }();
    return 0;
  }
  if (fd < 0) {
    char cwd[4096];
    std::fprintf(stderr, "%s: can't open file '%s%s%s': [Errno %d] %s\n", config.executable.c_str(),
                 path[0] == '/' ? "" : getcwd(cwd, sizeof cwd) ? cwd : "", path[0] == '/' ? "" : "/", path.c_str(), error,
                 std::strerror(error));
    return 2;
  }
  std::string source;
  bool good = read_all(fd, &source);
  close(fd);
  *result = [&]() -> Result<void> {
    if (!good) return raise_os_error(t, EIO);
    if (!config.safe_path) {
      char resolved[4096];
      const char* real = realpath(path.c_str(), resolved);
      std::string full = real ? real : path;
      size_t slash = full.rfind('/');
      TRY(insert_path(t, slash == std::string::npos ? "" : slash == 0 ? "/" : full.substr(0, slash)));
    }
    Local<Str> filename = TRY(decode_file_name(t, path));
    std::string absolute = path;
    if (path[0] != '/') {
      char cwd[4096];
      if (getcwd(cwd, sizeof cwd)) absolute = std::string(cwd) + "/" + path;
    }
    Local<Str> file = TRY(decode_file_name(t, absolute));
    Borrowed<Dict> dict = main->dict.borrow();
    TRY(dict_set_str(t, dict, "__file__"_n, std::move(file)));
    TRY(dict_set_str(t, dict, "__cached__"_n, immediate(kNone)));
    Local<> external = TRY(import_module(t, "_frozen_importlib_external"_n));
    Local<> loader_type = TRY(get_attr(t, external, "SourceFileLoader"_n));
    Local<Str> main_name = TRY(make_str(t, "__main__"));
    Local<> loader = TRY(call(t, loader_type, main_name, filename));
    TRY(dict_set_str(t, dict, "__loader__"_n, std::move(loader)));
    Local<Str> shown = TRY(decode_file_name(t, absolute));
    Local<Code> code = TRY(compile_source(t, source, shown, SourceOptions{}));
    return run_code(t, main, code);
  }();
  return 0;
}

Result<void> run_interactive(Thread& t, Borrowed<Module> main) {
  if (!config.safe_path && !config.inspect) TRY(insert_path(t, ""));
  Local<> code = TRY(import_module(t, "code"_n));
  Local<> interact = TRY(get_attr(t, code, "interact"_n));
  Local<Tuple> names = TRY(make_tuple(t, {"banner"_n.value(), "local"_n.value(), "exitmsg"_n.value()}));
  Local<Str> banner = TRY(make_str(
      t, config.quiet ? ""
                      : "Orochi 0.1, Python 3.14.0 (free-threaded) on linux\n"
                        "Type \"help\", \"copyright\", \"credits\" or \"license\" for more information."));
  Local<Str> goodbye = TRY(make_str(t, ""));
  const Value values[] = {banner.value(), main->dict.raw(), goodbye.value()};
  TRY(sys_set(t, "ps1", TRY(make_str(t, ">>> "))));
  TRY(sys_set(t, "ps2", TRY(make_str(t, "... "))));
  (void)TRY(call_with(t, interact, CallArgs{values, 0, names}));
  return ok();
}

int run(int argc, char** argv) {
  RunRequest request = parse_command_line(argc, argv);
  if (request.kind == RunKind::Version || request.kind == RunKind::Help || request.kind == RunKind::Error) {
    return request.exit_status;
  }
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  static Thread main_thread;
  Thread& t = main_thread;
  if (!start_runtime(t)) return 1;
  int status = 0;
  auto main = make_main(t);
  if (main.raised()) {
    status = report_top_level_exception(t);
  } else {
    Result<void> result = ok();
    switch (request.kind) {
      case RunKind::Command: result = run_command(t, *main, request.target); break;
      case RunKind::Module: result = run_module(t, request.target, true); break;
      case RunKind::File: status = run_file(t, *main, request.target, &result); break;
      case RunKind::Stdin: {
        std::string source;
        (void)read_all(0, &source);
        if (!config.safe_path) result = insert_path(t, "");
        if (!result.raised()) result = run_text(t, *main, source, "<stdin>", false);
        break;
      }
      default: result = run_interactive(t, *main); break;
    }
    if (result.raised()) status = report_top_level_exception(t);
    if (config.inspect && request.kind != RunKind::Interactive) {
      auto again = run_interactive(t, *main);
      status = again.raised() ? report_top_level_exception(t) : 0;
    }
  }
  main = Result<Local<Module>>(Raised{});
  int stopped = stop_runtime(t);
  if (stopped && status == 0) status = stopped;
  if (status == 130) {  // die of the signal, as a shell expects
    signal(SIGINT, SIG_DFL);
    kill(getpid(), SIGINT);
  }
  return status;
}

}  // namespace
}  // namespace orochi

int main(int argc, char** argv) {
  int status = orochi::run(argc, argv);
  fflush(nullptr);
  _exit(status);
}
