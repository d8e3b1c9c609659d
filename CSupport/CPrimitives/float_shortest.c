// Shortest text of a double by Grisu2 (Florian Loitsch, "Printing Floating-Point Numbers Quickly
// and Accurately with Integers", 2010).
//
// The value and the bounds of the interval that rounds to it are scaled by a cached power of ten
// into a range where the integer part fits 32 bits; digits are produced until the rest lies within
// the interval. The result always reads back as the same double; in about one case of a thousand
// it is a digit longer than the shortest, which is what Redis prints as well: exact Ryu would be
// shorter there, but would differ from Redis byte for byte.
#include "include/apus_float.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// value = fraction * 2^exponent
typedef struct {
  uint64_t fraction;
  int exponent;
} scaled;

// 10^decimal, rounded to 64 bits, for every eighth power.
static const struct {
  uint64_t fraction;
  int16_t exponent, decimal;
} powers[] = {
    {0xfa8fd5a0081c0288ULL, -1220, -348}, {0xbaaee17fa23ebf76ULL, -1193, -340},
    {0x8b16fb203055ac76ULL, -1166, -332}, {0xcf42894a5dce35eaULL, -1140, -324},
    {0x9a6bb0aa55653b2dULL, -1113, -316}, {0xe61acf033d1a45dfULL, -1087, -308},
    {0xab70fe17c79ac6caULL, -1060, -300}, {0xff77b1fcbebcdc4fULL, -1034, -292},
    {0xbe5691ef416bd60cULL, -1007, -284}, {0x8dd01fad907ffc3cULL, -980, -276},
    {0xd3515c2831559a83ULL, -954, -268}, {0x9d71ac8fada6c9b5ULL, -927, -260},
    {0xea9c227723ee8bcbULL, -901, -252}, {0xaecc49914078536dULL, -874, -244},
    {0x823c12795db6ce57ULL, -847, -236}, {0xc21094364dfb5637ULL, -821, -228},
    {0x9096ea6f3848984fULL, -794, -220}, {0xd77485cb25823ac7ULL, -768, -212},
    {0xa086cfcd97bf97f4ULL, -741, -204}, {0xef340a98172aace5ULL, -715, -196},
    {0xb23867fb2a35b28eULL, -688, -188}, {0x84c8d4dfd2c63f3bULL, -661, -180},
    {0xc5dd44271ad3cdbaULL, -635, -172}, {0x936b9fcebb25c996ULL, -608, -164},
    {0xdbac6c247d62a584ULL, -582, -156}, {0xa3ab66580d5fdaf6ULL, -555, -148},
    {0xf3e2f893dec3f126ULL, -529, -140}, {0xb5b5ada8aaff80b8ULL, -502, -132},
    {0x87625f056c7c4a8bULL, -475, -124}, {0xc9bcff6034c13053ULL, -449, -116},
    {0x964e858c91ba2655ULL, -422, -108}, {0xdff9772470297ebdULL, -396, -100},
    {0xa6dfbd9fb8e5b88fULL, -369, -92}, {0xf8a95fcf88747d94ULL, -343, -84},
    {0xb94470938fa89bcfULL, -316, -76}, {0x8a08f0f8bf0f156bULL, -289, -68},
    {0xcdb02555653131b6ULL, -263, -60}, {0x993fe2c6d07b7facULL, -236, -52},
    {0xe45c10c42a2b3b06ULL, -210, -44}, {0xaa242499697392d3ULL, -183, -36},
    {0xfd87b5f28300ca0eULL, -157, -28}, {0xbce5086492111aebULL, -130, -20},
    {0x8cbccc096f5088ccULL, -103, -12}, {0xd1b71758e219652cULL, -77, -4},
    {0x9c40000000000000ULL, -50, 4}, {0xe8d4a51000000000ULL, -24, 12},
    {0xad78ebc5ac620000ULL, 3, 20}, {0x813f3978f8940984ULL, 30, 28},
    {0xc097ce7bc90715b3ULL, 56, 36}, {0x8f7e32ce7bea5c70ULL, 83, 44},
    {0xd5d238a4abe98068ULL, 109, 52}, {0x9f4f2726179a2245ULL, 136, 60},
    {0xed63a231d4c4fb27ULL, 162, 68}, {0xb0de65388cc8ada8ULL, 189, 76},
    {0x83c7088e1aab65dbULL, 216, 84}, {0xc45d1df942711d9aULL, 242, 92},
    {0x924d692ca61be758ULL, 269, 100}, {0xda01ee641a708deaULL, 295, 108},
    {0xa26da3999aef774aULL, 322, 116}, {0xf209787bb47d6b85ULL, 348, 124},
    {0xb454e4a179dd1877ULL, 375, 132}, {0x865b86925b9bc5c2ULL, 402, 140},
    {0xc83553c5c8965d3dULL, 428, 148}, {0x952ab45cfa97a0b3ULL, 455, 156},
    {0xde469fbd99a05fe3ULL, 481, 164}, {0xa59bc234db398c25ULL, 508, 172},
    {0xf6c69a72a3989f5cULL, 534, 180}, {0xb7dcbf5354e9beceULL, 561, 188},
    {0x88fcf317f22241e2ULL, 588, 196}, {0xcc20ce9bd35c78a5ULL, 614, 204},
    {0x98165af37b2153dfULL, 641, 212}, {0xe2a0b5dc971f303aULL, 667, 220},
    {0xa8d9d1535ce3b396ULL, 694, 228}, {0xfb9b7cd9a4a7443cULL, 720, 236},
    {0xbb764c4ca7a44410ULL, 747, 244}, {0x8bab8eefb6409c1aULL, 774, 252},
    {0xd01fef10a657842cULL, 800, 260}, {0x9b10a4e5e9913129ULL, 827, 268},
    {0xe7109bfba19c0c9dULL, 853, 276}, {0xac2820d9623bf429ULL, 880, 284},
    {0x80444b5e7aa7cf85ULL, 907, 292}, {0xbf21e44003acdd2dULL, 933, 300},
    {0x8e679c2f5e44ff8fULL, 960, 308}, {0xd433179d9c8cb841ULL, 986, 316},
    {0x9e19db92b4e31ba9ULL, 1013, 324}, {0xeb96bf6ebadf77d9ULL, 1039, 332},
    {0xaf87023b9bf0ee6bULL, 1066, 340}, 
};

