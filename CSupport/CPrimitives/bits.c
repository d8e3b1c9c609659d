// Combining runs of bits, and the choice of instructions.
//
// The sources are taken tile by tile, so that what several of them are folded into stays in the
// first-level cache: each source is read once from memory and the target written once. Within a
// tile two runs are combined at a time, which keeps the loops to two loads and a store whatever the
// number of sources; the alternative, all sources for each register, lost because it chases a
// pointer for each of them every 64 bytes.
//
// The last step alone writes to the target, tile by tile behind the reads, which is why the target
// may be one of the sources. A source that has ended leaves the array: the work is proportional to
// the bytes there are, not to their longest times their number.
#include "include/apus_bits.h"

#include <string.h>

#include "bits_kernels.h"

// Two scratch tiles and a tile of a source fit the smallest first-level cache, 32 KB.
enum { TILE = 8192 };

bool apus_bits_supports(apus_bits_variant variant) {
  switch (variant) {
  case APUS_BITS_PORTABLE: return true;
#if defined(__x86_64__)
  case APUS_BITS_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
  case APUS_BITS_AVX512:
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vpopcntdq");
#endif
  default: return false;
  }
}

apus_bits_variant apus_bits_best(void) {
  // Asking is a load and a few tests: cheaper than a pointer that must be set before first use.
  if (apus_bits_supports(APUS_BITS_AVX512)) return APUS_BITS_AVX512;
  return apus_bits_supports(APUS_BITS_AVX2) ? APUS_BITS_AVX2 : APUS_BITS_PORTABLE;
}

static const struct kernels *kernels_of(apus_bits_variant variant) {
  switch (variant) {
#if defined(__x86_64__)
  case APUS_BITS_AVX2: return &apus_bits_avx2;
  case APUS_BITS_AVX512: return &apus_bits_avx512;
#endif
  default: return &apus_bits_portable;
  }
}

size_t apus_bits_count(apus_bits_variant variant, const uint8_t *bytes, size_t count) {
  return kernels_of(variant)->count(bytes, count);
}

size_t apus_bits_skip(apus_bits_variant variant, const uint8_t *bytes, size_t count,
                      uint8_t skipped) {
  return kernels_of(variant)->skip(bytes, count, skipped);
}

// MARK: Combining

/// How two runs are combined, and which of them goes on where the other has ended.
struct pairing {
  pair_kernel *combine;
  bool keeps_left, keeps_right;
};

/// Combines two runs of a tile and returns the length of what came out. `out` may be one of them.
static size_t pair(struct pairing by, uint8_t *out, apus_bits_source left, apus_bits_source right) {
  size_t common = left.count < right.count ? left.count : right.count;
  by.combine(out, left.bytes, right.bytes, common);
  apus_bits_source longer = left.count > right.count ? left : right;
  bool is_kept = left.count > right.count ? by.keeps_left : by.keeps_right;
  if (!is_kept) return common;
  memmove(out + common, longer.bytes + common, longer.count - common);
  return longer.count;
}

/// What the source has of a tile.
static apus_bits_source piece(apus_bits_source source, size_t start, size_t size) {
  size_t left = source.count - start;
  return (apus_bits_source){source.bytes + start, left < size ? left : size};
}

/// Folds the sources' pieces of a tile, at least one, into `out`, written by the last step only.
static size_t fold(struct pairing by, uint8_t *out, size_t start, size_t size,
                   const apus_bits_source *sources, size_t source_count) {
  uint8_t scratch[TILE];
  apus_bits_source folded = piece(sources[0], start, size);
  for (size_t index = 1; index < source_count; index++) {
    uint8_t *place = index + 1 < source_count ? scratch : out;
    folded.count = pair(by, place, folded, piece(sources[index], start, size));
    folded.bytes = place;
  }
  if (source_count == 1) memmove(out, folded.bytes, folded.count);
  return folded.count;
}

