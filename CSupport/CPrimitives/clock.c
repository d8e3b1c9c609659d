#include "include/apus_clock.h"

#include <stdio.h>
#include <string.h>

bool apus_ticks_are_trusted(void) {
#if defined(__aarch64__)
  return true;
#elif defined(__x86_64__)
  char source[32] = "";
  FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "r");
  if (!file) return false;
  if (!fgets(source, sizeof source, file)) source[0] = 0;
  fclose(file);
  // kvm-clock reads the same counter and scales it; both mean that its rate is constant.
  return strncmp(source, "tsc", 3) == 0 || strncmp(source, "kvm-clock", 9) == 0;
#else
  return false;
#endif
}
