/* Notes what a power failure would leave of a folder: to be preloaded below a server.
 *
 * SIGKILL takes a process; what it has written stays in the page cache, and a start after it finds
 * everything, fsync or not. A power failure takes the page cache too. This library cannot cut the
 * power either, but it sees every call that changes the folder POWERFAIL_ROOT, and every fsync, and
 * keeps them in a journal in the order in which they happened. From the journal, and from what was
 * in the folder at the beginning, the test (`disk.py`) works out what a disk would have to keep,
 * and what it might.
 *
 *     server, its threads and forked children ─ write, fsync, rename ... ─► this library ─► system
 *                                                                             └─► journal (mapped)
 *
 * Layout of the journal: a header of a page, then records one after another, each a multiple of 8
 * bytes: `struct record`, its first text and its second one. `end` says how far records are whole.
 *
 * Invariants:
 * - The journal is shared memory, made by the test outside of the folder. A process that is killed
 *   leaves in it what it had put there; a child that closes all descriptors does not lose it.
 * - The call and its record are made under one lock for all threads and processes, so that the
 *   order of records is the order of what they tell. The lock is robust, but who dies with it may
 *   leave a call without a record, which the next process would see: the test kills nobody then.
 * - An fsync is two records, and the lock is not held between: it covers what is in the journal
 *   before the first one, and only if the second one is there. Others write meanwhile.
 * - Nothing waits for a real disk: an fsync takes a random time up to POWERFAIL_DELAY microseconds,
 *   so that kills meet it, and is done when its second record is there.
 * - sync_file_range promises nothing, and so does nothing here.
 * - A call that changes the folder in a way which the journal has no record for leaves one of kind
 *   UNKNOWN, which fails the test, instead of going unseen.
 *
 * A file POWERFAIL_TRAP with a line such as `die rename .manifest` or `hold fsync 1.incr.aof` stops
 * who makes the call for a path that ends so: when it is noted that it was made, or that the fsync
 * was begun, the process is killed, or waits as long as the file says so.
 *
 * POWERFAIL_LIE=files and =directories make those fsyncs succeed without doing anything, and =all
 * both: so the test is seen to fail with a server, or a disk, that does not keep its promise.
 *
 * POWERFAIL_BOOT is a file that is read for the system's name of the time since its start, which a
 * power failure changes.
 *
 * Files are known by their inode's number, which a record CREATE gives to another file from then
 * on. Paths are made absolute, not resolved: the server's folder has no links in it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { PATH_ROOM = 4096, HEADER_BYTES = 4096 };

enum kind {
  CREATE = 1, RESIZE, WRITE, SYNC_FILE, SYNC_DIRECTORY, SYNC_DONE, RENAME, UNLINK, MAKE_DIRECTORY,
  UNKNOWN,
};

struct header {
  uint64_t is_ready;
  /* Offset behind the last whole record. */
  uint64_t end;
  /* Calls that came here, whatever they were about: whether preloading works at all. */
  uint64_t calls;
  uint64_t is_full;
  /* Whether somebody has the lock, so that a call may have been made that has no record yet. */
  uint64_t is_busy;
  pthread_mutex_t lock;
};

struct record {
  uint32_t byte_count;
  uint32_t kind;
  uint64_t nanoseconds;
  uint64_t inode;
  /* Where was written, how long a file is now, or which record an fsync began with. */
  uint64_t offset;
  uint32_t first_count;
  uint32_t second_count;
};

static struct header *journal;
static uint64_t journal_capacity;
static char root[PATH_ROOM];
static size_t root_count;
static uint64_t delay_microseconds;
static int lies_about_files, lies_about_directories;
/* A copy: a server may write its title over the environment. */
static const char *trap_path, *boot_path;

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_sync_file_range)(int, off_t, off_t, unsigned);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);
static int (*real_mkdir)(const char *, mode_t);

static void find(void *function, const char *name) {
  *(void **)function = dlsym(RTLD_NEXT, name);
}

static void find_all(void) {
  find(&real_open, "open");
  find(&real_openat, "openat");
  find(&real_write, "write");
  find(&real_pwrite, "pwrite");
  find(&real_writev, "writev");
  find(&real_ftruncate, "ftruncate");
  find(&real_fsync, "fsync");
  find(&real_fdatasync, "fdatasync");
  find(&real_sync_file_range, "sync_file_range");
  find(&real_rename, "rename");
  find(&real_unlink, "unlink");
  find(&real_mkdir, "mkdir");
}

