// A count of who else holds a piece of memory, for pieces that several threads may let go.
#ifndef APUS_HOLDS_H
#define APUS_HOLDS_H

#include <stdbool.h>
#include <stdint.h>

/// One more holder. REQUIRES: the caller holds the piece itself.
static inline void apus_hold_add(uint64_t *_Nonnull others) {
  __atomic_fetch_add(others, 1, __ATOMIC_RELAXED);
}

/// Whether others hold the piece. False stays false until the caller adds one.
static inline bool apus_hold_is_shared(const uint64_t *_Nonnull others) {
  return __atomic_load_n(others, __ATOMIC_ACQUIRE) != 0;
}

/// One holder less; true if that was the last one, who then frees the piece.
static inline bool apus_hold_drop(uint64_t *_Nonnull others) {
  // Nobody but a holder adds one, so the last needs no atomic change.
  if (!apus_hold_is_shared(others)) { return true; }
  return __atomic_fetch_sub(others, 1, __ATOMIC_ACQ_REL) == 0;
}

#endif
