// The loops are written once, on vectors of 64 bytes that the compiler makes of whatever registers
// a variant has: four of SSE2 or NEON, two of AVX2, one of AVX-512. Only counting and searching
// need instructions of their own.
#include "bits_kernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { WIDTH = 64 };
typedef uint64_t wide __attribute__((vector_size(WIDTH), aligned(1), may_alias));
typedef uint64_t word __attribute__((aligned(1), may_alias));

#define AND(left, right) ((left) & (right))
#define OR(left, right) ((left) | (right))
#define XOR(left, right) ((left) ^ (right))
#define WITHOUT(left, right) ((left) & ~(right))

/// out[i] = OPERATION(left[i], right[i]), from `index` on, for as long as a whole `type` is left.
#define STEP(type, OPERATION)                                                                   \
  for (; index + sizeof(type) <= count; index += sizeof(type))                                  \
    *(type *)(out + index) =                                                                    \
        OPERATION(*(const type *)(left + index), *(const type *)(right + index));

#define PAIR(name, OPERATION, TARGET)                                                           \
  TARGET static void name(uint8_t *out, const uint8_t *left, const uint8_t *right,              \
                          size_t count) {                                                       \
    size_t index = 0;                                                                           \
    STEP(wide, OPERATION)                                                                       \
    STEP(word, OPERATION)                                                                       \
    STEP(uint8_t, OPERATION)                                                                    \
  }

#define NOT_STEP(type)                                                                          \
  for (; index + sizeof(type) <= count; index += sizeof(type))                                  \
    *(type *)(out + index) = (type)~*(const type *)(bytes + index);

#define COUNT_UP_STEP(type)                                                                     \
  for (; index + sizeof(type) <= count; index += sizeof(type)) {                                \
    type seen = *(const type *)(once + index), now = *(const type *)(bytes + index);            \
    type many = *(const type *)(more + index) | (seen & now);                                   \
    *(type *)(more + index) = many;                                                             \
    *(type *)(once + index) = (seen ^ now) & ~many;                                             \
  }