static void prepare_lock(void) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&journal->lock, &attributes);
  pthread_mutexattr_destroy(&attributes);
}

/* A server that is started again goes on in the journal of the one before. */
__attribute__((constructor)) static void prepare(void) {
  find_all();
  const char *path = getenv("POWERFAIL_JOURNAL"), *folder = getenv("POWERFAIL_ROOT");
  const char *lie = getenv("POWERFAIL_LIE"), *delay = getenv("POWERFAIL_DELAY");
  if (!path || !folder) return;
  int file = real_open(path, O_RDWR | O_CLOEXEC);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) abort();
  void *memory = mmap(NULL, status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) abort();
  close(file);
  journal_capacity = status.st_size;
  root_count = strlen(folder);
  if (root_count >= sizeof root) abort();
  memcpy(root, folder, root_count + 1);
  const char *trap = getenv("POWERFAIL_TRAP");
  const char *boot = getenv("POWERFAIL_BOOT");
  trap_path = trap ? strdup(trap) : NULL;
  boot_path = boot ? strdup(boot) : NULL;
  delay_microseconds = delay ? strtoull(delay, NULL, 10) : 0;
  lies_about_files = lie && (!strcmp(lie, "files") || !strcmp(lie, "all"));
  lies_about_directories = lie && (!strcmp(lie, "directories") || !strcmp(lie, "all"));
  journal = memory;
  if (journal->is_ready) return;
  prepare_lock();
  journal->end = HEADER_BYTES;
  journal->is_ready = 1;
}

static void count_call(void) {
  if (journal) __atomic_add_fetch(&journal->calls, 1, __ATOMIC_RELAXED);
}

/* --- What is in the folder */

static int is_within(const char *path) {
  return !strncmp(path, root, root_count) && (path[root_count] == '/' || !path[root_count]);
}

/* The path from the root directory, without `.` and empty parts; 0 if it is not in the folder. */
static int absolute(const char *path, char *result) {
  char whole[2 * PATH_ROOM];
  if (strlen(path) >= PATH_ROOM) return 0;
  if (path[0] == '/') {
    strcpy(whole, path);
  } else {
    if (!getcwd(whole, PATH_ROOM)) return 0;
    strcat(whole, "/");
    strcat(whole, path);
  }
  size_t count = 0;
  for (char *rest = whole, *part; (part = strsep(&rest, "/"));) {
    if (!part[0] || !strcmp(part, ".")) continue;
    size_t length = strlen(part);
    if (count + length + 2 > PATH_ROOM) return 0;
    result[count++] = '/';
    memcpy(result + count, part, length);
    count += length;
  }
  result[count] = 0;
  return is_within(result);
}

/* Whether the descriptor is of a file or directory in the folder; then its status and path. */
static int is_ours(int descriptor, struct stat *status, char *path) {
  char link[64];
  if (!journal || fstat(descriptor, status) != 0) return 0;
  if (!S_ISREG(status->st_mode) && !S_ISDIR(status->st_mode)) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t count = readlink(link, path, PATH_ROOM - 1);
  if (count < 0) return 0;
  path[count] = 0;
  return is_within(path);
}

/* --- The journal */

static void take_lock(void) {
  if (pthread_mutex_lock(&journal->lock) == EOWNERDEAD) pthread_mutex_consistent(&journal->lock);
  journal->is_busy = 1;
}

static void release_lock(void) {
  int number = errno;
  journal->is_busy = 0;
  pthread_mutex_unlock(&journal->lock);
  errno = number;
}

/* Adds a record and returns its offset. With the lock. */
static uint64_t note(
    enum kind kind, uint64_t inode, uint64_t offset, const void *first, size_t first_count,
    const void *second, size_t second_count) {
  uint64_t place = journal->end;
  size_t count = (sizeof(struct record) + first_count + second_count + 7) & ~(size_t)7;
  if (count > journal_capacity - place) {
    journal->is_full = 1;
    return place;
  }
  char *base = (char *)journal + place;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  struct record record = {
      .byte_count = count, .kind = kind, .inode = inode, .offset = offset,
      .nanoseconds = now.tv_sec * 1000000000ull + now.tv_nsec,
      .first_count = first_count, .second_count = second_count};
  memcpy(base, &record, sizeof record);
  memcpy(base + sizeof record, first, first_count);
  if (second_count) memcpy(base + sizeof record + first_count, second, second_count);
  __atomic_store_n(&journal->end, place + count, __ATOMIC_RELEASE);
  return place;
}

