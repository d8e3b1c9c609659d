// The cheap clock: one instruction where the processor has a constant-rate counter.
#ifndef APUS_CLOCK_H
#define APUS_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

static inline uint64_t apus_clock_nanoseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

static inline uint64_t apus_monotonic_nanoseconds(void) {
  return apus_clock_nanoseconds(CLOCK_MONOTONIC);
}

static inline uint64_t apus_wall_nanoseconds(void) {
  return apus_clock_nanoseconds(CLOCK_REALTIME);
}

/// Counter ticks. Their rate is measured at start by `Clock`.
static inline uint64_t apus_ticks(void) {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  uint64_t ticks;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#else
  return apus_monotonic_nanoseconds();
#endif
}

/// Whether the kernel itself trusts the counter that `apus_ticks` reads.
bool apus_ticks_are_trusted(void);
/// Whether it does when its clock source is `name`.
bool apus_clock_source_is_trusted(const char *_Nonnull name);

/// Nanoseconds of `ticks` when one tick is `multiplier / 2^32` nanoseconds.
static inline uint64_t apus_ticks_to_nanoseconds(uint64_t ticks, uint64_t multiplier) {
  return (uint64_t)(((__uint128_t)ticks * multiplier) >> 32);
}

#endif
