// libuv behind flat functions and opaque handles; <uv.h> is seen by no Swift file.
//
// One loop, run by one thread. Reads go where Swift said beforehand (`apus_loop_set_read_buffer`,
// or `apus_connection_set_read_target` for one connection), so no callback is needed to ask. Writes
// are tried at once; only what the socket refuses is queued with libuv, whose queued writes cost an
// extra system call and an extra turn of the loop.
#ifndef APUS_NET_H
#define APUS_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

typedef struct apus_loop apus_loop;
typedef struct apus_listener apus_listener;
typedef struct apus_connection apus_connection;
typedef struct apus_timer apus_timer;
typedef struct apus_signal apus_signal;
typedef struct apus_waker apus_waker;

/// What the loop reports. `context` is what the connection, listener or loop was given.
typedef struct {
  /// A peer has connected: accept it with `apus_listener_accept`.
  void (*_Nonnull on_accept)(void *_Nullable context, apus_listener *_Nonnull listener);
  /// A connection that was opened from this side stands (0) or does not (-errno). NULL where none
  /// is opened.
  void (*_Nullable on_connected)(void *_Nullable context, int status);
  /// `count` bytes were read into the announced place; 0 or less: the peer has gone (-errno).
  void (*_Nonnull on_read)(void *_Nullable context, ptrdiff_t count);
  /// A queued write has ended, with 0 or -errno.
  void (*_Nonnull on_written)(void *_Nullable context, int status);
  /// The connection's handle is closed; its memory is freed after the call.
  void (*_Nonnull on_closed)(void *_Nullable context);
  /// All ready connections have been read: execute.
  void (*_Nonnull on_polled)(void *_Nullable context);
  /// The loop is about to wait.
  void (*_Nonnull on_waiting)(void *_Nullable context);
} apus_callbacks;

// Loop

/// A loop with its check and prepare hooks installed; NULL when the system refuses.
apus_loop *_Nullable apus_loop_create(const apus_callbacks *_Nonnull callbacks,
                                      void *_Nullable context);
/// Runs until `apus_loop_stop`.
void apus_loop_run(apus_loop *_Nonnull loop);
void apus_loop_stop(apus_loop *_Nonnull loop);
/// While set, the loop does not wait for events.
void apus_loop_set_busy(apus_loop *_Nonnull loop, bool busy);
/// Where the next read of any connection without a target of its own goes.
void apus_loop_set_read_buffer(apus_loop *_Nonnull loop, uint8_t *_Nonnull base, size_t capacity);
/// Allows every connection another read into the loop's buffer: what it held has been executed.
void apus_loop_begin_turn(apus_loop *_Nonnull loop);
/// The message of a -errno.
const char *_Nonnull apus_net_error(int status);

/// Whether a read that brought nothing says that the peer has closed its side, which is no failure.
bool apus_net_is_end_of_file(int status);

// Listeners

/// Binds and listens on an address such as "127.0.0.1" or "::1", or on the first address of a name.
/// Returns 0 or -errno.
int apus_listener_open_tcp(apus_loop *_Nonnull loop, const char *_Nonnull address, int port,
                           int backlog, apus_listener *_Nullable *_Nonnull listener);
/// Binds, sets the permissions (0: as the umask says), then listens on a Unix socket.
int apus_listener_open_unix(apus_loop *_Nonnull loop, const char *_Nonnull path,
                            unsigned permissions, int backlog,
                            apus_listener *_Nullable *_Nonnull listener);
void apus_listener_close(apus_listener *_Nonnull listener);
bool apus_listener_is_unix(const apus_listener *_Nonnull listener);
/// Takes a waiting peer; `context` goes to its callbacks. Returns 0 or -errno.
int apus_listener_accept(apus_listener *_Nonnull listener, void *_Nullable context,
                         apus_connection *_Nullable *_Nonnull connection);

// Connections

/// Begins to connect to an address such as "127.0.0.1" or "::1", or to an address of a name (IPv4
/// first); `on_connected` follows. Returns 0 or -errno.
int apus_connection_open_tcp(apus_loop *_Nonnull loop, const char *_Nonnull address, int port,
                             void *_Nullable context,
                             apus_connection *_Nullable *_Nonnull connection);
/// The same to a Unix socket.
int apus_connection_open_unix(apus_loop *_Nonnull loop, const char *_Nonnull path,
                              void *_Nullable context,
                              apus_connection *_Nullable *_Nonnull connection);
void apus_connection_set_context(apus_connection *_Nonnull connection, void *_Nullable context);
int apus_connection_start_reading(apus_connection *_Nonnull connection);
/// Leaves what the peer sends, its end as well, in the system's buffers.
void apus_connection_stop_reading(apus_connection *_Nonnull connection);
/// Where the next read goes; NULL: to the loop's buffer, `capacity` bytes at most unless that is 0.
void apus_connection_set_read_target(apus_connection *_Nonnull connection, uint8_t *_Nullable base,
                                     size_t capacity);
/// Writes as much as the socket takes at once: the number of bytes, or -errno (0 if it is full).
ptrdiff_t apus_connection_try_write(apus_connection *_Nonnull connection,
                                    const struct iovec *_Nonnull pieces, unsigned count);
/// Queues a write. The bytes stay where they are until `on_written`. Returns 0 or -errno.
int apus_connection_write(apus_connection *_Nonnull connection,
                          const struct iovec *_Nonnull pieces, unsigned count);
/// Closes without sending more; `on_closed` follows. Twice is harmless.
void apus_connection_close(apus_connection *_Nonnull connection);
int apus_connection_descriptor(const apus_connection *_Nonnull connection);
/// TCP_NODELAY, and keepalive after so many seconds of silence (0: none).
void apus_connection_configure_tcp(apus_connection *_Nonnull connection, int keepalive_seconds);
/// "ip:port" of the peer or of our side; empty for a Unix socket. Returns the length.
size_t apus_connection_address(const apus_connection *_Nonnull connection, bool is_peer,
                               char *_Nonnull text, size_t capacity);
/// Whether the peer is on this machine's loopback interface or a Unix socket.
bool apus_connection_is_local(const apus_connection *_Nonnull connection);

// Timers, signals, wake-up

apus_timer *_Nullable apus_timer_start(apus_loop *_Nonnull loop, uint64_t period_milliseconds,
                                       void (*_Nonnull fire)(void *_Nullable context),
                                       void *_Nullable context);
/// Makes the timer fire once, after `delay_milliseconds`, instead of when it would have.
void apus_timer_fire_once(apus_timer *_Nonnull timer, uint64_t delay_milliseconds);
/// Makes the timer fire no more until it is set again.
void apus_timer_stop(apus_timer *_Nonnull timer);
void apus_timer_set_period(apus_timer *_Nonnull timer, uint64_t period_milliseconds);
apus_signal *_Nullable apus_signal_watch(apus_loop *_Nonnull loop, int number,
                                         void (*_Nonnull fire)(void *_Nullable context, int number),
                                         void *_Nullable context);
/// A way for another thread to wake the loop: `fire` runs on the loop's thread.
apus_waker *_Nullable apus_waker_create(apus_loop *_Nonnull loop,
                                        void (*_Nonnull fire)(void *_Nullable context),
                                        void *_Nullable context);
void apus_waker_wake(apus_waker *_Nonnull waker);

#endif