static void note_path(enum kind kind, uint64_t inode, const char *path) {
  note(kind, inode, 0, path, strlen(path), NULL, 0);
}

static void note_unknown(const char *name) {
  if (!journal) return;
  take_lock();
  note_path(UNKNOWN, 0, name);
  release_lock();
}

/* --- Traps */

/* What the trap does to the call: 'd' for death, 'h' to hold it, 0 for nothing. */
static char trapped(const char *call, const char *path) {
  char text[256], action[16], name[16], end[128];
  int file = trap_path ? real_open(trap_path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return 0;
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  text[count > 0 ? count : 0] = 0;
  if (sscanf(text, "%15s %15s %127s", action, name, end) != 3) return 0;
  size_t length = strlen(end), whole = strlen(path);
  if (strcmp(name, call) || whole < length || strcmp(path + whole - length, end)) return 0;
  return action[0];
}

static void meet_trap(const char *call, const char *path) {
  int number = errno;
  for (char action; (action = trapped(call, path));) {
    if (action == 'd') kill(getpid(), SIGKILL);
    usleep(1000);
  }
  errno = number;
}

/* --- Opening */

static int open_file(const char *path, int flags, mode_t mode) {
  char place[PATH_ROOM];
  struct stat status;
  count_call();
  if (boot_path && !strcmp(path, "/proc/sys/kernel/random/boot_id")) path = boot_path;
  if (!journal || !(flags & (O_CREAT | O_TRUNC)) || !absolute(path, place)) {
    return real_open(path, flags, mode);
  }
  if ((flags & O_TMPFILE) == O_TMPFILE) note_unknown("O_TMPFILE");
  take_lock();
  int existed = lstat(place, &status) == 0;
  int descriptor = real_open(path, flags, mode);
  int number = errno;
  if (descriptor >= 0 && fstat(descriptor, &status) == 0) {
    if (!existed) note_path(CREATE, status.st_ino, place);
    else if (flags & O_TRUNC) note(RESIZE, status.st_ino, 0, NULL, 0, NULL, 0);
  }
  errno = number;
  release_lock();
  return descriptor;
}

static mode_t mode_of(int flags, va_list arguments) {
  return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_file(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_file(path, flags, mode);
}

int creat(const char *path, mode_t mode) {
  return open_file(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int openat(int directory, const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  if (directory == AT_FDCWD || path[0] == '/') return open_file(path, flags, mode);
  count_call();
  struct stat status;
  char place[PATH_ROOM];
  if (flags & (O_CREAT | O_TRUNC) && is_ours(directory, &status, place)) note_unknown("openat");
  return real_openat(directory, path, flags, mode);
}

/* --- Writing */

ssize_t write(int descriptor, const void *bytes, size_t count) {
  struct stat status;
  char path[PATH_ROOM];
  count_call();
  if (!is_ours(descriptor, &status, path)) return real_write(descriptor, bytes, count);
  take_lock();
  ssize_t put = real_write(descriptor, bytes, count);
  int number = errno;
  if (put > 0) {
    /* Also with O_APPEND the position is behind what was written. */
    off_t end = lseek(descriptor, 0, SEEK_CUR);
    note(WRITE, status.st_ino, end - put, bytes, put, NULL, 0);
  }
  errno = number;
  release_lock();
  return put;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  struct stat status;
  char path[PATH_ROOM];
  count_call();
  if (!is_ours(descriptor, &status, path)) return real_pwrite(descriptor, bytes, count, offset);
  take_lock();
  ssize_t put = real_pwrite(descriptor, bytes, count, offset);
  if (put > 0) note(WRITE, status.st_ino, offset, bytes, put, NULL, 0);
  release_lock();
  return put;
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  struct stat status;
  char path[PATH_ROOM];
  count_call();
  if (is_ours(descriptor, &status, path)) note_unknown("writev");
  return real_writev(descriptor, parts, count);
}

int ftruncate(int descriptor, off_t length) {
  struct stat status;
  char path[PATH_ROOM];
  count_call();
  if (!is_ours(descriptor, &status, path)) return real_ftruncate(descriptor, length);
  take_lock();
  int result = real_ftruncate(descriptor, length);
  if (result == 0) note(RESIZE, status.st_ino, length, NULL, 0, NULL, 0);
  release_lock();
  return result;
}

/* --- Putting it on the disk */

static void wait_for_disk(void) {
  static __thread uint64_t dice;
  if (!delay_microseconds) return;
  if (!dice) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    dice = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15 | 1;
  }
  dice ^= dice << 13;
  dice ^= dice >> 7;
  dice ^= dice << 17;
  uint64_t nanoseconds = dice % (delay_microseconds * 1000);
  struct timespec time = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  nanosleep(&time, NULL);
}

static int synchronize(int descriptor, int (*real)(int)) {
  struct stat status;
  char path[PATH_ROOM];
  count_call();
  if (!is_ours(descriptor, &status, path)) return real(descriptor);
  int is_directory = S_ISDIR(status.st_mode);
  if (is_directory ? lies_about_directories : lies_about_files) return 0;
  take_lock();
  uint64_t begin = note(
      is_directory ? SYNC_DIRECTORY : SYNC_FILE, status.st_ino, 0, path, strlen(path), NULL, 0);
  release_lock();
  meet_trap("fsync", path);
  wait_for_disk();
  take_lock();
  note(SYNC_DONE, 0, begin, NULL, 0, NULL, 0);
  release_lock();
  return 0;
}

int fsync(int descriptor) { return synchronize(descriptor, real_fsync); }

int fdatasync(int descriptor) { return synchronize(descriptor, real_fdatasync); }

int sync_file_range(int descriptor, off_t offset, off_t count, unsigned flags) {
  struct stat status;
  char path[PATH_ROOM];
  count_call();
  if (is_ours(descriptor, &status, path)) return 0;
  return real_sync_file_range(descriptor, offset, count, flags);
}

/* --- Names */

int rename(const char *from, const char *to) {
  char old[PATH_ROOM], new[PATH_ROOM];
  count_call();
  if (!journal) return real_rename(from, to);
  int is_from = absolute(from, old), is_to = absolute(to, new);
  if (is_from != is_to) note_unknown("rename across the folder's border");
  if (!is_from || !is_to) return real_rename(from, to);
  take_lock();
  int result = real_rename(from, to);
  if (result == 0) note(RENAME, 0, 0, old, strlen(old), new, strlen(new));
  release_lock();
  if (result == 0) meet_trap("rename", new);
  return result;
}

int unlink(const char *path) {
  char place[PATH_ROOM];
  count_call();
  if (!journal || !absolute(path, place)) return real_unlink(path);
  take_lock();
  int result = real_unlink(path);
  if (result == 0) note_path(UNLINK, 0, place);
  release_lock();
  return result;
}

int mkdir(const char *path, mode_t mode) {
  char place[PATH_ROOM];
  count_call();
  if (!journal || !absolute(path, place)) return real_mkdir(path, mode);
  take_lock();
  int result = real_mkdir(path, mode);
  if (result == 0) note_path(MAKE_DIRECTORY, 0, place);
  release_lock();
  return result;
}

/* --- What the journal has no record for
 *
 * No server that is tested calls these for a file in its folder. If one begins to, its test fails
 * and this library has to learn the call. */

#define UNMODELLED(NAME, RESULT, PARAMETERS, ARGUMENTS) \
  RESULT NAME PARAMETERS { \
    RESULT(*real) PARAMETERS; \
    find(&real, #NAME); \
    note_unknown(#NAME); \
    return real ARGUMENTS; \
  }

UNMODELLED(pwritev, ssize_t, (int d, const struct iovec *v, int n, off_t o), (d, v, n, o))
UNMODELLED(truncate, int, (const char *path, off_t count), (path, count))
UNMODELLED(fallocate, int, (int d, int mode, off_t offset, off_t count), (d, mode, offset, count))
UNMODELLED(posix_fallocate, int, (int d, off_t offset, off_t count), (d, offset, count))
UNMODELLED(renameat, int, (int d, const char *a, int e, const char *b), (d, a, e, b))
UNMODELLED(
    renameat2, int, (int d, const char *a, int e, const char *b, unsigned f), (d, a, e, b, f))
UNMODELLED(unlinkat, int, (int d, const char *path, int flags), (d, path, flags))
UNMODELLED(rmdir, int, (const char *path), (path))
UNMODELLED(link, int, (const char *a, const char *b), (a, b))
UNMODELLED(symlink, int, (const char *a, const char *b), (a, b))
UNMODELLED(mkdirat, int, (int d, const char *path, mode_t mode), (d, path, mode))
UNMODELLED(sendfile, ssize_t, (int out, int in, off_t *offset, size_t n), (out, in, offset, n))
UNMODELLED(
    copy_file_range, ssize_t, (int a, off_t *x, int b, off_t *y, size_t n, unsigned flags),
    (a, x, b, y, n, flags))
