// The signals by which an operator ends the server.
//
// The handler only notes them, because what has to be done needs the engine at rest; the engine
// asks at each tick. An operator who repeats SIGINT is not made to wait for an engine that hangs.
#ifndef APUS_SIGNALS_H
#define APUS_SIGNALS_H

/// Notes SIGTERM and SIGINT from now on, and ignores SIGHUP and SIGPIPE.
void apus_signals_install(void);
/// The signal that was noted, or 0. While there is one, another SIGINT ends the process with 1.
int apus_signals_pending(void);
/// Forgets the signal: it was answered and the process goes on.
void apus_signals_clear(void);

#endif
