// Floating point and text. C because Swift has neither strtod without a String nor long double.
//
// No function depends on a terminating zero, allocates, or reads the locale's decimal point (the
// process never leaves the C locale).
#ifndef APUS_FLOAT_H
#define APUS_FLOAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Longest text that is taken as a number, and room for any long double in decimal.
#define APUS_FLOAT_TEXT_LIMIT 5120

/// Parses the whole text as strtod does, refusing leading space, NaN and what overflows or
/// underflows to nothing. Infinity written as such is accepted.
bool apus_double_parse(const uint8_t *_Nonnull text, size_t count, double *_Nonnull value);

/// Parses a bound of a score range as strtod alone does: leading space is skipped, a zero byte ends
/// the text, no text is 0, what overflows is infinite. NaN is refused.
bool apus_double_parse_bound(const uint8_t *_Nonnull text, size_t count, double *_Nonnull value);

/// 17 significant digits without trailing zeros, as "%.17g" prints; returns the length, at most 25.
size_t apus_double_17_digits(double value, uint8_t *_Nonnull out);

/// The fewest digits that read back as `value`, or "inf", "-inf", "nan"; returns the length, at
/// most 25.
size_t apus_double_shortest(double value, uint8_t *_Nonnull out);

typedef enum {
  APUS_LONG_DOUBLE_ADDED,
  APUS_LONG_DOUBLE_FIRST_INVALID,
  APUS_LONG_DOUBLE_SECOND_INVALID,
  APUS_LONG_DOUBLE_NOT_FINITE,
} apus_long_double_sum;

/// Adds two numbers in long double and writes the sum with 17 decimals, trailing zeros removed, and
/// no exponent. REQUIRES: room for APUS_FLOAT_TEXT_LIMIT bytes at `out`.
apus_long_double_sum apus_long_double_add(const uint8_t *_Nonnull first, size_t first_count,
                                          const uint8_t *_Nonnull second, size_t second_count,
                                          uint8_t *_Nonnull out, size_t *_Nonnull length);

typedef enum {
  APUS_MILLISECONDS_PARSED,
  APUS_MILLISECONDS_INVALID,
  APUS_MILLISECONDS_OUT_OF_RANGE,
} apus_milliseconds;

/// Parses seconds as a long double and rounds them up to milliseconds, which may be negative.
apus_milliseconds apus_milliseconds_parse(const uint8_t *_Nonnull text, size_t count,
                                          int64_t *_Nonnull milliseconds);

#endif
