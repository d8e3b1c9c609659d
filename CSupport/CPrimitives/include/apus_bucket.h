// Tag matching in a bucket's control word: one SIMD compare answers for all seven slots.
#ifndef APUS_BUCKET_H
#define APUS_BUCKET_H

#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>

/// A bit for each of the seven slots (bits 0 to 6) whose tag byte equals `tag`.
static inline uint32_t apus_match_tags(uint64_t control, uint8_t tag) {
  __m128i tags = _mm_cvtsi64_si128((long long)control);
  __m128i wanted = _mm_set1_epi8((char)tag);
  return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(tags, wanted)) & 0x7f;
}
#else
static inline uint32_t apus_match_tags(uint64_t control, uint8_t tag) {
  uint32_t matches = 0;
  for (uint32_t slot = 0; slot < 7; slot++)
    matches |= (uint32_t)((uint8_t)(control >> (8 * slot)) == tag) << slot;
  return matches;
}
#endif

#endif
