#include <errno.h>
#include <jemalloc/jemalloc.h>
#include <string.h>

#include "include/apus_alloc.h"

/// Settings that hold addresses of functions or of memory: writing one hands over the process.
static bool is_address(const char *name) {
  return strstr(name, "hooks") != NULL || strstr(name, "allocatedp") != NULL;
}

int apus_alloc_control_integer(const char *name, int64_t *value, bool writes) {
  int64_t written = *value;
  if (is_address(name)) return EPERM;
  // The setting's width is not known: the widest that fits.
  for (size_t size = sizeof(int64_t); size > 0; size /= 2) {
    int64_t old = 0;
    size_t length = size;
    int status = mallctl(name, &old, &length, writes ? &written : NULL, writes ? size : 0);
    if (status == EPERM && writes) {
      status = mallctl(name, NULL, NULL, &written, size);
      if (status == 0) return APUS_ALLOC_WRITTEN;
    }
    if (status == EINVAL) continue;
    *value = old;
    return status;
  }
  return EINVAL;
}

/// Settings that are text. Reading another one as text would follow a number as an address.
static const char *const texts[] = {
    "version",        "config.malloc_conf", "opt.dss",         "opt.metadata_thp",
    "opt.percpu_arena", "opt.thp",          "opt.zero_realloc", "opt.junk",
    "opt.stats_print_opts", "opt.stats_interval_opts", "opt.prof_prefix",
};

int apus_alloc_read_text(const char *name, const char **text) {
  for (size_t index = 0; index < sizeof texts / sizeof texts[0]; index++) {
    if (strcmp(name, texts[index]) != 0) continue;
    size_t length = sizeof *text;
    return mallctl(name, (void *)text, &length, NULL, 0);
  }
  // Tells an unknown setting from one that is no text.
  size_t mib[8], depth = sizeof mib / sizeof mib[0];
  int status = mallctlnametomib(name, mib, &depth);
  return status == 0 ? EINVAL : status;
}

int apus_alloc_trigger(const char *name) { return mallctl(name, NULL, NULL, NULL, 0); }
