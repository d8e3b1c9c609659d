// LibLZF's own compressor keeps half a megabyte of pointers. Strings in a data set are mostly
// short, and there its first touch of a cache line for each position costs more than all else:
// docs/decisions tell what was measured. This one remembers positions in a table that grows with
// the string, and takes larger steps through what has shown nothing to repeat. Short strings have a
// way of their own: lzf_short.c.
#include "include/apus_lzf.h"

#include <string.h>

#include "include/apus_bytes.h"
#include "lzf_short.h"

enum {
  DISTANCE_MAX = 1 << 13,
  MATCH_MIN = 3,
  MATCH_MAX = 264,
  RUN_MAX = 32,
  TABLE_BITS_MAX = 14,
  TABLE_BITS_MIN = 9,
  // After so many positions without a match the step grows by one.
  PATIENCE_BITS = 5,
};

static inline unsigned table_bits(size_t count) {
  unsigned bits = TABLE_BITS_MIN;
  while (bits < TABLE_BITS_MAX && count >> bits) bits++;
  return bits;
}

static inline uint32_t load_three(const uint8_t *bytes) {
  return apus_load_u32(bytes) & 0xffffff;
}

// How many bytes at `bytes` are those at `earlier`, at most `limit`.
static inline size_t match_length(const uint8_t *bytes, const uint8_t *earlier, size_t limit) {
  size_t length = MATCH_MIN;
  while (length + 8 <= limit) {
    uint64_t difference = apus_load_u64(bytes + length) ^ apus_load_u64(earlier + length);
    if (difference) return length + (size_t)__builtin_ctzll(difference) / 8;
    length += 8;
  }
  while (length < limit && bytes[length] == earlier[length]) length++;
  return length;
}

// Writes bytes as they are. NULL if they do not fit.
static inline uint8_t *put_runs(
    uint8_t *target, const uint8_t *end, const uint8_t *bytes, size_t count) {
  while (count) {
    size_t run = count < RUN_MAX ? count : RUN_MAX;
    if ((size_t)(end - target) < run + 1) return NULL;
    *target++ = (uint8_t)(run - 1);
    memcpy(target, bytes, run);
    target += run;
    bytes += run;
    count -= run;
  }
  return target;
}

static inline uint8_t *put_match(
    uint8_t *target, const uint8_t *end, size_t length, size_t distance) {
  size_t stored = length - 2;
  if (end - target < (stored < 7 ? 2 : 3)) return NULL;
  uint8_t high = (uint8_t)((distance - 1) >> 8);
  if (stored < 7) {
    *target++ = (uint8_t)(stored << 5 | high);
  } else {
    *target++ = 7 << 5 | high;
    *target++ = (uint8_t)(stored - 7);
  }
  *target++ = (uint8_t)(distance - 1);
  return target;
}

_Static_assert((int)LZF_SLOT_COUNT == 1 << TABLE_BITS_MAX, "the table has a slot for each hash");
_Static_assert(sizeof(apus_lzf_state) == APUS_LZF_STATE_SIZE, "the caller allocates it");
_Static_assert((int)LZF_SLACK == APUS_LZF_SLACK, "the caller's room has it");

// Into an area of its own if there may be too little room, so that how much there is changes
// nothing of what fits.
static size_t compress_short(
    const uint8_t *bytes, size_t count, uint8_t *target, size_t room, apus_lzf_state *state) {
  if (room >= count + LZF_SLACK) return lzf_compress_short(bytes, count, target, state);
  uint8_t made[LZF_SHORT_MAX + LZF_SLACK];
  size_t length = lzf_compress_short(bytes, count, made, state);
  if (length > room) return 0;
  memcpy(target, made, length);
  return length;
}

size_t apus_lzf_compress(
    const uint8_t *bytes, size_t count, uint8_t *target, size_t room, apus_lzf_state *state) {
  if (count <= LZF_SHORT_MAX) return compress_short(bytes, count, target, room, state);
  uint32_t *table = state->slots;
  const unsigned shift = 32 - table_bits(count);
  uint8_t *place = target;
  const uint8_t *end = target + room;
  size_t position = 0, pending = 0, missed = 0;
  while (position + 4 <= count) {
    uint32_t three = load_three(bytes + position);
    uint32_t *slot = table + (three * 2654435761u >> shift);
    // What another string has left here may lie behind this position; if not, its bytes decide.
    // One branch, because which of the two it is cannot be foretold.
    size_t earlier = *slot < position ? *slot : position;
    *slot = (uint32_t)position;
    size_t distance = position - earlier;
    if (!((load_three(bytes + earlier) == three) & (distance - 1 < DISTANCE_MAX))) {
      position += 1 + (missed++ >> PATIENCE_BITS);
      continue;
    }
    size_t limit = count - position < MATCH_MAX ? count - position : MATCH_MAX;
    size_t length = match_length(bytes + position, bytes + earlier, limit);
    place = put_runs(place, end, bytes + pending, position - pending);
    if (place) place = put_match(place, end, length, distance);
    if (!place) return 0;
    position += length;
    pending = position;
    missed = 0;
  }
  place = put_runs(place, end, bytes + pending, count - pending);
  return place ? (size_t)(place - target) : 0;
}

size_t apus_lzf_expand(const uint8_t *bytes, size_t count, uint8_t *target, size_t room) {
  const uint8_t *end = bytes + count;
  size_t made = 0;
  while (bytes < end) {
    size_t length = *bytes++;
    if (length < RUN_MAX) {
      length++;
      if ((size_t)(end - bytes) < length || room - made < length) return 0;
      memcpy(target + made, bytes, length);
      bytes += length;
      made += length;
      continue;
    }
    size_t distance = (length & 31) << 8;
    length >>= 5;
    if (length == 7) {
      if (bytes == end) return 0;
      length += *bytes++;
    }
    if (bytes == end) return 0;
    distance += (size_t)*bytes++ + 1;
    length += 2;
    if (distance > made || room - made < length) return 0;
    const uint8_t *earlier = target + made - distance;
    if (distance >= length) {
      memcpy(target + made, earlier, length);
    } else {
      // The copy reads what it has just written.
      for (size_t index = 0; index < length; index++) target[made + index] = earlier[index];
    }
    made += length;
  }
  return made;
}
