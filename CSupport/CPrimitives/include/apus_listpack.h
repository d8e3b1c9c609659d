// Searching a listpack, whose format Core's Listpack.swift and ListpackEntry.swift describe.
#ifndef APUS_LISTPACK_H
#define APUS_LISTPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apus_bytes.h"

/// Bytes of the whole entry at `place`, which is a valid one.
static inline size_t apus_listpack_entry_size(const uint8_t *_Nonnull place) {
  static const uint8_t wide[] = {3, 4, 5, 9};  // integers of 16, 24, 32 and 64 bits
  uint8_t head = *place;
  size_t body;
  if (head < 0x80) return 2;
  if (head < 0xC0) return (size_t)(head & 0x3F) + 2;
  if (head < 0xE0) return 3;
  if (head > 0xF0) return (size_t)wide[(head - 0xF1) & 3] + 1;
  if (head < 0xF0) {
    body = ((size_t)(head & 0x0F) << 8 | place[1]) + 2;
  } else {
    body = (size_t)apus_load_u32(place + 1) + 5;
  }
  if (body <= 127) return body + 1;
  return body + (body < 16383 ? 2 : body < 2097151 ? 3 : body < 268435455 ? 4 : 5);
}

/// The offset from `base` of the first entry at or after `position` that holds this text of fewer
/// than 64 bytes as a string; `end` if there is none. If `is_paired`, keys are looked at and the
/// value behind each is not.
///
/// The elements of a collection mostly have the lengths of those before. While they do, which the
/// heads of both entries tell, the next pair is looked for at the same distance, without waiting
/// for this one's lengths to arrive and be added.
static inline size_t apus_listpack_find_text(
    const uint8_t *_Nonnull base, size_t position, size_t end, const uint8_t *_Nonnull text,
    size_t count, bool is_paired) {
  const uint8_t wanted = (uint8_t)(0x80 | count), no_head = 0xFF;
  uint8_t key_head = no_head, value_head = no_head;
  size_t key_size = 0, distance = 0;
  while (position < end) {
    const uint8_t *key = base + position;
    if (key[0] == wanted && apus_bytes_equal(key + 1, text, count)) return position;
    if (key[0] != key_head || key[key_size] != value_head) {
      key_size = apus_listpack_entry_size(key);
      key_head = key[0];
      distance = key_size;
      if (is_paired) {
        distance += apus_listpack_entry_size(key + key_size);
      } else {
        key_size = 0;
      }
      value_head = key[key_size];
      // These heads do not tell the whole length.
      if (key_head >= 0xE0 || value_head >= 0xE0) key_head = no_head;
    }
    position += distance;
  }
  return end;
}

#endif
