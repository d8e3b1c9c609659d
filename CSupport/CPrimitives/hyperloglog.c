#include "include/apus_hyperloglog.h"

#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi")))

bool apus_hll_supports(apus_hll_variant variant) {
  switch (variant) {
  case APUS_HLL_PORTABLE: return true;
  case APUS_HLL_AVX2: return __builtin_cpu_supports("avx2");
  case APUS_HLL_AVX512:  // with AVX2 for what gains nothing by more
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi");
  default: return false;
  }
}

apus_hll_variant apus_hll_best(void) {
  if (apus_hll_supports(APUS_HLL_AVX512)) return APUS_HLL_AVX512;
  return apus_hll_supports(APUS_HLL_AVX2) ? APUS_HLL_AVX2 : APUS_HLL_PORTABLE;
}

// --- Dense to bytes: four registers in three bytes, the first one in the lowest bits

static uint32_t load_three(const uint8_t *bytes) {
  return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16;
}

static void merge_plain(uint8_t *bytes, const uint8_t *dense) {
  for (size_t index = 0; index < apus_hll_register_count; index += 4, dense += 3) {
    uint32_t four = load_three(dense);
    for (size_t place = 0; place < 4; place++) {
      uint8_t value = four >> 6 * place & 63;
      if (value > bytes[index + place]) bytes[index + place] = value;
    }
  }
}

AVX2 static void merge_avx2(uint8_t *bytes, const uint8_t *dense) {
  // Each half holds twelve bytes of registers: the lower one reads four bytes beyond them, the
  // upper one four before, so that both stay within the 24 bytes of a step. Bytes 1 and 2 of each
  // three are wanted twice, as 16 bits with two whole registers in them.
  const __m256i spread = _mm256_setr_epi8(
      0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11,
      4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11, 12, 13, 14, 14, 15);
  const __m256i low = _mm256_set1_epi16(0x003f), high = _mm256_set1_epi16(0x3f00);
  for (size_t index = 0; index < apus_hll_register_count; index += 32, dense += 24) {
    __m256i packed = _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)dense)),
        _mm_loadu_si128((const __m128i *)(dense + 8)), 1);
    __m256i pairs = _mm256_shuffle_epi8(packed, spread);
    // In every other 16 bits the registers begin at bit 4.
    pairs = _mm256_blend_epi16(pairs, _mm256_srli_epi16(pairs, 4), 0xaa);
    __m256i values = _mm256_or_si256(_mm256_and_si256(pairs, low),
                                     _mm256_and_si256(_mm256_slli_epi16(pairs, 2), high));
    __m256i *target = (__m256i *)(bytes + index);
    _mm256_storeu_si256(target, _mm256_max_epu8(_mm256_loadu_si256(target), values));
  }
}

/// Eight registers lie in six bytes: those are spread to eight, of which each eight bits from bit
/// 0, 6, 12 ... 42 on begin with a register.
AVX512 static void merge_avx512(uint8_t *bytes, const uint8_t *dense) {
  uint8_t places[64];
  for (size_t place = 0; place < 64; place++) places[place] = (uint8_t)(place / 8 * 6 + place % 8);
  const __m512i spread = _mm512_loadu_si512(places);
  const __m512i starts = _mm512_set1_epi64(0x2a241e18120c0600), low = _mm512_set1_epi8(63);
  const __mmask64 step = 0x0000ffffffffffff;
  for (size_t index = 0; index < apus_hll_register_count; index += 64, dense += 48) {
    __m512i sixes = _mm512_permutexvar_epi8(spread, _mm512_maskz_loadu_epi8(step, dense));
    __m512i values = _mm512_and_si512(_mm512_multishift_epi64_epi8(starts, sixes), low);
    uint8_t *target = bytes + index;
    _mm512_storeu_si512(target, _mm512_max_epu8(_mm512_loadu_si512(target), values));
  }
}

void apus_hll_merge_dense(apus_hll_variant variant, uint8_t *bytes, const uint8_t *dense) {
  switch (variant) {
  case APUS_HLL_AVX512: return merge_avx512(bytes, dense);
  case APUS_HLL_AVX2: return merge_avx2(bytes, dense);
  default: merge_plain(bytes, dense);
  }
}

// --- Bytes to dense

static void pack_plain(uint8_t *dense, const uint8_t *bytes) {
  for (size_t index = 0; index < apus_hll_register_count; index += 4, dense += 3) {
    uint32_t four = bytes[index] | (uint32_t)bytes[index + 1] << 6 |
                    (uint32_t)bytes[index + 2] << 12 | (uint32_t)bytes[index + 3] << 18;
    dense[0] = (uint8_t)four;
    dense[1] = (uint8_t)(four >> 8);
    dense[2] = (uint8_t)(four >> 16);
  }
}

