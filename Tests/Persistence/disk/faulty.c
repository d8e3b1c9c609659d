// A disk that fails or stalls, in front of the system's calls: for LD_PRELOAD.
//
// The file that FAULT names says what happens, in words that hold until it changes:
//
//     fail NAME     fdatasync fails for files whose name ends so
//     stall         fdatasync does not come back
//     block         write to a file of the log does not come back
//
// A call that does not come back looks again every millisecond.

#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool says(const char *word, char *rest) {
  char verb[16] = "";
  FILE *fault = fopen(getenv("FAULT"), "r");
  if (!fault) return false;
  rest[0] = 0;
  int count = fscanf(fault, "%15s %255s", verb, rest);
  fclose(fault);
  return count > 0 && !strcmp(verb, word);
}

static bool ends_with(int descriptor, const char *ending) {
  char name[4096] = "", link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t count = readlink(link, name, sizeof name - 1);
  size_t length = strlen(ending);
  return length && count >= (ssize_t)length && !strcmp(name + count - length, ending);
}

int fdatasync(int descriptor) {
  char rest[256];
  while (says("stall", rest)) usleep(1000);
  if (says("fail", rest) && ends_with(descriptor, rest)) {
    errno = EIO;
    return -1;
  }
  return syscall(SYS_fdatasync, descriptor);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  char rest[256];
  while (ends_with(descriptor, ".aof") && says("block", rest)) usleep(1000);
  return syscall(SYS_write, descriptor, bytes, count);
}
