// The registers of a HyperLogLog in bulk, where Swift has no vectors to offer: 16384 of them, dense
// (six bits each, 12288 bytes) or as bytes of their own.
//
// The widest instructions that the processor has are chosen at run time, or plain C where PFDEBUG
// asks for it; the results are the same. Tests ask for each set by name.
#ifndef APUS_HYPERLOGLOG_H
#define APUS_HYPERLOGLOG_H

#include <emmintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  apus_hll_register_count = 16384,
  apus_hll_dense_byte_count = apus_hll_register_count / 4 * 3,
  apus_hll_value_count = 64,
};

/// A set of instructions. Every machine has the first.
typedef enum {
  APUS_HLL_PORTABLE = 0,
  APUS_HLL_AVX2 = 1,
  APUS_HLL_AVX512 = 2,
} apus_hll_variant;

/// Whether the processor and the system have these instructions.
bool apus_hll_supports(apus_hll_variant variant);
/// The best variant of this machine.
apus_hll_variant apus_hll_best(void);

/// Raises each of the registers in bytes to the one in `dense`. REQUIRES, here and below: the
/// machine supports the variant.
void apus_hll_merge_dense(apus_hll_variant variant, uint8_t *_Nonnull bytes,
                          const uint8_t *_Nonnull dense);

/// Writes the registers in bytes, all below 64, to `dense`.
void apus_hll_pack_dense(apus_hll_variant variant, uint8_t *_Nonnull dense,
                         const uint8_t *_Nonnull bytes);

/// Counts how many of the registers in bytes, all below 64, have each of the 64 values.
void apus_hll_histogram(apus_hll_variant variant, const uint8_t *_Nonnull bytes,
                        uint32_t *_Nonnull counts);

/// How many registers sixteen sparse opcodes of one byte cover; 0 if one among them has two bytes.
static inline uint32_t apus_hll_block_span(const uint8_t *_Nonnull opcodes) {
  __m128i block = _mm_loadu_si128((const __m128i *)opcodes);
  __m128i kind = _mm_and_si128(block, _mm_set1_epi8((char)0xc0));
  if (_mm_movemask_epi8(_mm_cmpeq_epi8(kind, _mm_set1_epi8(0x40)))) return 0;
  // Of a value the two low bits are the length less one, of zeros (below 0x40) all six.
  __m128i is_value = _mm_cmplt_epi8(block, _mm_setzero_si128());
  __m128i mask = _mm_or_si128(_mm_set1_epi8(3), _mm_andnot_si128(is_value, _mm_set1_epi8(63)));
  __m128i sums = _mm_sad_epu8(_mm_and_si128(block, mask), _mm_setzero_si128());
  return 16 + (uint32_t)_mm_cvtsi128_si32(sums) + (uint32_t)_mm_extract_epi16(sums, 4);
}

#endif
