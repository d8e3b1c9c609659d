// The process title. Linux shows the bytes that argv and, right behind it, the environment were
// laid out in, so the title is written there once the environment has been copied elsewhere.
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "include/apus_process.h"

extern char **environ;

/// The arguments as the system laid them out. Swift's `CommandLine` may hold copies.
static int argument_count = 0;
static char **arguments = NULL;

static char *room = NULL;
static size_t room_size = 0;

/// The C library calls constructors with what it will call `main` with.
__attribute__((constructor)) static void remember_arguments(int argc, char **argv) {
  argument_count = argc;
  arguments = argv;
}

/// Copies the strings of `list`, so that the memory they stood in may be overwritten. False if
/// memory is out, when nothing was changed.
static bool move_away(char **list) {
  size_t count = 0;
  while (list[count]) count++;
  char **copies = calloc(count + 1, sizeof *copies);
  if (!copies) return false;
  for (size_t i = 0; i < count; i++) {
    copies[i] = strdup(list[i]);
    if (!copies[i]) {
      while (i > 0) free(copies[--i]);
      free(copies);
      return false;
    }
  }
  memcpy(list, copies, count * sizeof *copies);
  free(copies);
  return true;
}

void apus_process_title_prepare(void) {
  if (room || argument_count < 1 || !arguments[0]) return;
  char *start = arguments[0];
  char *end = start;
  // Strings that stand elsewhere, because somebody changed the environment, do not count.
  for (int i = 0; i < argument_count && arguments[i]; i++) {
    if (arguments[i] == end) end += strlen(arguments[i]) + 1;
  }
  for (char **variable = environ; *variable; variable++) {
    if (*variable == end) end += strlen(*variable) + 1;
  }
  // The C library keeps pointers into argv[0] as the program's name.
  char *name = strdup(program_invocation_name);
  if (name) {
    char *slash = strrchr(name, '/');
    program_invocation_name = name;
    program_invocation_short_name = slash ? slash + 1 : name;
  }
  if (!name || !move_away(environ) || !move_away(arguments)) return;
  room = start;
  room_size = (size_t)(end - start);
}

void apus_process_title_set(const char *title) {
  if (!room) return;
  size_t length = strlen(title);
  if (length >= room_size) length = room_size - 1;
  memcpy(room, title, length);
  memset(room + length, 0, room_size - length);
}
