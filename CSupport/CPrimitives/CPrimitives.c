#include "include/apus_hash.h"

uint64_t apus_hash_long(const uint8_t *bytes, size_t count, const apus_hash_seed *seed) {
  // Two independent chains keep two multipliers busy; the tail overlaps what was already read.
  uint64_t even = seed->words[2], odd = seed->words[3];
  size_t left = count;
  const uint8_t *cursor = bytes;
  while (left > 32) {
    even = apus_fold(apus_load_u64(cursor) ^ seed->words[0], apus_load_u64(cursor + 8) ^ even);
    odd = apus_fold(apus_load_u64(cursor + 16) ^ seed->words[1], apus_load_u64(cursor + 24) ^ odd);
    cursor += 32;
    left -= 32;
  }
  const uint8_t *tail = bytes + count - 32;
  even = apus_fold(apus_load_u64(tail) ^ seed->words[0], apus_load_u64(tail + 8) ^ even);
  odd = apus_fold(apus_load_u64(tail + 16) ^ seed->words[1], apus_load_u64(tail + 24) ^ odd);
  uint64_t mixed = apus_fold(even ^ seed->words[1], odd ^ seed->words[0] ^ count);
  return apus_fold(mixed ^ seed->words[2], seed->words[3] ^ count);
}
