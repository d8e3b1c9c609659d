// Decimal text: how long it is, and the heads of replies.
#ifndef APUS_DECIMAL_H
#define APUS_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

/// How many decimal digits `value` has; 1 for 0.
static inline size_t apus_decimal_digit_count(uint64_t value) {
  static const uint64_t powers[20] = {
      1ULL,
      10ULL,
      100ULL,
      1000ULL,
      10000ULL,
      100000ULL,
      1000000ULL,
      10000000ULL,
      100000000ULL,
      1000000000ULL,
      10000000000ULL,
      100000000000ULL,
      1000000000000ULL,
      10000000000000ULL,
      100000000000000ULL,
      1000000000000000ULL,
      10000000000000000ULL,
      100000000000000000ULL,
      1000000000000000000ULL,
      10000000000000000000ULL,
  };
  value |= 1;
  // 1233 / 4096 is the logarithm of 2, near enough for 64 bits.
  unsigned bits = 64 - (unsigned)__builtin_clzll(value), guess = bits * 1233 >> 12;
  return guess + (value >= powers[guess]);
}

/// The head of a bulk string of fewer than a hundred bytes, `$7\r\n` or `$42\r\n`, as a
/// little-endian word.
static inline uint64_t apus_bulk_head(uint64_t count) {
  if (count < 10) return 0x0A0D3024 + (count << 8);
  uint64_t tens = count * 103 >> 10;
  return 0x0A0D303024 + (tens << 8) + ((count - 10 * tens) << 16);
}

#endif
