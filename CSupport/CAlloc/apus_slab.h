// Blocks of 8, 24, 40, 56, 72, 88, 104 and 120 bytes.
//
// Debian's jemalloc is built with classes that are multiples of 16 bytes, so a record of 21 bytes
// would take 32. Redis' own build of it has 8, 24, 40 and 56; these are ours.
//
//     page, 16 KiB at a multiple of 16 KiB
//     | next 8 | previous 8 | first free 2 | fresh 2 | used 2 | block size 2 | blocks ... |
//
// A page holds blocks of one size, so a block's address tells its page. Blocks that were never used
// begin at `fresh`; those that came back are a list through their first two bytes. Pages with
// something to give are a list for each size; a page that gets all its blocks back is freed.
//
// Each thread keeps up to 64 blocks of a size to itself, so most calls are a pop or a push; only
// every thirty-second takes the lock of the pages. So a thread may free what another allocated, and
// a whole table that is freed in the background does not hold up the engine. What a thread keeps is
// lost when it ends: for threads that last as long as the process.
//
// The alternative that lost, a free list of its own for each thread and page, needs an atomic
// operation on each page for blocks that come back from elsewhere, and somebody to look for them.
//
// Invariants: 1. `used` counts the blocks that threads keep, too; 2. a page is in the list of its
// size exactly if it has a free block.
#ifndef APUS_SLAB_H
#define APUS_SLAB_H

#include <stdbool.h>
#include <stddef.h>

/// Whether blocks of this size class come from here: jemalloc has the multiples of 16.
static inline bool apus_slab_has(size_t size_class) { return size_class & 8; }

/// A block of this class, 8-byte aligned, or NULL when memory is out.
void *apus_slab_alloc(size_t size_class);
void apus_slab_free(void *block, size_t size_class);
/// Gives back the blocks that this thread keeps.
void apus_slab_flush_cache(void);

#endif