AVX2 static void pack_avx2(uint8_t *dense, const uint8_t *bytes) {
  const __m256i gather = _mm256_setr_epi8(
      0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1,
      0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  // Products and sums instead of shifts: a + 64 b in 16 bits, then those two in 24 of 32.
  const __m256i pair = _mm256_set1_epi16(0x4001), quad = _mm256_set1_epi32(0x10000001);
  for (size_t index = 0; index < apus_hll_register_count; index += 32, dense += 24) {
    __m256i values = _mm256_loadu_si256((const __m256i *)(bytes + index));
    __m256i fours = _mm256_madd_epi16(_mm256_maddubs_epi16(values, pair), quad);
    __m256i packed = _mm256_shuffle_epi8(fours, gather);
    __m128i upper = _mm256_extracti128_si256(packed, 1);
    _mm_storeu_si128((__m128i *)dense, _mm256_castsi256_si128(packed));
    memcpy(dense + 12, &upper, 12);
  }
}

void apus_hll_pack_dense(apus_hll_variant variant, uint8_t *dense, const uint8_t *bytes) {
  if (variant == APUS_HLL_PORTABLE) return pack_plain(dense, bytes);
  pack_avx2(dense, bytes);
}

// --- Histogram

static void histogram_plain(const uint8_t *bytes, uint32_t *counts) {
  // Equal neighbours are the rule, and adding to one counter twice in a row has to wait for it.
  uint32_t parts[4][apus_hll_value_count] = {0};
  for (size_t index = 0; index < apus_hll_register_count; index += 4)
    for (size_t part = 0; part < 4; part++) parts[part][bytes[index + part] & 63]++;
  for (size_t value = 0; value < apus_hll_value_count; value++)
    counts[value] = parts[0][value] + parts[1][value] + parts[2][value] + parts[3][value];
}

/// All but a few values lie close together, some ten of 64: the range is looked for first, then
/// each value in it is counted by comparing, until the few registers left can be picked out.
AVX2 static void find_range(const uint8_t *bytes, uint8_t *least, uint8_t *greatest) {
  __m256i low = _mm256_set1_epi8(-1), high = _mm256_setzero_si256();
  for (size_t index = 0; index < apus_hll_register_count; index += 32) {
    __m256i block = _mm256_loadu_si256((const __m256i *)(bytes + index));
    low = _mm256_min_epu8(low, block);
    high = _mm256_max_epu8(high, block);
  }
  uint8_t lows[32], highs[32];
  _mm256_storeu_si256((__m256i *)lows, low);
  _mm256_storeu_si256((__m256i *)highs, high);
  *least = lows[0];
  *greatest = highs[0];
  for (size_t index = 1; index < 32; index++) {
    if (lows[index] < *least) *least = lows[index];
    if (highs[index] > *greatest) *greatest = highs[index];
  }
}

AVX2 static uint32_t sum_bytes(__m256i bytes) {
  __m256i sums = _mm256_sad_epu8(bytes, _mm256_setzero_si256());
  __m128i half = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  return (uint32_t)(_mm_cvtsi128_si64(half) + _mm_extract_epi64(half, 1));
}

/// Counts four values from `first` on in one pass.
AVX2 static void count_four(const uint8_t *bytes, uint8_t first, uint32_t *counts) {
  const __m256i a = _mm256_set1_epi8((char)first), b = _mm256_set1_epi8((char)(first + 1)),
                c = _mm256_set1_epi8((char)(first + 2)), d = _mm256_set1_epi8((char)(first + 3));
  // A byte holds up to 255 matches: the 512 vectors are taken in four parts.
  for (size_t part = 0; part < apus_hll_register_count; part += apus_hll_register_count / 4) {
    __m256i of_a = _mm256_setzero_si256(), of_b = of_a, of_c = of_a, of_d = of_a;
    for (size_t index = 0; index < apus_hll_register_count / 4; index += 32) {
      __m256i block = _mm256_loadu_si256((const __m256i *)(bytes + part + index));
      of_a = _mm256_sub_epi8(of_a, _mm256_cmpeq_epi8(block, a));
      of_b = _mm256_sub_epi8(of_b, _mm256_cmpeq_epi8(block, b));
      of_c = _mm256_sub_epi8(of_c, _mm256_cmpeq_epi8(block, c));
      of_d = _mm256_sub_epi8(of_d, _mm256_cmpeq_epi8(block, d));
    }
    counts[0] += sum_bytes(of_a);
    counts[1] += sum_bytes(of_b);
    counts[2] += sum_bytes(of_c);
    counts[3] += sum_bytes(of_d);
  }
}

/// Counts the few registers above `limit`, one by one.
AVX2 static void count_above(const uint8_t *bytes, uint8_t limit, uint32_t *counts) {
  const __m256i limits = _mm256_set1_epi8((char)limit);
  for (size_t index = 0; index < apus_hll_register_count; index += 32) {
    __m256i block = _mm256_loadu_si256((const __m256i *)(bytes + index));
    uint32_t above = (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi8(block, limits));
    for (; above != 0; above &= above - 1) counts[bytes[index + __builtin_ctz(above)] & 63]++;
  }
}

AVX2 static void histogram_avx2(const uint8_t *bytes, uint32_t *counts) {
  uint8_t least, greatest;
  find_range(bytes, &least, &greatest);
  memset(counts, 0, apus_hll_value_count * sizeof *counts);
  uint32_t left = apus_hll_register_count;
  // From a multiple of four on, so that no counter lies beyond the last.
  for (uint8_t first = least & 60; first <= (greatest & 63); first += 4) {
    count_four(bytes, first, counts + first);
    for (size_t place = 0; place < 4; place++) left -= counts[first + place];
    if (left <= 256) return count_above(bytes, first + 3, counts);
  }
}

void apus_hll_histogram(apus_hll_variant variant, const uint8_t *bytes, uint32_t *counts) {
  if (variant == APUS_HLL_PORTABLE) return histogram_plain(bytes, counts);
  histogram_avx2(bytes, counts);
}
