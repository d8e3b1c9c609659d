// Searching among the scores and grades of a node of a sorted set's tree.
#ifndef APUS_SCORES_H
#define APUS_SCORES_H

#include <stddef.h>
#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// How many of the scores, which rise, are less than `value`. All are compared: for the few dozen
/// of a node that takes less time than the wrongly predicted branches of a binary search.
static inline size_t apus_count_less(const double *_Nonnull scores, size_t count, double value) {
  size_t index = 0, below = 0;
#if defined(__SSE2__)
  __m128d bound = _mm_set1_pd(value);
  __m128i first = _mm_setzero_si128(), second = first;
  for (; index + 4 <= count; index += 4) {
    first = _mm_sub_epi64(
        first, _mm_castpd_si128(_mm_cmplt_pd(_mm_loadu_pd(scores + index), bound)));
    second = _mm_sub_epi64(
        second, _mm_castpd_si128(_mm_cmplt_pd(_mm_loadu_pd(scores + index + 2), bound)));
  }
  first = _mm_add_epi64(first, second);
  below = (size_t)_mm_cvtsi128_si64(_mm_add_epi64(first, _mm_unpackhi_epi64(first, first)));
#endif
  for (; index < count; index++) below += scores[index] < value;
  return below;
}

/// How many of the grades, which rise, are below `value`.
static inline size_t apus_count_below(
    const uint16_t *_Nonnull grades, size_t count, uint16_t value) {
  size_t index = 0, below = 0;
#if defined(__SSE2__)
  // Grades are compared as signed numbers, so all are turned around by half the range.
  __m128i half = _mm_set1_epi16((short)0x8000);
  __m128i bound = _mm_xor_si128(_mm_set1_epi16((short)value), half), sum = _mm_setzero_si128();
  for (; index + 8 <= count; index += 8) {
    __m128i found = _mm_loadu_si128((const __m128i *)(grades + index));
    sum = _mm_sub_epi16(sum, _mm_cmplt_epi16(_mm_xor_si128(found, half), bound));
  }
  // No lane holds more than an eighth of a leaf's entries; adding neighbours widens to 32 bits.
  sum = _mm_madd_epi16(sum, _mm_set1_epi16(1));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
  below = (size_t)(uint32_t)_mm_cvtsi128_si32(sum);
#endif
  for (; index < count; index++) below += grades[index] < value;
  return below;
}

#endif
