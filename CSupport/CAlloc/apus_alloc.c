#include "include/apus_alloc.h"

#include <jemalloc/jemalloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apus_slab.h"

// One arena for the engine thread, and pages returned by the
// allocator's own thread rather than in the middle of a command.
const char *malloc_conf =
    "narenas:2,background_thread:true,dirty_decay_ms:5000,muzzy_decay_ms:0,"
    "metadata_thp:auto";

#if __has_feature(address_sanitizer)
#include <sanitizer/allocator_interface.h>
#endif

#ifdef APUS_SYSTEM_MALLOC  // for sanitizers, which watch malloc
static void *system_alloc(size_t size, int flags) {
  size_t alignment = flags & ~MALLOCX_ZERO ? 64 : 16;
  void *block = NULL;
  if (posix_memalign(&block, alignment, apus_alloc_class(size)) != 0) return NULL;
  return flags & MALLOCX_ZERO ? memset(block, 0, apus_alloc_class(size)) : block;
}

/// jemalloc believes the size that a block is freed with; a wrong one would corrupt its lists.
static void check_size(void *block, size_t size) {
#if __has_feature(address_sanitizer)
  size_t given = __sanitizer_get_allocated_size(block);
  if (given == apus_alloc_class(size)) return;
  fprintf(stderr, "ERROR: a block of %zu bytes is freed as one of %zu\n", given, size);
  abort();
#else
  (void)block, (void)size;
#endif
}

static void system_free(void *block, size_t size) {
  check_size(block, size);
  free(block);
}

#define apus_slab_has(size_class) false
#define mallocx system_alloc
#define rallocx(block, size, flags) realloc(block, size)
#define sdallocx(block, size, flags) system_free(block, size)
#endif

size_t apus_alloc_used = 0;
static size_t freed_elsewhere = 0;

static inline void *take(size_t size_class, int flags) {
  if (!apus_slab_has(size_class)) return mallocx(size_class, flags);
  void *block = apus_slab_alloc(size_class);
  return block && flags & MALLOCX_ZERO ? memset(block, 0, size_class) : block;
}

static inline void give(void *block, size_t size_class) {
  if (apus_slab_has(size_class))
    apus_slab_free(block, size_class);
  else
    sdallocx(block, size_class, 0);
}

void *apus_alloc(size_t size) {
  size_t size_class = apus_alloc_class(size);
  void *block = take(size_class, 0);
  if (block) apus_alloc_used += size_class;
  return block;
}

void *apus_alloc_zeroed(size_t size) {
  size_t size_class = apus_alloc_class(size);
  void *block = take(size_class, MALLOCX_ZERO);
  if (block) apus_alloc_used += size_class;
  return block;
}

void *apus_alloc_lines(size_t size) {
  void *block = mallocx(size, MALLOCX_ZERO | MALLOCX_ALIGN(64));
  if (block) apus_alloc_used += size;
  return block;
}

void apus_free(void *block, size_t size) {
  size_t size_class = apus_alloc_class(size);
  apus_alloc_used -= size_class;
  give(block, size_class);
}

/// Between a slab and jemalloc, or two slabs.
static void *move(void *block, size_t old_class, size_t new_class) {
  void *moved = take(new_class, 0);
  if (!moved) return NULL;
  memcpy(moved, block, old_class < new_class ? old_class : new_class);
  give(block, old_class);
  return moved;
}

void *apus_realloc(void *block, size_t old_size, size_t new_size) {
  size_t old_class = apus_alloc_class(old_size), new_class = apus_alloc_class(new_size);
  if (old_class == new_class) return block;
  bool is_ours = apus_slab_has(old_class) || apus_slab_has(new_class);
  void *moved = is_ours ? move(block, old_class, new_class) : rallocx(block, new_class, 0);
  if (moved) apus_alloc_used += new_class - old_class;
  return moved;
}

void apus_free_elsewhere(void *block, size_t size) {
  size_t size_class = apus_alloc_class(size);
  __atomic_add_fetch(&freed_elsewhere, size_class, __ATOMIC_RELAXED);
  give(block, size_class);
}

void apus_alloc_panic(size_t size) {
  fprintf(stderr, "Out Of Memory allocating %zu bytes!\n", size);
  abort();
}

static bool class_agrees(size_t size) {
  size_t size_class = apus_alloc_class(size);
  return apus_slab_has(size_class) || nallocx(size, 0) == size_class;
}

bool apus_alloc_classes_agree(void) {
  for (size_t size = 1; size <= 65536; size++)
    if (!class_agrees(size)) return false;
  for (size_t size = 65536; size <= (size_t)1 << 32; size += size / 7)
    if (!class_agrees(size)) return false;
  return true;
}

static size_t read_counter(const char *name) {
  size_t value = 0, length = sizeof value;
  return mallctl(name, &value, &length, NULL, 0) == 0 ? value : 0;
}

void apus_alloc_settle(void) {
  apus_alloc_used -= __atomic_exchange_n(&freed_elsewhere, 0, __ATOMIC_RELAXED);
}

apus_alloc_statistics apus_alloc_read_statistics(void) {
  apus_alloc_settle();
  uint64_t epoch = 1;
  size_t length = sizeof epoch;
  mallctl("epoch", &epoch, &length, &epoch, length);
  return (apus_alloc_statistics){
      .allocated = read_counter("stats.allocated"),
      .active = read_counter("stats.active"),
      .metadata = read_counter("stats.metadata"),
      .resident = read_counter("stats.resident"),
      .mapped = read_counter("stats.mapped"),
      .retained = read_counter("stats.retained"),
  };
}

void apus_alloc_flush_cache(void) {
  apus_slab_flush_cache();
  mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
}

void apus_alloc_purge(void) {
  // Blocks that are kept for reuse hold their pages.
  apus_alloc_flush_cache();
  char name[64];
  snprintf(name, sizeof name, "arena.%u.purge", MALLCTL_ARENAS_ALL);
  mallctl(name, NULL, NULL, NULL, 0);
}

bool apus_alloc_background_thread(bool enabled) {
  return mallctl("background_thread", NULL, NULL, &enabled, sizeof enabled) == 0;
}

const char *apus_alloc_name(void) {
  static char name[32] = "";
  const char *version = NULL;
  size_t length = sizeof version;
  if (!name[0] && mallctl("version", &version, &length, NULL, 0) == 0)
    snprintf(name, sizeof name, "jemalloc-%.*s", (int)strcspn(version, "-"), version);
  return name;
}

void apus_alloc_report(void (*write)(void *context, const char *text), void *context) {
  malloc_stats_print(write, context, "a");
}
