#include "apus_slab.h"

#include <jemalloc/jemalloc.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

enum { page_size = 16384, header_size = 32, kept_max = 64, moved_count = 32, class_count = 8 };

typedef struct page {
  struct page *next, *previous;
  uint16_t first_free, fresh, used, block_size;
} page;

typedef struct {
  uint32_t count;
  void *blocks[kept_max];
} magazine;

static _Thread_local magazine magazines[class_count];

static pthread_mutex_t pages_lock = PTHREAD_MUTEX_INITIALIZER;
/// Pages with free blocks. Guarded by `pages_lock`.
static page *pages[class_count];

static void lock_pages(void) { pthread_mutex_lock(&pages_lock); }
static void unlock_pages(void) { pthread_mutex_unlock(&pages_lock); }

/// A child must find the pages whole and unlocked, whatever another thread did when it was made.
__attribute__((constructor)) static void prepare_for_forks(void) {
  pthread_atfork(lock_pages, unlock_pages, unlock_pages);
}

static size_t index_of(size_t size_class) { return size_class >> 4; }

// Pages. All under the lock.

static void link_page(page *added) {
  page **head = &pages[index_of(added->block_size)];
  added->previous = NULL;
  added->next = *head;
  if (*head) (*head)->previous = added;
  *head = added;
}

static void unlink_page(page *removed) {
  if (removed->previous)
    removed->previous->next = removed->next;
  else
    pages[index_of(removed->block_size)] = removed->next;
  if (removed->next) removed->next->previous = removed->previous;
}

static page *make_page(size_t size_class) {
  page *made = mallocx(page_size, MALLOCX_ALIGN(page_size));
  if (!made) return NULL;
  *made = (page){.fresh = header_size, .block_size = (uint16_t)size_class};
  link_page(made);
  return made;
}

static bool is_exhausted(const page *from) {
  return !from->first_free && from->fresh + from->block_size > page_size;
}

static void *take_block(size_t size_class) {
  page *from = pages[index_of(size_class)];
  if (!from && !(from = make_page(size_class))) return NULL;
  char *base = (char *)from;
  void *block = base + (from->first_free ? from->first_free : from->fresh);
  if (from->first_free)
    memcpy(&from->first_free, block, sizeof from->first_free);
  else
    from->fresh += from->block_size;
  from->used++;
  if (is_exhausted(from)) unlink_page(from);
  return block;
}

static page *page_of(void *block) {
  return (page *)((uintptr_t)block & ~(uintptr_t)(page_size - 1));
}

static void give_block(void *block) {
  page *to = page_of(block);
  if (is_exhausted(to)) link_page(to);
  memcpy(block, &to->first_free, sizeof to->first_free);
  to->first_free = (uint16_t)((char *)block - (char *)to);
  if (--to->used > 0) return;
  unlink_page(to);
  sdallocx(to, page_size, MALLOCX_ALIGN(page_size));
}

// What a thread keeps.

/// Takes blocks from the pages, so that they are handed out in the order of their addresses.
__attribute__((noinline)) static void refill(magazine *kept, size_t size_class) {
  lock_pages();
  while (kept->count < moved_count) {
    void *block = take_block(size_class);
    if (!block) break;
    kept->blocks[moved_count - ++kept->count] = block;
  }
  unlock_pages();
  // Memory ended before all were there: those taken are at the end.
  memmove(kept->blocks, kept->blocks + moved_count - kept->count, kept->count * sizeof(void *));
}

/// Gives back the blocks that were kept longest.
__attribute__((noinline)) static void give_back(magazine *kept, uint32_t count) {
  // What the pages will read and write is fetched before anybody has to wait for it.
  for (uint32_t index = 0; index < count; index++) {
    __builtin_prefetch(kept->blocks[index], 1);
    __builtin_prefetch(page_of(kept->blocks[index]), 1);
  }
  lock_pages();
  for (uint32_t index = 0; index < count; index++) give_block(kept->blocks[index]);
  unlock_pages();
  kept->count -= count;
  memmove(kept->blocks, kept->blocks + count, kept->count * sizeof(void *));
}

void *apus_slab_alloc(size_t size_class) {
  magazine *kept = &magazines[index_of(size_class)];
  if (kept->count == 0) refill(kept, size_class);
  return kept->count == 0 ? NULL : kept->blocks[--kept->count];
}

void apus_slab_free(void *block, size_t size_class) {
  magazine *kept = &magazines[index_of(size_class)];
  if (kept->count == kept_max) give_back(kept, moved_count);
  kept->blocks[kept->count++] = block;
}

void apus_slab_flush_cache(void) {
  for (size_t index = 0; index < class_count; index++)
    if (magazines[index].count) give_back(&magazines[index], magazines[index].count);
}
