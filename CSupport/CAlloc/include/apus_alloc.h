// jemalloc behind a few functions: sized allocation and free, accounting by computed size class.
//
// All data structures allocate here. A block's class follows from its size alone, so nobody stores
// capacities and `used memory` is an addition, not a look into the allocator's tables.
#ifndef APUS_ALLOC_H
#define APUS_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Bytes that are really given for a request: multiples of 8 up to 128, then jemalloc's rule,
/// four classes for each doubling. Its own are checked against `nallocx` at start; the odd
/// multiples of 8 are ours (`apus_slab.h`).
static inline size_t apus_alloc_class(size_t size) {
  if (size <= 128) return size == 0 ? 8 : (size + 7) & ~(size_t)7;
  size_t step = (size_t)1 << (61 - __builtin_clzll(size - 1));
  // From 16 KiB on classes are pages, and the step is never less than one.
  return (size + step - 1) & ~(step - 1);
}

/// Bytes handed out by `apus_alloc` and not freed, in size classes.
extern size_t apus_alloc_used;

/// A block of at least `size` bytes, or NULL when memory is out. Aligned to 16 bytes if its size
/// class is a multiple of 16, otherwise to 8.
void *_Nullable apus_alloc(size_t size);
void *_Nullable apus_alloc_zeroed(size_t size);
/// A zeroed block at an address that is a multiple of 64. Freed with that size.
/// REQUIRES: `size` is a multiple of 64, and a size class.
void *_Nullable apus_alloc_lines(size_t size);
/// Frees a block. REQUIRES: `size` is of the block's size class.
void apus_free(void *_Nonnull block, size_t size);
/// Moves or grows a block; NULL leaves it as it was.
void *_Nullable apus_realloc(void *_Nonnull block, size_t old_size, size_t new_size);
/// Frees from another thread than the one that owns `apus_alloc_used`.
void apus_free_elsewhere(void *_Nonnull block, size_t size);
/// Takes what was freed elsewhere so far off `apus_alloc_used`, on the thread that owns it.
void apus_alloc_settle(void);

/// Says how much memory could not be had, and aborts.
_Noreturn void apus_alloc_panic(size_t size);

/// Whether `apus_alloc_class` agrees with the allocator that is linked.
bool apus_alloc_classes_agree(void);

typedef struct {
  size_t allocated, active, metadata, resident, mapped, retained;
} apus_alloc_statistics;

/// Refreshes and reads the allocator's own counters. Takes its locks: not for the hot path.
apus_alloc_statistics apus_alloc_read_statistics(void);
/// Gives back the blocks that this thread keeps for reuse, which count as allocated.
void apus_alloc_flush_cache(void);
/// Gives back the blocks that this thread keeps, and unused dirty pages to the system.
void apus_alloc_purge(void);
/// Starts or stops the allocator's background thread.
bool apus_alloc_background_thread(bool enabled);
/// The allocator's version, such as "jemalloc-5.3.0".
const char *_Nonnull apus_alloc_name(void);
/// Writes the allocator's report by calling `write` with pieces of text.
void apus_alloc_report(void (*_Nonnull write)(void *_Nullable context, const char *_Nonnull text),
                       void *_Nullable context);

// Settings of the allocator by name, for those who tune it. 0 or an errno.

/// The setting could only be written, and was.
enum { APUS_ALLOC_WRITTEN = -1 };

/// Reads the number `name` into `value`, after writing `value` if asked to.
int apus_alloc_control_integer(const char *_Nonnull name, int64_t *_Nonnull value, bool writes);
int apus_alloc_read_text(const char *_Nonnull name, const char *_Nullable *_Nonnull text);
/// Does what stands for an action, such as "arena.0.purge".
int apus_alloc_trigger(const char *_Nonnull name);

#endif
