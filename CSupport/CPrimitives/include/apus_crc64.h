// CRC-64 as RDB files and DUMP have it: the polynomial of Jones, 0xad93d23594c935a9, bits reversed,
// beginning with 0 and without a final inversion. The check value of "123456789" is
// 0xe9c6d914c4b8d9ca.
#ifndef APUS_CRC64_H
#define APUS_CRC64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How the checksum is computed.
typedef enum {
  /// Eight tables, eight bytes at a time.
  APUS_CRC64_TABLES,
  /// Carry-less multiplication, 64 bytes at a time.
  APUS_CRC64_FOLDING,
} apus_crc64_variant;

bool apus_crc64_supports(apus_crc64_variant variant);

/// The fastest that this processor has.
apus_crc64_variant apus_crc64_best(void);

/// The checksum of what `crc` is that of, followed by `count` bytes.
uint64_t apus_crc64(apus_crc64_variant variant, uint64_t crc, const uint8_t *_Nullable bytes,
                    size_t count);

#endif
