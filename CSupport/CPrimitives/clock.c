#include "include/apus_clock.h"

#include <stdio.h>
#include <string.h>

bool apus_clock_source_is_trusted(const char *name) {
#if defined(__aarch64__)
  (void)name;
  return true;
#elif defined(__x86_64__)
  // kvm-clock reads the same counter and scales it; both mean that its rate is constant.
  return strncmp(name, "tsc", 3) == 0 || strncmp(name, "kvm-clock", 9) == 0;
#else
  (void)name;
  return false;
#endif
}

bool apus_ticks_are_trusted(void) {
  char source[32] = "";
  FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "r");
  if (file) {
    if (!fgets(source, sizeof source, file)) source[0] = 0;
    fclose(file);
  }
  return apus_clock_source_is_trusted(source);
}
