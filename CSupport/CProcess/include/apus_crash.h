// The crash report: what the server prints before it dies of a signal.
//
// The handler runs on a stack of its own, calls nothing that takes a lock until registers and stack
// are out, and then asks a callback for the parts that need the engine's state. The state may be
// what crashed; a second fault ends the report and the process.
#ifndef APUS_CRASH_H
#define APUS_CRASH_H

#include <stdbool.h>

/// The parts of a report that the engine writes.
typedef enum {
  /// `INFO OUTPUT`
  APUS_CRASH_INFO,
  /// `CLIENT LIST OUTPUT`
  APUS_CRASH_CLIENTS,
  /// `CURRENT CLIENT INFO`
  APUS_CRASH_CURRENT_CLIENT,
  /// `CONFIG DEBUG OUTPUT`
  APUS_CRASH_CONFIGURATION,
  APUS_CRASH_SECTION_COUNT,
} apus_crash_section;

/// Writes one part as text to `descriptor`.
typedef void (*apus_crash_writer)(apus_crash_section section, int descriptor);

/// Handles SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT and SIGTRAP from now on. `version` is shown as
/// "apus VERSION crashed by signal". To be called by the engine's thread, whose stack it replaces
/// while the report is written.
int apus_crash_install(const char *_Nonnull version);
/// Gives the signals back to the system.
void apus_crash_remove(void);
/// Where the report goes: a file, opened for appending when needed, or standard output if empty.
void apus_crash_set_log_file(const char *_Nonnull path);
/// The letter of the log lines' role, as in "pid:M".
void apus_crash_set_role(char role);
/// Who writes the parts; NULL for nobody.
void apus_crash_set_writer(apus_crash_writer _Nullable writer);
/// Gives the calling thread an alternate stack too, so that its overflow can be reported.
int apus_crash_use_alternate_stack(void);
/// Writes to an address that is not mapped.
void apus_crash_provoke(void);

#endif
