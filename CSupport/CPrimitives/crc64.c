#include "include/apus_crc64.h"

#include "include/apus_bytes.h"

// The polynomial with its bits reversed.
static const uint64_t polynomial = 0x95ac9329ac4bc9b5;

// tables[k][b]: what byte b leaves behind when k further bytes have passed. Filled before `main`,
// so that no thread and no forked child ever meets it half done.
static uint64_t tables[8][256];

__attribute__((constructor)) static void fill_tables(void) {
  for (unsigned byte = 0; byte < 256; byte++) {
    uint64_t crc = byte;
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ polynomial : crc >> 1;
    tables[0][byte] = crc;
  }
  for (int passed = 1; passed < 8; passed++) {
    for (unsigned byte = 0; byte < 256; byte++) {
      uint64_t crc = tables[passed - 1][byte];
      tables[passed][byte] = tables[0][crc & 0xff] ^ crc >> 8;
    }
  }
}

static uint64_t by_tables(uint64_t crc, const uint8_t *bytes, size_t count) {
  while (count >= 8) {
    crc ^= apus_load_u64(bytes);
    crc = tables[7][crc & 0xff] ^ tables[6][crc >> 8 & 0xff] ^ tables[5][crc >> 16 & 0xff] ^
          tables[4][crc >> 24 & 0xff] ^ tables[3][crc >> 32 & 0xff] ^ tables[2][crc >> 40 & 0xff] ^
          tables[1][crc >> 48 & 0xff] ^ tables[0][crc >> 56];
    bytes += 8;
    count -= 8;
  }
  while (count--) crc = tables[0][(crc ^ *bytes++) & 0xff] ^ crc >> 8;
  return crc;
}

#if defined(__x86_64__)
#include <immintrin.h>

// Moving 128 bits by n bits along the message multiplies them by x^n modulo the polynomial: the
// half that comes first by x^(n + 64 - 1), the other by x^(n - 1); the 1 is what a product of two
// reversed numbers is shifted by. The constants below are those powers, reversed. Folding leaves
// 16 bytes with the same remainder as all, which the tables finish.
// (Gopal and others, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction".)
static const uint64_t power_575 = 0xaf86efb16d9ab4fb, power_511 = 0xf49784a634f014e4;
static const uint64_t power_191 = 0xd9d7be7d505da32c, power_127 = 0x381d0015c96f4444;

__attribute__((target("pclmul,sse4.1"))) static inline __m128i fold(
    __m128i bits, __m128i powers, __m128i next) {
  __m128i first = _mm_clmulepi64_si128(bits, powers, 0x00);
  __m128i second = _mm_clmulepi64_si128(bits, powers, 0x11);
  return _mm_xor_si128(next, _mm_xor_si128(first, second));
}

// REQUIRES: count >= 64.
__attribute__((target("pclmul,sse4.1"))) static uint64_t by_folding(
    uint64_t crc, const uint8_t *bytes, size_t count) {
  const __m128i *blocks = (const __m128i *)bytes;
  __m128i a = _mm_xor_si128(_mm_loadu_si128(blocks), _mm_cvtsi64_si128((long long)crc));
  __m128i b = _mm_loadu_si128(blocks + 1);
  __m128i c = _mm_loadu_si128(blocks + 2);
  __m128i d = _mm_loadu_si128(blocks + 3);
  const __m128i far = _mm_set_epi64x((long long)power_511, (long long)power_575);
  for (blocks += 4, count -= 64; count >= 64; blocks += 4, count -= 64) {
    a = fold(a, far, _mm_loadu_si128(blocks));
    b = fold(b, far, _mm_loadu_si128(blocks + 1));
    c = fold(c, far, _mm_loadu_si128(blocks + 2));
    d = fold(d, far, _mm_loadu_si128(blocks + 3));
  }
  const __m128i near = _mm_set_epi64x((long long)power_127, (long long)power_191);
  a = fold(fold(fold(a, near, b), near, c), near, d);
  for (; count >= 16; blocks++, count -= 16) a = fold(a, near, _mm_loadu_si128(blocks));
  uint8_t rest[16];
  _mm_storeu_si128((__m128i *)rest, a);
  return by_tables(by_tables(0, rest, 16), (const uint8_t *)blocks, count);
}
#endif

bool apus_crc64_supports(apus_crc64_variant variant) {
  switch (variant) {
  case APUS_CRC64_TABLES: return true;
#if defined(__x86_64__)
  case APUS_CRC64_FOLDING:
    return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
#endif
  default: return false;
  }
}

apus_crc64_variant apus_crc64_best(void) {
  return apus_crc64_supports(APUS_CRC64_FOLDING) ? APUS_CRC64_FOLDING : APUS_CRC64_TABLES;
}

uint64_t apus_crc64(
    apus_crc64_variant variant, uint64_t crc, const uint8_t *bytes, size_t count) {
#if defined(__x86_64__)
  if (variant == APUS_CRC64_FOLDING && count >= 64) return by_folding(crc, bytes, count);
#endif
  (void)variant;
  return by_tables(crc, bytes, count);
}
