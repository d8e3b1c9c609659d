// Searching among the scores of a node of a sorted set's tree.
#ifndef APUS_SCORES_H
#define APUS_SCORES_H

#include <stddef.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// How many of the scores, which rise, are less than `value`. All are compared: for the few dozen
/// of a node that takes less time than the wrongly predicted branches of a binary search.
static inline size_t apus_count_below(const double *_Nonnull scores, size_t count, double value) {
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

#endif
