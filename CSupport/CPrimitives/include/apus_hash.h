// The keyed hash of the keyspace, inlined into the lookup.
//
// A folded multiplication (64 x 64 -> 128 bits, halves xored), as in wyhash, but with no constant
// that an attacker could know: all four words of the seed are random for each process, so the input
// that drives a factor to zero, wyhash's and rapidhash's seed-independent collision, cannot be
// written down beforehand. SipHash-1-2 costs three times as much for a 16-byte key.
#ifndef APUS_HASH_H
#define APUS_HASH_H

#include "apus_bytes.h"

typedef struct {
  uint64_t words[4];
} apus_hash_seed;

static inline uint64_t apus_fold(uint64_t left, uint64_t right) {
  __uint128_t product = (__uint128_t)left * right;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t apus_hash_long(const uint8_t *_Nonnull bytes, size_t count,
                        const apus_hash_seed *_Nonnull seed);

/// The 64-bit hash of `count` bytes under `seed`.
static inline uint64_t apus_hash(const uint8_t *_Nonnull bytes, size_t count,
                                 const apus_hash_seed *_Nonnull seed) {
  uint64_t low, high;
  if (count > 16) {
    if (count > 32) return apus_hash_long(bytes, count, seed);
    uint64_t first = apus_fold(apus_load_u64(bytes) ^ seed->words[2],
                               apus_load_u64(bytes + 8) ^ seed->words[3]);
    low = apus_load_u64(bytes + count - 16) ^ first;
    high = apus_load_u64(bytes + count - 8);
  } else if (count >= 8) {
    low = apus_load_u64(bytes);
    high = apus_load_u64(bytes + count - 8);
  } else {
    low = apus_load_prefix(bytes, count);
    high = 0;
  }
  uint64_t mixed = apus_fold(low ^ seed->words[0], high ^ seed->words[1] ^ count);
  return apus_fold(mixed ^ seed->words[2], seed->words[3] ^ count);
}

#endif