/// Everything but counting and searching, for the instructions that TARGET names.
#define LOOPS(suffix, TARGET)                                                                   \
  PAIR(and_##suffix, AND, TARGET)                                                               \
  PAIR(or_##suffix, OR, TARGET)                                                                 \
  PAIR(xor_##suffix, XOR, TARGET)                                                               \
  PAIR(without_##suffix, WITHOUT, TARGET)                                                       \
  TARGET static void not_##suffix(uint8_t *out, const uint8_t *bytes, size_t count) {           \
    size_t index = 0;                                                                           \
    NOT_STEP(wide)                                                                              \
    NOT_STEP(word)                                                                              \
    NOT_STEP(uint8_t)                                                                           \
  }                                                                                             \
  TARGET static void count_up_##suffix(uint8_t *once, uint8_t *more, const uint8_t *bytes,      \
                                       size_t count) {                                          \
    size_t index = 0;                                                                           \
    COUNT_UP_STEP(wide)                                                                         \
    COUNT_UP_STEP(word)                                                                         \
    COUNT_UP_STEP(uint8_t)                                                                      \
  }

#define KERNELS(suffix)                                                                         \
  {                                                                                             \
    .count = count_##suffix, .skip = skip_##suffix, .not = not_##suffix, .and = and_##suffix,   \
    .or = or_##suffix, .xor = xor_##suffix, .without = without_##suffix,                        \
    .count_up = count_up_##suffix,                                                              \
  }

// MARK: Words

/// The rest of a run that is too short for a vector.
__attribute__((always_inline)) static inline size_t count_words(const uint8_t *bytes,
                                                                size_t count) {
  size_t sum = 0, index = 0;
  for (; index + sizeof(word) <= count; index += sizeof(word))
    sum += (size_t)__builtin_popcountll(*(const word *)(bytes + index));
  for (; index < count; index++) sum += (size_t)__builtin_popcount(bytes[index]);
  return sum;
}

/// As `skip` of the kernels, from `index` on.
static size_t skip_words(const uint8_t *bytes, size_t count, uint8_t skipped, size_t index) {
  uint64_t same = 0x0101010101010101ULL * skipped;
  while (index + sizeof(word) <= count && *(const word *)(bytes + index) == same)
    index += sizeof(word);
  while (index < count && bytes[index] == skipped) index++;
  return index;
}

static size_t count_portable(const uint8_t *bytes, size_t count) {
  return count_words(bytes, count);
}

static size_t skip_portable(const uint8_t *bytes, size_t count, uint8_t skipped) {
  return skip_words(bytes, count, skipped, 0);
}

LOOPS(portable, )
const struct kernels apus_bits_portable = KERNELS(portable);

#if defined(__x86_64__)

// MARK: AVX2

#define AVX2 __attribute__((target("avx2,popcnt")))

/// Counts four bits at a time by a table in a register (Muła).
AVX2 static size_t count_avx2(const uint8_t *bytes, size_t count) {
  const __m256i low = _mm256_set1_epi8(15);
  const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                         0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i zero = _mm256_setzero_si256();
  __m256i sums = zero;
  size_t index = 0;
  while (index + 32 <= count) {
    // A byte of the sums grows by 8 at most and holds 255.
    __m256i byte_sums = zero;
    for (int round = 0; round < 31 && index + 32 <= count; round++, index += 32) {
      __m256i part = _mm256_loadu_si256((const __m256i *)(bytes + index));
      __m256i high = _mm256_and_si256(_mm256_srli_epi16(part, 4), low);
      byte_sums = _mm256_add_epi8(byte_sums,
                                  _mm256_shuffle_epi8(table, _mm256_and_si256(part, low)));
      byte_sums = _mm256_add_epi8(byte_sums, _mm256_shuffle_epi8(table, high));
    }
    sums = _mm256_add_epi64(sums, _mm256_sad_epu8(byte_sums, zero));
  }
  uint64_t parts[4];
  _mm256_storeu_si256((__m256i *)parts, sums);
  return parts[0] + parts[1] + parts[2] + parts[3] + count_words(bytes + index, count - index);
}

AVX2 static size_t skip_avx2(const uint8_t *bytes, size_t count, uint8_t skipped) {
  const __m256i same = _mm256_set1_epi8((char)skipped);
  size_t index = 0;
  for (; index + 64 <= count; index += 64) {
    __m256i left = _mm256_loadu_si256((const __m256i *)(bytes + index));
    __m256i right = _mm256_loadu_si256((const __m256i *)(bytes + index + 32));
    __m256i both = _mm256_or_si256(_mm256_xor_si256(left, same), _mm256_xor_si256(right, same));
    if (!_mm256_testz_si256(both, both)) break;
  }
  return skip_words(bytes, count, skipped, index);
}

LOOPS(avx2, AVX2)
const struct kernels apus_bits_avx2 = KERNELS(avx2);

// MARK: AVX-512

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vpopcntdq,avx2,popcnt")))

/// The next 64 bytes, or what is left of them with zeros behind.
#define LOAD_REST(part, mask)                                                                   \
  size_t left = count - index;                                                                  \
  __mmask64 mask = left < 64 ? ((__mmask64)1 << left) - 1 : ~(__mmask64)0;                      \
  __m512i part = _mm512_maskz_loadu_epi8(mask, bytes + index);

AVX512 static size_t count_avx512(const uint8_t *bytes, size_t count) {
  // Two sums, so that an addition need not wait for the one before.
  __m512i even = _mm512_setzero_si512(), odd = _mm512_setzero_si512();
  size_t index = 0;
  for (; index + 128 <= count; index += 128) {
    even = _mm512_add_epi64(even, _mm512_popcnt_epi64(_mm512_loadu_si512(bytes + index)));
    odd = _mm512_add_epi64(odd, _mm512_popcnt_epi64(_mm512_loadu_si512(bytes + index + 64)));
  }
  for (; index < count; index += 64) {
    LOAD_REST(part, mask)
    even = _mm512_add_epi64(even, _mm512_popcnt_epi64(part));
  }
  return (size_t)_mm512_reduce_add_epi64(_mm512_add_epi64(even, odd));
}

AVX512 static size_t skip_avx512(const uint8_t *bytes, size_t count, uint8_t skipped) {
  const __m512i same = _mm512_set1_epi8((char)skipped);
  size_t index = 0;
  for (; index + 128 <= count; index += 128) {
    __m512i first = _mm512_xor_si512(_mm512_loadu_si512(bytes + index), same);
    __m512i second = _mm512_xor_si512(_mm512_loadu_si512(bytes + index + 64), same);
    __m512i both = _mm512_or_si512(first, second);
    if (_mm512_test_epi64_mask(both, both)) break;
  }
  for (; index < count; index += 64) {
    LOAD_REST(part, mask)
    __mmask64 other = _mm512_mask_cmpneq_epi8_mask(mask, part, same);
    if (other) return index + (size_t)__builtin_ctzll(other);
  }
  return count;
}

LOOPS(avx512, AVX512)
const struct kernels apus_bits_avx512 = KERNELS(avx512);

#endif