enum { power_count = sizeof powers / sizeof powers[0], power_step = 8 };

static scaled normalized(scaled value) {
  int shift = __builtin_clzll(value.fraction);
  return (scaled){value.fraction << shift, value.exponent - shift};
}

static scaled product(scaled value, int power) {
  __uint128_t wide = (__uint128_t)value.fraction * powers[power].fraction + ((uint64_t)1 << 63);
  return (scaled){(uint64_t)(wide >> 64), value.exponent + powers[power].exponent + 64};
}

// The cached power that brings the exponent into -60 ... -32.
static int power_for(int exponent) {
  int index = (int)((-(exponent + 61) * 0.30102999566398114 + 348) / power_step);
  if (index < 0) index = 0;
  if (index >= power_count) index = power_count - 1;
  while (index + 1 < power_count && exponent + powers[index].exponent + 64 < -60) index++;
  while (index > 0 && exponent + powers[index].exponent + 64 > -32) index--;
  return index;
}

// Lowers the last digit while that brings the text nearer to the value and keeps it inside.
static void approach(uint8_t *last, uint64_t width, uint64_t rest, uint64_t unit,
                     uint64_t distance) {
  while (rest < distance && width - rest >= unit &&
         (rest + unit < distance || distance - rest > rest + unit - distance)) {
    (*last)--;
    rest += unit;
  }
}

// Writes the digits and returns their number; `decimal` becomes the power of ten of the last one.
static int generate(scaled value, scaled low, scaled high, uint8_t *digits, int *decimal) {
  int shift = -high.exponent, count = 0, left = 10;
  uint64_t one = (uint64_t)1 << shift, width = high.fraction - low.fraction;
  uint64_t distance = high.fraction - value.fraction, below = high.fraction & (one - 1);
  uint32_t above = (uint32_t)(high.fraction >> shift);
  for (uint32_t divisor = 1000000000; divisor; divisor /= 10) {
    uint32_t digit = above / divisor;
    if (digit || count) digits[count++] = (uint8_t)('0' + digit);
    above -= digit * divisor;
    left--;
    uint64_t rest = ((uint64_t)above << shift) + below;
    if (rest <= width) {
      *decimal += left;
      approach(&digits[count - 1], width, rest, (uint64_t)divisor << shift, distance);
      return count;
    }
  }
  // The interval is at least one unit wide, so that the loop ends before seventeen digits.
  while (true) {
    below *= 10;
    width *= 10;
    distance *= 10;
    uint8_t digit = (uint8_t)(below >> shift);
    if (digit || count) digits[count++] = (uint8_t)('0' + digit);
    below &= one - 1;
    left--;
    if (below < width) {
      *decimal += left;
      approach(&digits[count - 1], width, below, one, distance);
      return count;
    }
  }
}

