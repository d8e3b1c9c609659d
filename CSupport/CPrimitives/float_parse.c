#include "include/apus_float.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Powers of ten that a double holds exactly.
static const double exact_powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static size_t count_digits(const uint8_t *text, size_t at, size_t count, uint64_t *mantissa) {
  size_t start = at;
  for (; at < count && (uint8_t)(text[at] - '0') <= 9; at++)
    *mantissa = *mantissa * 10 + (uint64_t)(text[at] - '0');
  return at - start;
}

// Decimal text whose digits and power of ten are both exact as doubles: one multiplication or
// division then rounds correctly. False means no more than that another way has to be taken.
static bool parse_exact(const uint8_t *text, size_t count, double *value) {
  if (count == 0 || count > 24) return false;
  bool negative = text[0] == '-';
  size_t at = negative || text[0] == '+';
  uint64_t mantissa = 0;
  size_t whole = count_digits(text, at, count, &mantissa), decimals = 0;
  at += whole;
  if (at < count && text[at] == '.') {
    decimals = count_digits(text, ++at, count, &mantissa);
    at += decimals;
  }
  if (whole + decimals == 0 || whole + decimals > 19 || mantissa > (uint64_t)1 << 53) return false;
  int exponent = 0;
  if (at < count && (text[at] | 0x20) == 'e') {
    bool below = ++at < count && text[at] == '-';
    if (at < count && (below || text[at] == '+')) at++;
    uint64_t power = 0;
    size_t digits = count_digits(text, at, count, &power);
    if (digits == 0 || digits > 3) return false;
    at += digits;
    exponent = below ? -(int)power : (int)power;
  }
  exponent -= (int)decimals;
  if (at != count || exponent < -22 || exponent > 22) return false;
  double magnitude = (double)mantissa;
  if (exponent < 0)
    magnitude /= exact_powers[-exponent];
  else
    magnitude *= exact_powers[exponent];
  *value = negative ? -magnitude : magnitude;
  return true;
}

// A terminated copy, which strtod needs. A zero byte inside ends the number early and is noticed by
// the comparison of lengths.
static bool copy_text(char *buffer, const uint8_t *text, size_t count) {
  if (count == 0 || count >= APUS_FLOAT_TEXT_LIMIT || isspace(text[0])) return false;
  memcpy(buffer, text, count);
  buffer[count] = 0;
  errno = 0;
  return true;
}

bool apus_double_parse(const uint8_t *text, size_t count, double *value) {
  if (parse_exact(text, count, value)) return true;
  char buffer[APUS_FLOAT_TEXT_LIMIT];
  if (!copy_text(buffer, text, count)) return false;
  char *end;
  double parsed = strtod(buffer, &end);
  if ((size_t)(end - buffer) != count || isnan(parsed)) return false;
  if (errno == ERANGE && (isinf(parsed) || parsed == 0)) return false;
  *value = parsed;
  return true;
}

bool apus_double_parse_bound(const uint8_t *text, size_t count, double *value) {
  if (parse_exact(text, count, value)) return true;
  char buffer[APUS_FLOAT_TEXT_LIMIT];
  if (count >= sizeof(buffer)) return false;
  memcpy(buffer, text, count);
  buffer[count] = 0;
  char *end;
  *value = strtod(buffer, &end);
  return *end == 0 && !isnan(*value);
}

static bool parse_long_double(const uint8_t *text, size_t count, long double *value) {
  char buffer[APUS_FLOAT_TEXT_LIMIT];
  if (!copy_text(buffer, text, count)) return false;
  char *end;
  *value = strtold(buffer, &end);
  if ((size_t)(end - buffer) != count || isnan(*value)) return false;
  return !(errno == ERANGE && (isinf(*value) || *value == 0));
}

// REQUIRES: finite. The longest long double has 4933 digits before the point.
static size_t human_text(long double value, uint8_t *out) {
  char buffer[APUS_FLOAT_TEXT_LIMIT];
  size_t length = (size_t)snprintf(buffer, sizeof buffer, "%.17Lf", value);
  while (buffer[length - 1] == '0') length--;
  if (buffer[length - 1] == '.') length--;
  bool negative_zero = length == 2 && buffer[0] == '-' && buffer[1] == '0';
  memcpy(out, buffer + negative_zero, length - negative_zero);
  return length - negative_zero;
}

apus_long_double_sum apus_long_double_add(const uint8_t *first, size_t first_count,
                                          const uint8_t *second, size_t second_count, uint8_t *out,
                                          size_t *length) {
  long double left, right;
  *length = 0;
  if (!parse_long_double(first, first_count, &left)) return APUS_LONG_DOUBLE_FIRST_INVALID;
  if (!parse_long_double(second, second_count, &right)) return APUS_LONG_DOUBLE_SECOND_INVALID;
  long double sum = left + right;
  if (!isfinite(sum)) return APUS_LONG_DOUBLE_NOT_FINITE;
  *length = human_text(sum, out);
  return APUS_LONG_DOUBLE_ADDED;
}

apus_milliseconds apus_milliseconds_parse(const uint8_t *text, size_t count,
                                          int64_t *milliseconds) {
  long double seconds;
  if (!parse_long_double(text, count, &seconds)) return APUS_MILLISECONDS_INVALID;
  long double rounded = ceill(seconds * 1000);
  if (rounded >= 0x1p63L) return APUS_MILLISECONDS_OUT_OF_RANGE;
  *milliseconds = rounded < -1 ? -1 : (int64_t)rounded;
  return APUS_MILLISECONDS_PARSED;
}
