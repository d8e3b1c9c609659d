// Memory that is kept for reuse and belongs to nobody meanwhile.
//
// The sanitized build (Tests/run-sanitized) reports who touches it; elsewhere these are nothing.
#ifndef APUS_POISON_H
#define APUS_POISON_H

#include <stddef.h>

#ifdef APUS_SYSTEM_MALLOC
void __asan_poison_memory_region(void const volatile *_Nonnull address, size_t size);
void __asan_unpoison_memory_region(void const volatile *_Nonnull address, size_t size);
#endif

/// Nobody may touch the bytes until `apus_unpoison`.
static inline void apus_poison(const void *_Nonnull start, size_t count) {
#ifdef APUS_SYSTEM_MALLOC
  __asan_poison_memory_region(start, count);
#else
  (void)start, (void)count;
#endif
}

/// The bytes have an owner again. REQUIRES: done before memory is freed.
static inline void apus_unpoison(const void *_Nonnull start, size_t count) {
#ifdef APUS_SYSTEM_MALLOC
  __asan_unpoison_memory_region(start, count);
#else
  (void)start, (void)count;
#endif
}

#endif
