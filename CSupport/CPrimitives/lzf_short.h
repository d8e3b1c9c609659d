// Compression of short strings, for lzf.c alone.
#ifndef APUS_LZF_SHORT_H
#define APUS_LZF_SHORT_H

#include <stddef.h>
#include <stdint.h>

enum {
  LZF_SLOT_COUNT = 1 << 14,
  // Stores behind the last byte of a short result, and loads behind the last of a window.
  LZF_SLACK = 64,
  LZF_SHORT_MAX = 256,
};

struct apus_lzf_state {
  uint32_t slots[LZF_SLOT_COUNT];
  uint8_t window[LZF_SHORT_MAX + LZF_SLACK];
};

/// Compresses at most LZF_SHORT_MAX bytes; `target` has room for `count` and LZF_SLACK more.
size_t lzf_compress_short(
    const uint8_t *bytes, size_t count, uint8_t *target, struct apus_lzf_state *state);

#endif
