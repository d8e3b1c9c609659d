// Text in a handler for signals: a fixed buffer, and no function that could take a lock.
#ifndef APUS_CRASH_TEXT_H
#define APUS_CRASH_TEXT_H

#include <stdint.h>
#include <stddef.h>

typedef struct {
  char bytes[512];
  size_t count;
} crash_text;

/// Appends; what does not fit is dropped.
void crash_text_add(crash_text *text, const char *string);
void crash_text_add_number(crash_text *text, int64_t number, int least_digits);
void crash_text_add_hexadecimal(crash_text *text, uint64_t number, int least_digits);
/// Starts a log line: "pid:role date # ".
void crash_text_add_prefix(crash_text *text, char role);
/// Writes the text and empties it.
void crash_text_flush(crash_text *text, int descriptor);
/// The log's descriptor, opened for appending where it is a file.
int crash_log_open(void);
/// The letter of the log's lines.
char crash_log_role(void);
/// Reads the time zone, which a handler cannot.
void crash_text_prepare(void);

#endif
