// Byte loads, comparisons and prefetch, inlined into Swift, which has no form of its own for them.
#ifndef APUS_BYTES_H
#define APUS_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t apus_load_u64(const void *_Nonnull pointer) {
  uint64_t word;
  memcpy(&word, pointer, sizeof word);
  return word;
}

static inline uint32_t apus_load_u32(const void *_Nonnull pointer) {
  uint32_t word;
  memcpy(&word, pointer, sizeof word);
  return word;
}

/// The first `count` bytes (0 to 8) as a little-endian word, without reading past them.
static inline uint64_t apus_load_prefix(const uint8_t *_Nonnull pointer, size_t count) {
  if (count >= 8) return apus_load_u64(pointer);
  if (count >= 4) {
    uint64_t low = apus_load_u32(pointer), high = apus_load_u32(pointer + count - 4);
    return low | high << (8 * (count - 4));
  }
  uint64_t word = 0;
  if (count > 0) word = pointer[0];
  if (count > 1) word |= (uint64_t)pointer[1] << 8;
  if (count > 2) word |= (uint64_t)pointer[2] << 16;
  return word;
}

/// Lower-cases the ASCII letters among eight bytes and leaves every other byte alone.
static inline uint64_t apus_lowercase_word(uint64_t word) {
  const uint64_t ones = 0x0101010101010101ULL;
  uint64_t heptets = word & (0x7f * ones);
  uint64_t above_z = heptets + (0x7f - 'Z') * ones;
  uint64_t from_a = heptets + (0x80 - 'A') * ones;
  uint64_t ascii = ~word & (0x80 * ones);
  uint64_t upper = ascii & (from_a ^ above_z);
  return word | upper >> 2;
}

/// Equality of two runs of the same length; short runs, which keys are, without a call.
static inline bool apus_bytes_equal(const uint8_t *_Nonnull left, const uint8_t *_Nonnull right,
                                    size_t count) {
  if (count >= 8) {
    if (count > 64) return memcmp(left, right, count) == 0;
    size_t offset = 0;
    for (; offset + 8 <= count; offset += 8)
      if (apus_load_u64(left + offset) != apus_load_u64(right + offset)) return false;
    return apus_load_u64(left + count - 8) == apus_load_u64(right + count - 8);
  }
  return apus_load_prefix(left, count) == apus_load_prefix(right, count);
}

/// Below 0, 0 or above 0: the order of two runs of the same length.
static inline int apus_bytes_compare(const uint8_t *_Nonnull left, const uint8_t *_Nonnull right,
                                     size_t count) {
  return memcmp(left, right, count);
}

static inline bool apus_bytes_equal_ignoring_case(const uint8_t *_Nonnull left,
                                                  const uint8_t *_Nonnull right, size_t count) {
  for (; count >= 8; count -= 8, left += 8, right += 8)
    if (apus_lowercase_word(apus_load_u64(left)) != apus_lowercase_word(apus_load_u64(right)))
      return false;
  return apus_lowercase_word(apus_load_prefix(left, count)) ==
         apus_lowercase_word(apus_load_prefix(right, count));
}

/// Copies short runs without a call: values and keys of a few words are the common case.
static inline void apus_copy(uint8_t *_Nonnull target, const uint8_t *_Nonnull source,
                             size_t count) {
  if (count >= 8 && count <= 64) {
    size_t offset = 0;
    uint64_t last = apus_load_u64(source + count - 8);
    for (; offset + 8 <= count; offset += 8) memcpy(target + offset, source + offset, 8);
    memcpy(target + count - 8, &last, 8);
    return;
  }
  memcpy(target, source, count);
}

/// Copies runs of any length, the short ones without a call or a loop: by words that overlap.
static inline void apus_copy_short(uint8_t *_Nonnull target, const uint8_t *_Nonnull source,
                                   size_t count) {
  if (count > 64) {
    memcpy(target, source, count);
  } else if (count >= 16) {
    memcpy(target, source, 16);
    if (count > 32) {
      memcpy(target + 16, source + 16, 16);
      memcpy(target + count - 32, source + count - 32, 16);
    }
    memcpy(target + count - 16, source + count - 16, 16);
  } else if (count >= 8) {
    memcpy(target, source, 8);
    memcpy(target + count - 8, source + count - 8, 8);
  } else if (count >= 4) {
    memcpy(target, source, 4);
    memcpy(target + count - 4, source + count - 4, 4);
  } else if (count > 0) {
    target[0] = source[0];
    target[count >> 1] = source[count >> 1];
    target[count - 1] = source[count - 1];
  }
}

static inline void apus_prefetch(const void *_Nullable pointer) {
  __builtin_prefetch(pointer, 0, 3);
}

static inline int apus_memory_order(const uint8_t *_Nonnull left, const uint8_t *_Nonnull right,
                                    size_t count) {
  return memcmp(left, right, count);
}

#endif
