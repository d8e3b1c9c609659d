// Compression of strings of at most 256 bytes, which most values of a data set are.
//
// Whether a position repeats something cannot be foretold, and a branch that is mispredicted costs
// as much as looking at ten positions. So a first pass decides nothing: it puts every position into
// the table, compares every second one with what it finds in its slot, and notes a bit for it. The
// second pass goes from bit to bit. What begins at a position that has not been compared is found
// at the next one, and taken up to one byte earlier.
//
//     position   0 1 2 3 4 5 6 7 8 9 ...      u s e r : 1 u s e r : 2
//     compared     x   x   x   x   x          found at 7, "ser", which begins at 6
//
// The string is copied into a window of 256 bytes first. Any byte is a position in it, so that
// slots need neither be cleared nor checked: what another string has left there is a place where
// other bytes are, or the same ones, or one that lies ahead. Of a slot only the low byte counts; it
// is written as a whole, because some cores take twice as long to store a byte.
//
// The alternative that lost compares the string with itself moved by each distance, 64 bytes at a
// time: no table, and no faster than with one.
#include "lzf_short.h"

#include <string.h>

#include "include/apus_bytes.h"

enum {
  // A bit for each of them in a word.
  PAIRS_MAX = 64,
  GROUP = 4,
  SLOT_BITS = 10,
  MATCH_MIN = 3,
  RUN_MAX = 32,
};

// Takes the slot of the word's low three bytes: the multiplier's lowest byte is zero.
static inline uint32_t *slot_of(uint32_t *slots, uint32_t word) {
  return slots + (word * 0x3779b100u >> (32 - SLOT_BITS));
}

// Looks at `pairs` pairs of positions from `start` on, and some more. The highest bit is for the
// first pair's second position, whose possible repetition begins at `earlier[0]`.
static inline uint64_t find(
    struct apus_lzf_state *state, size_t start, size_t pairs, uint32_t *earlier) {
  const uint8_t *window = state->window;
  uint64_t hits = 0;
  size_t done = 0;
  do {
    for (size_t end = done + GROUP; done < end; done++) {
      size_t position = start + 2 * done;
      *slot_of(state->slots, apus_load_u32(window + position)) = (uint32_t)position;
      uint32_t word = apus_load_u32(window + position + 1);
      uint32_t *slot = slot_of(state->slots, word);
      earlier[done] = (uint8_t)*slot;
      *slot = (uint32_t)(position + 1);
      uint32_t difference = (word ^ apus_load_u32(window + earlier[done])) << 8;
      hits = hits << 1 | (difference == 0);
    }
  } while (done < pairs);
  return hits << (64 - done) & ~0ull << (64 - pairs);
}

// How many bytes are the same, of which the first three are known to be.
static inline size_t match_length(const uint8_t *bytes, const uint8_t *earlier, size_t limit) {
  size_t length = MATCH_MIN;
  while (length < limit) {
    uint64_t difference = apus_load_u64(bytes + length) ^ apus_load_u64(earlier + length);
    if (difference) {
      length += (size_t)__builtin_ctzll(difference) / 8;
      break;
    }
    length += 8;
  }
  return length < limit ? length : limit;
}

// Stores as many bytes as a run may have, whatever it has; nothing counts if it has none.
static inline uint8_t *put_runs(uint8_t *target, const uint8_t *bytes, size_t count) {
  while (__builtin_expect(count > RUN_MAX, 0)) {
    *target = RUN_MAX - 1;
    memcpy(target + 1, bytes, RUN_MAX);
    target += RUN_MAX + 1;
    bytes += RUN_MAX;
    count -= RUN_MAX;
  }
  *target = (uint8_t)(count - 1);
  memcpy(target + 1, bytes, RUN_MAX);
  return target + count + (count != 0);
}

static inline uint8_t *put_match(uint8_t *target, size_t length, size_t distance) {
  size_t stored = length - 2;
  *target = (uint8_t)((stored < 7 ? stored : 7) << 5);
  target[1] = (uint8_t)(stored - 7);
  target += stored < 7 ? 1 : 2;
  *target = (uint8_t)(distance - 1);
  return target + 1;
}

// No more than `count` and a byte for each run of 32, and one: a repetition takes three bytes at
// most with the header of the run behind it, or it is longer.
size_t lzf_compress_short(
    const uint8_t *bytes, size_t count, uint8_t *target, struct apus_lzf_state *state) {
  const uint8_t *window = state->window;
  apus_copy_short(state->window, bytes, count);
  uint8_t *place = target;
  size_t start = 0, pending = 0;
  // Four bytes from a pair's second position on are the string's.
  while (start + 5 <= count) {
    uint32_t earlier[PAIRS_MAX];
    size_t pairs = (count - start - 3) / 2;
    if (pairs > PAIRS_MAX) pairs = PAIRS_MAX;
    uint64_t hits = find(state, start, pairs, earlier);
    while (hits) {
      size_t pair = (size_t)__builtin_clzll(hits);
      size_t position = start + 2 * pair + 1, from = earlier[pair];
      if (__builtin_expect(from >= position, 0)) {
        hits &= ~(1ull << 63 >> pair);
        continue;
      }
      size_t length = match_length(window + position, window + from, count - position);
      size_t back = (from > 0) & (position > pending) &
                    (window[position - 1] == window[from - (from > 0)]);
      place = put_runs(place, window + pending, position - back - pending);
      place = put_match(place, length + back, position - from);
      pending = position + length;
      size_t passed = (pending - start) / 2;
      hits = passed < PAIRS_MAX ? hits << passed >> passed : 0;
    }
    start += 2 * pairs;
    if (start < pending) start = pending;
  }
  place = put_runs(place, window + pending, count - pending);
  return (size_t)(place - target);
}
