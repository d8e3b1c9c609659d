// The process as the system sees it: what neither Glibc's Swift overlay nor libuv offers well.
//
// Everything is a flat function. Where one can fail it returns -1 and leaves the reason in errno.
#ifndef APUS_PROCESS_H
#define APUS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// --- Going to the background

/// Continues in a child with a session of its own and no terminal; the parent exits with 0.
int apus_process_daemonize(void);

// --- Children

/// `fork(2)`. The child has the calling thread only; it dies with its parent, is ended by SIGUSR1,
/// keeps no descriptor but the first three, so that it holds no port and no connection open, and
/// has a lower priority.
int apus_process_fork(void);
/// Ends the calling process without running what `atexit` was told.
void apus_process_exit(int code) __attribute__((noreturn));
/// Looks whether the child has ended, without waiting: 1 with its exit code and the signal that
/// ended it, 0 if it runs.
int apus_process_reap(int child, int *_Nonnull code, int *_Nonnull signal);
/// A page of zeros that children share with this process, or NULL.
void *_Nullable apus_process_shared_page(void);
/// Bytes that this process has changed since it was forked, or 0 where the system does not say.
size_t apus_process_private_dirty(void);

// --- Title

/// Moves arguments and environment away from where the system reads the title. To be called before
/// anything keeps a pointer to either.
void apus_process_title_prepare(void);
/// Shows `title` in `ps` and `/proc/PID/cmdline`, cut to the room there is.
void apus_process_title_set(const char *_Nonnull title);

// --- Limits

typedef struct {
  uint64_t soft, hard;
} apus_process_limit;

int apus_process_open_files_limit(apus_process_limit *_Nonnull limit);
int apus_process_set_open_files_limit(apus_process_limit limit);
/// Keeps the kernel from backing the process with huge pages, which make a fork's copies large.
int apus_process_disable_huge_pages(void);
/// Whether the kernel is kept from it.
bool apus_process_huge_pages_are_disabled(void);

// --- Measures

typedef struct {
  int64_t user_microseconds, system_microseconds;
} apus_process_times;

typedef enum {
  APUS_PROCESS_SELF = 0,
  APUS_PROCESS_CHILDREN = 1,
  APUS_PROCESS_THREAD = 2,
} apus_process_who;

apus_process_times apus_process_cpu_times(apus_process_who who);
/// Bytes in memory and bytes mapped, or 0 where the system does not say.
void apus_process_memory(size_t *_Nonnull resident, size_t *_Nonnull virtual_size);

typedef struct {
  char sysname[65], release[65], machine[65];
} apus_process_system;

void apus_process_uname(apus_process_system *_Nonnull system);

// --- Signals by which an operator ends the server

/// Notes SIGTERM and SIGINT from now on, because what has to be done needs the engine at rest, and
/// ignores SIGHUP and SIGPIPE.
void apus_signals_install(void);
/// The signal that was noted, or 0. While there is one, another SIGINT ends the process with 1, so
/// that an operator need not wait for an engine that hangs.
int apus_signals_pending(void);
/// Forgets the signal: it was answered and the process goes on.
void apus_signals_clear(void);

// --- Files

/// Starts to write a part of a file to the disk; `waits` for it as well.
int apus_process_write_back(int file, int64_t offset, int64_t count, bool waits);

// --- Odds and ends

/// Fills `bytes` from the system's random source. Never fails: it waits until there is one.
void apus_process_random(void *_Nonnull bytes, size_t count);
/// Writes "dd Mon yyyy hh:mm:ss.mmm" in local time, 24 bytes and a NUL.
void apus_process_format_time(int64_t milliseconds, char *_Nonnull buffer, size_t size);
/// Sends one datagram to the Unix socket at `path`, of which a leading '@' means an abstract one.
int apus_process_send_datagram(const char *_Nonnull path, const void *_Nonnull bytes, size_t count);
/// Makes the calling thread one that waits for the end of another's slice when it wakes. It would
/// otherwise take the engine's core for milliseconds, in the middle of a command.
void apus_process_be_batch_thread(void);
/// Calls `syslog` with a finished message, whose percent signs mean nothing.
void apus_process_syslog(int priority, const char *_Nonnull message);

#endif