// REQUIRES: finite and positive.
static int shortest_digits(double value, uint8_t *digits, int *decimal) {
  const uint64_t hidden = (uint64_t)1 << 52;
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  int biased = (int)(bits >> 52 & 0x7ff);
  uint64_t fraction = bits & (hidden - 1);
  scaled exact = biased ? (scaled){fraction | hidden, biased - 1075} : (scaled){fraction, -1074};
  scaled high = normalized((scaled){exact.fraction * 2 + 1, exact.exponent - 1});
  // Below a power of two the neighbours are half as far.
  int closer = fraction == 0 && biased > 1;
  scaled low = {(exact.fraction << (1 + closer)) - 1, exact.exponent - 1 - closer};
  low.fraction <<= low.exponent - high.exponent;
  low.exponent = high.exponent;
  int power = power_for(high.exponent);
  high = product(high, power);
  low = product(low, power);
  // What rounding of the product may have added is taken off both ends.
  high.fraction--;
  low.fraction++;
  *decimal = -powers[power].decimal;
  return generate(product(normalized(exact), power), low, high, digits, decimal);
}

static size_t write_exponent(int exponent, uint8_t *out) {
  size_t length = 0;
  out[length++] = 'e';
  out[length++] = exponent < 0 ? '-' : '+';
  if (exponent < 0) exponent = -exponent;
  if (exponent > 99) out[length++] = (uint8_t)('0' + exponent / 100);
  if (exponent > 9) out[length++] = (uint8_t)('0' + exponent / 10 % 10);
  out[length++] = (uint8_t)('0' + exponent % 10);
  return length;
}

// Redis' choice between plain and scientific: plain while few zeros have to be filled in.
static size_t lay_out(const uint8_t *digits, int count, int decimal, uint8_t *out) {
  int exponent = decimal + count - 1, magnitude = exponent < 0 ? -exponent : exponent;
  if (decimal >= 0 && magnitude < count + 7) {
    memcpy(out, digits, (size_t)count);
    memset(out + count, '0', (size_t)decimal);
    return (size_t)(count + decimal);
  }
  if (decimal < 0 && (decimal > -7 || magnitude < 4)) {
    int whole = count + decimal;
    if (whole > 0) {
      memcpy(out, digits, (size_t)whole);
      out[whole] = '.';
      memcpy(out + whole + 1, digits + whole, (size_t)(count - whole));
      return (size_t)count + 1;
    }
    memcpy(out, "0.", 2);
    memset(out + 2, '0', (size_t)-whole);
    memcpy(out + 2 - whole, digits, (size_t)count);
    return (size_t)(count + 2 - whole);
  }
  size_t length = 0;
  out[length++] = digits[0];
  if (count > 1) {
    out[length++] = '.';
    memcpy(out + length, digits + 1, (size_t)count - 1);
    length += (size_t)count - 1;
  }
  return length + write_exponent(exponent, out + length);
}

static size_t write_special(double value, uint8_t *out) {
  const char *name = isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
  size_t length = strlen(name);
  memcpy(out, name, length);
  return length;
}

size_t apus_double_shortest(double value, uint8_t *out) {
  if (!isfinite(value)) return write_special(value, out);
  size_t sign = signbit(value) != 0;
  if (sign) *out = '-';
  if (value == 0) {
    out[sign] = '0';
    return sign + 1;
  }
  uint8_t digits[20];
  int decimal, count = shortest_digits(fabs(value), digits, &decimal);
  return sign + lay_out(digits, count, decimal, out + sign);
}

size_t apus_double_17_digits(double value, uint8_t *out) {
  return (size_t)snprintf((char *)out, 32, "%.17g", value);
}
