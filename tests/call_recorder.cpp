// A library to be preloaded: each fsync, fdatasync, rename, and write to a regular file that a
// process makes is also a line in the file that CALLS names, "fsync PATH". It is made before the
// call. The call of which FAIL is the line fails (EIO).
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

/// "fsync PATH"
struct Line {
  char text[2 * PATH_MAX];
  Line(const char* call, const char* path) { snprintf(text, sizeof text, "%s %s", call, path); }
  Line(const char* call, int descriptor) {
    char link[64], path[PATH_MAX] = "?";
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    const ssize_t size = readlink(link, path, sizeof path - 1);
    if (size > 0) path[size] = '\0';
    snprintf(text, sizeof text, "%s %s", call, path);
  }
};

/// True if the call is to fail.
bool fails(const Line& line) {
  const char* const failing = getenv("FAIL");
  if (failing == nullptr || strcmp(failing, line.text) != 0) return false;
  errno = EIO;
  return true;
}

bool fails_recorded(const Line& line) {
  if (const char* const file = getenv("CALLS")) {
    const int out = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    char ended[sizeof line.text + 1];
    const int size = snprintf(ended, sizeof ended, "%s\n", line.text);
    syscall(SYS_write, out, ended, static_cast<size_t>(size));
    close(out);
  }
  return fails(line);
}

bool is_file(int descriptor) {
  struct stat is = {};
  return fstat(descriptor, &is) == 0 && S_ISREG(is.st_mode);
}

template <class Call>
Call* real(const char* name) {
  return reinterpret_cast<Call*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int fsync(int descriptor) {
  if (fails_recorded({"fsync", descriptor})) return -1;
  return real<int(int)>("fsync")(descriptor);
}
int fdatasync(int descriptor) {
  if (fails_recorded({"fsync", descriptor})) return -1;
  return real<int(int)>("fdatasync")(descriptor);
}
int rename(const char* from, const char* to) noexcept {
  if (fails_recorded({"rename", to})) return -1;
  return real<int(const char*, const char*)>("rename")(from, to);
}
ssize_t write(int descriptor, const void* bytes, size_t size) {
  if (is_file(descriptor) && fails_recorded({"write", descriptor})) return -1;
  return real<ssize_t(int, const void*, size_t)>("write")(descriptor, bytes, size);
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t at) {
  if (is_file(descriptor) && fails_recorded({"write", descriptor})) return -1;
  return real<ssize_t(int, const void*, size_t, off64_t)>("pwrite64")(descriptor, bytes, size, at);
}
/// Not recorded.
int flock(int descriptor, int operation) noexcept {
  if (fails({"flock", descriptor})) return -1;
  return real<int(int, int)>("flock")(descriptor, operation);
}
}
