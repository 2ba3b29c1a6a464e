// The bootstrap modules are read, compiled and cached without importlib. The cache file beside the source is
// `<name>.<cache tag>.boot.pyc`: 4 bytes magic, 8 bytes mtime (ns), 8 bytes size, then the serialized code blob. A file
// that does not fit exactly is ignored and rewritten (atomically, by rename).
#include "runtime/cached_code.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "bytecode/code_blob.h"
#include "runtime/compile_source.h"
#include "runtime/make_code.h"
#include "runtime/start.h"

namespace orochi {

namespace {

struct Header {
  uint32_t magic;
  uint32_t reserved;
  int64_t mtime_ns;
  int64_t size;
};

bool read_file(const std::string& path, std::string* out, struct stat* st) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  bool good = fstat(fd, st) == 0 && S_ISREG(st->st_mode);
  if (good) {
    out->resize(static_cast<size_t>(st->st_size));
    size_t done = 0;
    while (done < out->size()) {
      ssize_t n = read(fd, out->data() + done, out->size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      done += static_cast<size_t>(n);
    }
    good = done == out->size();
  }
  close(fd);
  return good;
}

void write_file(const std::string& path, std::string_view data) {
  std::string temporary = path + "." + std::to_string(getpid());
  int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return;
  size_t done = 0;
  while (done < data.size()) {
    ssize_t n = write(fd, data.data() + done, data.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<size_t>(n);
  }
  close(fd);
  if (done != data.size() || rename(temporary.c_str(), path.c_str()) != 0) unlink(temporary.c_str());
}

}  // namespace

Result<Local<Code>> load_cached_code(Thread& t, const std::string& path, const std::string& shown_name) {
  std::string source;
  struct stat st;
  Local<Str> shown = TRY(make_str(t, shown_name));
  struct stat source_stat;
  if (stat(path.c_str(), &source_stat) != 0) {
    Local<Str> name = TRY(make_str(t, path));
    return raise_os_error(t, errno, name);
  }
  size_t slash = path.rfind('/');
  std::string dir = path.substr(0, slash) + "/__pycache__";
  std::string base = path.substr(slash + 1, path.size() - slash - 4);
  std::string cache = dir + "/" + base + ".orochi-314.boot.pyc";
  Header wanted{pyc_magic_token(), static_cast<uint32_t>(default_optimize),
                source_stat.st_mtim.tv_sec * 1000000000 + source_stat.st_mtim.tv_nsec, source_stat.st_size};
  std::string cached;
  if (read_file(cache, &cached, &st) && cached.size() > sizeof(Header) &&
      std::memcmp(cached.data(), &wanted, sizeof wanted) == 0) {
    if (auto blob = deserialize(std::string_view(cached).substr(sizeof(Header)))) return make_code(t, *blob);
  }
  if (!read_file(path, &source, &st)) {
    Local<Str> name = TRY(make_str(t, path));
    return raise_os_error(t, errno ? errno : EIO, name);
  }
  ParseOptions parse_options;
  parse_options.filename = shown_name;
  ParseResult parsed = parse(source, parse_options);
  if (!parsed) return raise_syntax_error(t, parsed.error, shown);
  CompileOptions options;
  options.filename = shown_name;
  options.optimize = default_optimize;
  CompileResult compiled = compile(parsed.mod, options);
  if (!compiled) return raise_syntax_error(t, compiled.error, shown);
  if (!config.dont_write_bytecode) {
    (void)mkdir(dir.c_str(), 0755);
    std::string file(reinterpret_cast<const char*>(&wanted), sizeof wanted);
    file += serialize(*compiled.blob);
    write_file(cache, file);
  }
  return make_code(t, *compiled.blob);
}

}  // namespace orochi
