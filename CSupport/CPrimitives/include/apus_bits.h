// Bit operations on runs of bytes: counting, searching, combining several runs into one.
//
// The widest instructions that the processor has are chosen at run time. Each set can also be asked
// for by name, which is how tests compare all of them with a plain model on one machine.
#ifndef APUS_BITS_H
#define APUS_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A set of instructions. Every machine has the first.
typedef enum {
  APUS_BITS_PORTABLE = 0,
  APUS_BITS_AVX2 = 1,
  APUS_BITS_AVX512 = 2,
} apus_bits_variant;

/// What a bit of the result says about the sources' bits at its place.
typedef enum {
  APUS_BITS_AND = 0,    // set in all
  APUS_BITS_OR = 1,     // set in any
  APUS_BITS_XOR = 2,    // set in an odd number of them
  APUS_BITS_NOT = 3,    // clear in the only one
  APUS_BITS_DIFF = 4,   // set in the first and in none of the others
  APUS_BITS_DIFF1 = 5,  // set in any of the others and not in the first
  APUS_BITS_ANDOR = 6,  // set in the first and in any of the others
  APUS_BITS_ONE = 7,    // set in exactly one
} apus_bits_operation;

/// A run of bytes to be combined, followed by zeros without end.
typedef struct {
  const uint8_t *_Nonnull bytes;
  size_t count;
} apus_bits_source;

/// Whether the processor and the system have these instructions.
bool apus_bits_supports(apus_bits_variant variant);
/// The best variant of this machine.
apus_bits_variant apus_bits_best(void);

/// How many bits are set. REQUIRES, here and below: the machine supports the variant.
size_t apus_bits_count(apus_bits_variant variant, const uint8_t *_Nonnull bytes, size_t count);

/// Index of the first byte that is not `skipped`, or `count`.
size_t apus_bits_skip(apus_bits_variant variant, const uint8_t *_Nonnull bytes, size_t count,
                      uint8_t skipped);

/// Writes the combination of the sources to `target`, which may be one of them. REQUIRES: at least
/// one source (for NOT exactly one), `count` is the longest one's. CHANGES the array of sources.
void apus_bits_combine(apus_bits_variant variant, apus_bits_operation operation,
                       uint8_t *_Nonnull target, size_t count,
                       apus_bits_source *_Nonnull sources, size_t source_count);

#endif
