#define _GNU_SOURCE
#include "include/apus_process.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "crash_text.h"

static volatile sig_atomic_t pending = 0;

static void note(int number) {
  if (pending != 0 && number == SIGINT) {
    crash_text text = {.count = 0};
    crash_text_add_prefix(&text, crash_log_role());
    crash_text_add(&text, "You insist... exiting now.\n");
    crash_text_flush(&text, crash_log_open());
    _exit(1);
  }
  pending = number;
}

void apus_signals_install(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_handler = SIG_IGN;
  sigaction(SIGHUP, &action, NULL);
  sigaction(SIGPIPE, &action, NULL);
  // Restarted, so that no read or write of a file in the middle of something else fails.
  action.sa_flags = SA_RESTART;
  action.sa_handler = note;
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  crash_text_prepare();
}

int apus_signals_pending(void) { return pending; }

void apus_signals_clear(void) { pending = 0; }
