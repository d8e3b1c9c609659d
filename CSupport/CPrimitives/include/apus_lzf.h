// LZF, the compression of strings in RDB files: the format of Marc Lehmann's LibLZF.
//
//     000LLLLL  bytes                  L + 1 bytes as they are
//     LLLooooo  oooooooo               L + 2 bytes again, from o + 1 bytes before; L is 1 to 6
//     111ooooo  LLLLLLLL  oooooooo     L + 9 bytes again
#ifndef APUS_LZF_H
#define APUS_LZF_H

#include <stddef.h>
#include <stdint.h>

enum {
  /// Positions that a table remembers.
  APUS_LZF_TABLE_COUNT = 1 << 14,
  /// Bytes that one byte of compressed text can stand for, at most: 264 of three.
  APUS_LZF_EXPANSION_MAX = 88,
};

/// Compresses `count` bytes and returns how many bytes that took; 0 if they do not fit `room`.
/// `table` has APUS_LZF_TABLE_COUNT positions, zero before its first use; what earlier calls left
/// in it does no harm. REQUIRES: count < 2^32; the areas do not overlap.
size_t apus_lzf_compress(const uint8_t *_Nonnull bytes, size_t count, uint8_t *_Nonnull target,
                         size_t room, uint32_t *_Nonnull table);

/// Expands compressed bytes from anywhere into at most `room` bytes and returns how many there
/// are; 0 if the input is damaged or they do not fit. The areas do not overlap.
size_t apus_lzf_expand(const uint8_t *_Nonnull bytes, size_t count, uint8_t *_Nonnull target,
                       size_t room);

#endif
