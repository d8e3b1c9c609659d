// Children that write a snapshot or a new log.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "include/apus_process.h"

// Where both want the same core the parent goes first. A batch process does not take the core from
// another when a write of its own is over. Where either is forbidden the child goes on as it is.
static void give_way(void) {
  struct sched_param parameters = {0};
  sched_setscheduler(0, SCHED_BATCH, &parameters);
  (void)!nice(10);
}

static void become_child(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have ended before that.
  if (getppid() != parent) _exit(1);
  signal(SIGUSR1, SIG_DFL);
  close_range(STDERR_FILENO + 1, ~0u, 0);
  give_way();
}

int apus_process_fork(void) {
  pid_t parent = getpid();
  pid_t child = fork();
  if (child == 0) become_child(parent);
  return child;
}

void apus_process_exit(int code) { _exit(code); }

int apus_process_reap(int child, int *code, int *signal) {
  int status = 0;
  pid_t ended;
  do {
    ended = waitpid(child, &status, WNOHANG);
  } while (ended < 0 && errno == EINTR);
  if (ended == 0) return 0;
  *code = ended < 0 ? 255 : WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  *signal = ended > 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return 1;
}

void *apus_process_shared_page(void) {
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? NULL : page;
}

size_t apus_process_private_dirty(void) {
  // Without stdio, whose locks another thread may have held at the fork.
  int file = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[4096];
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  if (count <= 0) return 0;
  text[count] = 0;
  const char *line = strstr(text, "Private_Dirty:");
  return line ? strtoull(line + strlen("Private_Dirty:"), NULL, 10) * 1024 : 0;
}
