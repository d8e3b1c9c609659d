// Tag matching: one SIMD compare answers for all seven slots of a bucket, or for sixteen tags.
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

/// A bit for each of the sixteen bytes at `tags` that equals `tag`.
static inline uint32_t apus_match_tags_16(const uint8_t *_Nonnull tags, uint8_t tag) {
  __m128i loaded = _mm_loadu_si128((const __m128i *)tags);
  return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(loaded, _mm_set1_epi8((char)tag)));
}
#else
static inline uint32_t apus_match_tags(uint64_t control, uint8_t tag) {
  uint32_t matches = 0;
  for (uint32_t slot = 0; slot < 7; slot++)
    matches |= (uint32_t)((uint8_t)(control >> (8 * slot)) == tag) << slot;
  return matches;
}

static inline uint32_t apus_match_tags_16(const uint8_t *_Nonnull tags, uint8_t tag) {
  uint32_t matches = 0;
  for (uint32_t index = 0; index < 16; index++)
    matches |= (uint32_t)(tags[index] == tag) << index;
  return matches;
}
#endif

#endif