/// The bits that exactly one of the sources has in a tile.
static size_t fold_one(const struct kernels *kernels, uint8_t *out, size_t start, size_t size,
                       const apus_bits_source *sources, size_t source_count) {
  uint8_t once[TILE], more[TILE];
  memset(once, 0, size);
  memset(more, 0, size);
  for (size_t index = 0; index < source_count; index++) {
    apus_bits_source part = piece(sources[index], start, size);
    kernels->count_up(once, more, part.bytes, part.count);
  }
  memcpy(out, once, size);
  return size;
}

/// One call of `apus_bits_combine`.
struct combination {
  const struct kernels *kernels;
  apus_bits_operation operation;
  apus_bits_source first;
  /// Those that have not ended; the first among them unless the operation sets it apart.
  apus_bits_source *sources;
  size_t source_count;
};

/// Combines a tile and returns the length of what came out; zeros follow.
static size_t combine_tile(struct combination *by, uint8_t *out, size_t start, size_t size) {
  const struct kernels *kernels = by->kernels;
  struct pairing or = {kernels->or, true, true};
  apus_bits_source first = start < by->first.count ? piece(by->first, start, size)
                                                   : (apus_bits_source){by->first.bytes, 0};
  switch (by->operation) {
  case APUS_BITS_NOT:
    kernels->not(out, first.bytes, first.count);
    return first.count;
  case APUS_BITS_AND:
    return fold((struct pairing){kernels->and, false, false}, out, start, size, by->sources,
                by->source_count);
  case APUS_BITS_XOR:
    return fold((struct pairing){kernels->xor, true, true}, out, start, size, by->sources,
                by->source_count);
  case APUS_BITS_ONE:
    if (by->source_count > 2)
      return fold_one(kernels, out, start, size, by->sources, by->source_count);
    return fold((struct pairing){kernels->xor, true, true}, out, start, size, by->sources,
                by->source_count);
  case APUS_BITS_OR:
    return fold(or, out, start, size, by->sources, by->source_count);
  case APUS_BITS_DIFF:
  case APUS_BITS_DIFF1:
  case APUS_BITS_ANDOR: break;
  }
  uint8_t scratch[TILE];
  apus_bits_source others = {scratch, 0};
  if (by->source_count == 1) {
    others = piece(by->sources[0], start, size);
  } else if (by->source_count > 1) {
    others.count = fold(or, scratch, start, size, by->sources, by->source_count);
  }
  if (by->operation == APUS_BITS_ANDOR)
    return pair((struct pairing){kernels->and, false, false}, out, first, others);
  struct pairing without = {kernels->without, true, false};
  return by->operation == APUS_BITS_DIFF ? pair(without, out, first, others)
                                         : pair(without, out, others, first);
}

/// Forgets the sources that have no bytes from `start` on.
static void drop_ended(struct combination *by, size_t start) {
  size_t kept = 0;
  for (size_t index = 0; index < by->source_count; index++)
    if (by->sources[index].count > start) by->sources[kept++] = by->sources[index];
  by->source_count = kept;
}

/// From where on the result is zero because one source has ended.
static size_t last_possible(apus_bits_operation operation, size_t count,
                            const apus_bits_source *sources, size_t source_count) {
  if (operation == APUS_BITS_DIFF || operation == APUS_BITS_ANDOR) return sources[0].count;
  if (operation != APUS_BITS_AND) return count;
  size_t shortest = count;
  for (size_t index = 0; index < source_count; index++)
    if (sources[index].count < shortest) shortest = sources[index].count;
  return shortest;
}

void apus_bits_combine(apus_bits_variant variant, apus_bits_operation operation, uint8_t *target,
                       size_t count, apus_bits_source *sources, size_t source_count) {
  size_t end = last_possible(operation, count, sources, source_count);
  bool sets_first_apart = operation == APUS_BITS_DIFF || operation == APUS_BITS_DIFF1 ||
                          operation == APUS_BITS_ANDOR;
  struct combination by = {kernels_of(variant), operation, sources[0],
                           sources + sets_first_apart, source_count - sets_first_apart};
  for (size_t start = 0; start < end; start += TILE) {
    size_t size = end - start < TILE ? end - start : TILE;
    drop_ended(&by, start);
    size_t written = combine_tile(&by, target + start, start, size);
    memset(target + start + written, 0, size - written);
  }
  memset(target + end, 0, count - end);
}
