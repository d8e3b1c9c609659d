// A disk that fails or stalls, in front of the system's calls: for LD_PRELOAD.
//
// The file that FAULT names says what happens, in words that hold until it changes:
//
//     fail NAME        fdatasync fails for files whose name ends so, or so and .journal
//     stall            fdatasync does not come back
//     block            write to a file of the log does not come back
//     call N HOW       the N-th call about the log or a snapshot fails once, in the server or a
//                      child: HOW is the error's number, 0 for a write that takes only a part, 9999
//                      for one that says it took all and took nothing
//
// A call that does not come back looks again every millisecond. The file that CALLS names has the
// number of calls until now, which all processes share.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LIE = 9999 };

static _Atomic long *calls;

__attribute__((constructor)) static void share_count(void) {
  int descriptor = (int)syscall(SYS_openat, AT_FDCWD, getenv("CALLS"), O_RDWR, 0);
  if (descriptor < 0) return;
  void *place = mmap(NULL, sizeof *calls, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  syscall(SYS_close, descriptor);
  if (place != MAP_FAILED) calls = place;
}

// Whether the file says this word; `rest` gets what follows it.
static bool says(const char *word, char *rest) {
  char text[512] = "";
  int descriptor = (int)syscall(SYS_openat, AT_FDCWD, getenv("FAULT"), O_RDONLY, 0);
  if (descriptor < 0) return false;
  long count = syscall(SYS_read, descriptor, text, sizeof text - 1);
  syscall(SYS_close, descriptor);
  size_t length = strlen(word);
  if (count < (long)length || strncmp(text, word, length)) return false;
  strcpy(rest, text[length] ? text + length + 1 : "");
  return true;
}

static bool path_of(int descriptor, char *name, size_t room) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t count = readlink(link, name, room - 1);
  name[count < 0 ? 0 : count] = 0;
  return count > 0;
}

static bool ends_with(const char *name, const char *ending) {
  size_t count = strlen(name), length = strlen(ending);
  return length && count >= length && !strcmp(name + count - length, ending);
}

static bool is_meant(const char *name, const char *rest) {
  char journal[600];
  snprintf(journal, sizeof journal, "%s.journal", rest);
  return ends_with(name, rest) || ends_with(name, journal);
}

static bool is_data(const char *name) {
  return ends_with(name, ".aof") || ends_with(name, ".rdb") || strstr(name, "appendonlydir");
}

// What this call is to do instead of its work: -1 nothing, otherwise the error's number.
static int fault_of(const char *name) {
  char rest[512];
  long number = 0;
  int how = 0;
  if (!calls || !is_data(name)) return -1;
  long this_one = atomic_fetch_add(calls, 1) + 1;
  if (!says("call", rest) || sscanf(rest, "%ld %d", &number, &how) != 2) return -1;
  return this_one == number ? how : -1;
}

static int fault_of_descriptor(int descriptor) {
  char name[4096];
  return path_of(descriptor, name, sizeof name) ? fault_of(name) : -1;
}

#define FAIL_IF(fault)    \
  do {                    \
    int how = (fault);    \
    if (how > 0 && how != LIE) { \
      errno = how;        \
      return -1;          \
    }                     \
  } while (0)

int fdatasync(int descriptor) {
  char rest[512], name[4096] = "";
  while (says("stall", rest)) usleep(1000);
  if (says("fail", rest) && path_of(descriptor, name, sizeof name) && is_meant(name, rest)) {
    errno = EIO;
    return -1;
  }
  FAIL_IF(fault_of_descriptor(descriptor));
  return (int)syscall(SYS_fdatasync, descriptor);
}

int fsync(int descriptor) {
  FAIL_IF(fault_of_descriptor(descriptor));
  return (int)syscall(SYS_fsync, descriptor);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  char rest[512], name[4096] = "";
  path_of(descriptor, name, sizeof name);
  while (ends_with(name, ".aof") && says("block", rest)) usleep(1000);
  int how = fault_of(name);
  if (how == LIE) return (ssize_t)count;
  if (how > 0) {
    errno = how;
    return -1;
  }
  if (how == 0 && count > 1) count /= 2;
  return syscall(SYS_write, descriptor, bytes, count);
}

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  FAIL_IF(fault_of(path));
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int rename(const char *from, const char *to) {
  FAIL_IF(fault_of(to));
  return (int)syscall(SYS_rename, from, to);
}

int unlink(const char *path) {
  FAIL_IF(fault_of(path));
  return (int)syscall(SYS_unlink, path);
}

int mkdir(const char *path, mode_t mode) {
  FAIL_IF(fault_of(path));
  return (int)syscall(SYS_mkdir, path, mode);
}

int ftruncate(int descriptor, off_t length) {
  FAIL_IF(fault_of_descriptor(descriptor));
  return (int)syscall(SYS_ftruncate, descriptor, length);
}
