// The inner loops of the bit operations, one set for each variant of instructions.
#ifndef APUS_BITS_KERNELS_H
#define APUS_BITS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/// Writes the combination of two runs of `count` bytes to `out`, which may be one of them.
typedef void pair_kernel(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count);

struct kernels {
  size_t (*count)(const uint8_t *bytes, size_t count);
  size_t (*skip)(const uint8_t *bytes, size_t count, uint8_t skipped);
  void (*not)(uint8_t *out, const uint8_t *bytes, size_t count);
  pair_kernel *and, *or, *xor;
  /// The left run's bits that the right one does not have.
  pair_kernel *without;
  /// Moves what the run has of `once` to `more`, and what neither has to `once`.
  void (*count_up)(uint8_t *once, uint8_t *more, const uint8_t *bytes, size_t count);
};

extern const struct kernels apus_bits_portable;
#if defined(__x86_64__)
extern const struct kernels apus_bits_avx2, apus_bits_avx512;
#endif

#endif
