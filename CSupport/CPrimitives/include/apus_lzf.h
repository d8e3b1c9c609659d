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
  /// Bytes of an `apus_lzf_state`.
  APUS_LZF_STATE_SIZE = 4 * (1 << 14) + 256 + 64,
  /// With so much more room than the string has bytes, short ones take the fast way.
  APUS_LZF_SLACK = 64,
  /// Bytes that one byte of compressed text can stand for, at most: 264 of three.
  APUS_LZF_EXPANSION_MAX = 88,
};

/// What a compressor remembers. The caller's: all zero before its first use; what earlier calls
/// have left in it does no harm.
typedef struct apus_lzf_state apus_lzf_state;

/// Compresses `count` bytes and returns how many bytes that took; 0 if they do not fit `room`. What
/// lies behind them in `room` may have changed. REQUIRES: count < 2^32; the areas do not overlap.
size_t apus_lzf_compress(const uint8_t *_Nonnull bytes, size_t count, uint8_t *_Nonnull target,
                         size_t room, apus_lzf_state *_Nonnull state);

/// Expands compressed bytes from anywhere into at most `room` bytes and returns how many there
/// are; 0 if the input is damaged or they do not fit. The areas do not overlap.
size_t apus_lzf_expand(const uint8_t *_Nonnull bytes, size_t count, uint8_t *_Nonnull target,
                       size_t room);

#endif
