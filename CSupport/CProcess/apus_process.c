#define _GNU_SOURCE
#include "include/apus_process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

int apus_process_daemonize(void) {
  pid_t child = fork();
  if (child < 0) return -1;
  // Not exit(): what stdio still holds belongs to the child, and would be written twice.
  if (child > 0) _exit(0);
  setsid();
  int null = open("/dev/null", O_RDWR);
  if (null < 0) return 0;
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  dup2(null, STDERR_FILENO);
  if (null > STDERR_FILENO) close(null);
  return 0;
}

int apus_process_write_back(int file, int64_t offset, int64_t count, bool waits) {
  unsigned flags = SYNC_FILE_RANGE_WRITE;
  if (waits) flags |= SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WAIT_AFTER;
  return sync_file_range(file, offset, count, flags);
}

int apus_process_open_files_limit(apus_process_limit *limit) {
  struct rlimit value;
  if (getrlimit(RLIMIT_NOFILE, &value) < 0) return -1;
  limit->soft = value.rlim_cur;
  limit->hard = value.rlim_max;
  return 0;
}

int apus_process_set_open_files_limit(apus_process_limit limit) {
  struct rlimit value = {.rlim_cur = limit.soft, .rlim_max = limit.hard};
  return setrlimit(RLIMIT_NOFILE, &value);
}

int apus_process_disable_huge_pages(void) { return prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); }

bool apus_process_huge_pages_are_disabled(void) {
  return prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) > 0;
}

/// Reads the first bytes of a small file as a string; false if there are none.
static bool read_start(const char *path, char *buffer, size_t size) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  ssize_t count = read(file, buffer, size - 1);
  close(file);
  if (count <= 0) return false;
  buffer[count] = 0;
  return true;
}

apus_process_times apus_process_cpu_times(apus_process_who who) {
  static const int whom[] = {RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD};
  struct rusage usage = {0};
  getrusage(whom[who], &usage);
  return (apus_process_times){
      .user_microseconds = usage.ru_utime.tv_sec * 1000000LL + usage.ru_utime.tv_usec,
      .system_microseconds = usage.ru_stime.tv_sec * 1000000LL + usage.ru_stime.tv_usec,
  };
}

void apus_process_memory(size_t *resident, size_t *virtual_size) {
  char text[128];
  unsigned long mapped_pages = 0, resident_pages = 0;
  if (read_start("/proc/self/statm", text, sizeof text)) {
    sscanf(text, "%lu %lu", &mapped_pages, &resident_pages);
  }
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  *resident = resident_pages * page;
  *virtual_size = mapped_pages * page;
}

void apus_process_uname(apus_process_system *system) {
  struct utsname name = {0};
  uname(&name);
  snprintf(system->sysname, sizeof system->sysname, "%s", name.sysname);
  snprintf(system->release, sizeof system->release, "%s", name.release);
  snprintf(system->machine, sizeof system->machine, "%s", name.machine);
}

void apus_process_random(void *bytes, size_t count) {
  char *next = bytes;
  while (count > 0) {
    ssize_t got = getrandom(next, count, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      // No such system call, which means a kernel older than any that the server runs on, or a
      // sandbox. A seed that can be guessed is not a substitute.
      abort();
    }
    next += got;
    count -= (size_t)got;
  }
}

void apus_process_format_time(int64_t milliseconds, char *buffer, size_t size) {
  time_t seconds = (time_t)(milliseconds / 1000);
  struct tm local;
  localtime_r(&seconds, &local);
  size_t length = strftime(buffer, size, "%d %b %Y %H:%M:%S", &local);
  snprintf(buffer + length, size - length, ".%03d", (int)(milliseconds % 1000));
}

int apus_process_send_datagram(const char *path, const void *bytes, size_t count) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(path);
  if (length == 0 || length >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@')) {
    errno = EINVAL;
    return -1;
  }
  memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = 0;
  int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
  ssize_t sent = sendto(descriptor, bytes, count, MSG_NOSIGNAL, (struct sockaddr *)&address, size);
  int reason = errno;
  close(descriptor);
  errno = reason;
  return sent == (ssize_t)count ? 0 : -1;
}

void apus_process_be_batch_thread(void) {
  struct sched_param none = {0};
  pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
}

void apus_process_syslog(int priority, const char *message) { syslog(priority, "%s", message); }
