#define _GNU_SOURCE
#include "include/apus_crash.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "crash_registers.h"
#include "crash_text.h"

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
enum { signal_count = sizeof signals / sizeof signals[0] };

/// Room for the engine's part of the report, which formats INFO and the list of clients.
enum { stack_size = 1 << 20, sections_seconds_max = 5 };

static char version[64];
static char log_path[PATH_MAX];
static char role = 'M';
static apus_crash_writer writer = NULL;

/// The thread that writes the report; 0 as long as nothing crashed.
static _Atomic(pid_t) reporter = 0;
static int report_descriptor = -1;
static volatile sig_atomic_t reported_signal = SIGABRT;

int crash_log_open(void) {
  if (!log_path[0]) return STDOUT_FILENO;
  int descriptor = open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  return descriptor < 0 ? STDERR_FILENO : descriptor;
}

char crash_log_role(void) { return role; }

static void write_raw(const char *string) {
  crash_text text = {.count = 0};
  crash_text_add(&text, string);
  crash_text_flush(&text, report_descriptor);
}

static void write_head(int signal_number, siginfo_t *info, void *context) {
  crash_text text = {.count = 0};
  write_raw("\n\n=== REDIS BUG REPORT START: Cut & paste starting from here ===\n");
  crash_text_add_prefix(&text, role);
  crash_text_add(&text, "apus ");
  crash_text_add(&text, version);
  crash_text_add(&text, " crashed by signal: ");
  crash_text_add_number(&text, signal_number, 1);
  crash_text_add(&text, ", si_code: ");
  crash_text_add_number(&text, info->si_code, 1);
  crash_text_add(&text, "\n");
  crash_text_flush(&text, report_descriptor);
  crash_text_add_prefix(&text, role);
  if (info->si_code == SI_USER || info->si_code == SI_TKILL) {
    crash_text_add(&text, "Killed by PID: ");
    crash_text_add_number(&text, info->si_pid, 1);
    crash_text_add(&text, ", UID: ");
    crash_text_add_number(&text, info->si_uid, 1);
  } else {
    crash_text_add(&text, "Accessing address: 0x");
    crash_text_add_hexadecimal(&text, (uint64_t)info->si_addr, 1);
  }
  crash_text_add(&text, "\n");
  crash_text_flush(&text, report_descriptor);
  crash_text_add_prefix(&text, role);
  crash_text_add(&text, "Crashed running the instruction at: 0x");
  crash_text_add_hexadecimal(&text, (uint64_t)crash_instruction(context), 1);
  crash_text_add(&text, "\n");
  crash_text_flush(&text, report_descriptor);
}

static void write_trace(void *context) {
  void *frames[100];
  write_raw("\n------ STACK TRACE ------\nEIP:\n");
  frames[0] = crash_instruction(context);
  if (frames[0]) backtrace_symbols_fd(frames, 1, report_descriptor);
  write_raw("\nBacktrace:\n");
  int count = backtrace(frames, sizeof frames / sizeof frames[0]);
  // The first two frames are this function and the handler.
  if (count > 2) backtrace_symbols_fd(frames + 2, count - 2, report_descriptor);
}

static void write_sections(void) {
  static const char *const titles[APUS_CRASH_SECTION_COUNT] = {
      [APUS_CRASH_INFO] = "\n------ INFO OUTPUT ------\n",
      [APUS_CRASH_CLIENTS] = "\n------ CLIENT LIST OUTPUT ------\n",
      [APUS_CRASH_CURRENT_CLIENT] = "\n------ CURRENT CLIENT INFO ------\n",
      [APUS_CRASH_CONFIGURATION] = "\n------ CONFIG DEBUG OUTPUT ------\n",
  };
  if (!writer) return;
  for (int section = 0; section < APUS_CRASH_SECTION_COUNT; section++) {
    write_raw(titles[section]);
    writer((apus_crash_section)section, report_descriptor);
  }
}

static void write_end(void) {
  write_raw("\n=== REDIS BUG REPORT END. Make sure to include from START to END. ===\n\n");
}

/// Dies of the signal as if there had been no handler, so that whoever waits for the process, and
/// the system's core dumps, see what happened.
static void die(int signal_number) {
  struct sigaction action = {.sa_handler = SIG_DFL};
  sigemptyset(&action.sa_mask);
  sigaction(signal_number, &action, NULL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal_number);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  raise(signal_number);
  _exit(128 + signal_number);
}

/// The sections need memory: where the crash left the allocator locked, they never end.
static void give_up(int alarm_number) {
  (void)alarm_number;
  write_raw("\n(the rest of this report takes too long: it is left out)\n");
  write_end();
  die(reported_signal);
}

static void limit_time(void) {
  struct sigaction action = {.sa_handler = give_up};
  sigemptyset(&action.sa_mask);
  sigaction(SIGALRM, &action, NULL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGALRM);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  alarm(sections_seconds_max);
}

static void handle(int signal_number, siginfo_t *info, void *context) {
  pid_t thread = (pid_t)syscall(SYS_gettid);
  pid_t nobody = 0;
  if (!atomic_compare_exchange_strong(&reporter, &nobody, thread)) {
    // Another thread crashed while one reports: the process is about to end.
    while (nobody != thread) pause();
    write_raw("\n(crashed again while writing this report: the rest is left out)\n");
    write_end();
    die(signal_number);
  }
  report_descriptor = crash_log_open();
  reported_signal = signal_number;
  write_head(signal_number, info, context);
  write_trace(context);
  write_raw("\n------ REGISTERS ------\n");
  crash_write_registers(context, report_descriptor);
  crash_write_stack(context, report_descriptor);
  limit_time();
  write_sections();
  write_end();
  die(signal_number);
}

int apus_crash_use_alternate_stack(void) {
  void *memory = mmap(NULL, stack_size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return -1;
  // The lowest page catches an overflow of this stack too.
  mprotect(memory, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE);
  stack_t stack = {.ss_sp = memory, .ss_size = stack_size};
  if (sigaltstack(&stack, NULL) == 0) return 0;
  int reason = errno;
  munmap(memory, stack_size);
  errno = reason;
  return -1;
}

int apus_crash_install(const char *shown_version) {
  static bool has_stack = false;
  strncpy(version, shown_version, sizeof version - 1);
  crash_text_prepare();
  // The first call loads libgcc, which allocates: not something for a handler to do.
  void *frame;
  backtrace(&frame, 1);
  if (!has_stack && apus_crash_use_alternate_stack() < 0) return -1;
  has_stack = true;
  struct sigaction action = {.sa_sigaction = handle};
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < signal_count; i++) {
    if (sigaction(signals[i], &action, NULL) < 0) return -1;
  }
  return 0;
}

void apus_crash_remove(void) {
  struct sigaction action = {.sa_handler = SIG_DFL};
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < signal_count; i++) sigaction(signals[i], &action, NULL);
}

void apus_crash_set_log_file(const char *path) { strncpy(log_path, path, sizeof log_path - 1); }

void apus_crash_set_role(char letter) { role = letter; }

void apus_crash_set_writer(apus_crash_writer new_writer) { writer = new_writer; }

void apus_crash_provoke(void) {
  volatile char *volatile nowhere = NULL;
  *nowhere = 'x';
}
