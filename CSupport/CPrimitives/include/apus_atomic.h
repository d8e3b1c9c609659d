// Numbers that one thread writes and others read. All in one order, so that two threads that each
// store a number and then look at the other's cannot both find the old one.
#ifndef APUS_ATOMIC_H
#define APUS_ATOMIC_H

#include <stdint.h>

/// Sees what the writer did before it stored the value.
static inline uint64_t apus_atomic_load(const uint64_t *_Nonnull value) {
  return __atomic_load_n(value, __ATOMIC_SEQ_CST);
}

/// What was done before is seen by whoever loads the value.
static inline void apus_atomic_store(uint64_t *_Nonnull value, uint64_t new_value) {
  __atomic_store_n(value, new_value, __ATOMIC_SEQ_CST);
}

/// Stores a value and returns the one before.
static inline uint64_t apus_atomic_exchange(uint64_t *_Nonnull value, uint64_t new_value) {
  return __atomic_exchange_n(value, new_value, __ATOMIC_SEQ_CST);
}

/// Adds and returns the value before.
static inline uint64_t apus_atomic_add(uint64_t *_Nonnull value, uint64_t addend) {
  return __atomic_fetch_add(value, addend, __ATOMIC_SEQ_CST);
}

#endif
