// The processor's state at the moment of a signal.
#ifndef APUS_CRASH_REGISTERS_H
#define APUS_CRASH_REGISTERS_H

#include "crash_text.h"

/// The instruction that was running, or NULL where we do not know how to tell.
void *crash_instruction(const void *context);
/// All registers, two to a line.
void crash_write_registers(const void *context, int descriptor);
/// The last words pushed to the stack, or nothing if they cannot be read.
void crash_write_stack(const void *context, int descriptor);

#endif
