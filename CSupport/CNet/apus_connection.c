#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "apus_net_internal.h"

apus_connection *apus_connection_make(apus_loop *loop, bool is_unix, void *context) {
  apus_connection *connection = calloc(1, sizeof *connection);
  if (!connection) return NULL;
  connection->loop = loop;
  connection->context = context;
  connection->is_unix = is_unix;
  if (is_unix)
    uv_pipe_init(&loop->loop, &connection->pipe, 0);
  else
    uv_tcp_init(&loop->loop, &connection->tcp);
  connection->handle.data = connection;
  return connection;
}

void apus_connection_set_context(apus_connection *connection, void *context) {
  connection->context = context;
}

// libuv's streams read with read(2) and write with write(2), which pass through the layers of
// files; recv(2) and send(2) do not. So libuv is offered no buffer and reports, with UV_ENOBUFS,
// only that there is something to read.
static void offer_nothing(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  (void)handle, (void)suggested;
  *buffer = uv_buf_init(NULL, 0);
}

static void can_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
  (void)buffer;
  apus_connection *connection = stream->data;
  apus_loop *loop = connection->loop;
  if (count == UV_ENOBUFS) {
    uint8_t *base = connection->target_base;
    size_t capacity = connection->target_capacity;
    if (!base) {
      // When very many are ready, libuv polls twice before the turn is run.
      if (connection->turn == loop->turn) return;
      connection->turn = loop->turn;
      base = loop->read_base;
      const size_t most = connection->target_capacity;
      capacity = most && most < loop->read_capacity ? most : loop->read_capacity;
    }
    count = recv(connection->descriptor, base, capacity, MSG_DONTWAIT);
    if (count < 0) count = -errno;
    if (count == -EAGAIN || count == -EINTR) return;
  }
  loop->callbacks.on_read(connection->context, count);
}

int apus_connection_start_reading(apus_connection *connection) {
  if (uv_is_closing(&connection->handle)) return UV_ECANCELED;
  return uv_read_start(&connection->stream, offer_nothing, can_read);
}

void apus_connection_stop_reading(apus_connection *connection) {
  if (!uv_is_closing(&connection->handle)) uv_read_stop(&connection->stream);
}

void apus_connection_set_read_target(apus_connection *connection, uint8_t *base, size_t capacity) {
  connection->target_base = base;
  connection->target_capacity = capacity;
}

_Static_assert(sizeof(struct iovec) == sizeof(uv_buf_t), "an iovec is passed on as a uv_buf_t");

ptrdiff_t apus_connection_try_write(apus_connection *connection, const struct iovec *pieces,
                                    unsigned count) {
  if (uv_is_closing(&connection->handle)) return UV_ECANCELED;
  const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  ssize_t written;
  if (count == 1) {
    written = send(connection->descriptor, pieces->iov_base, pieces->iov_len, flags);
  } else {
    struct msghdr message = {.msg_iov = (struct iovec *)pieces, .msg_iovlen = count};
    written = sendmsg(connection->descriptor, &message, flags);
  }
  if (written >= 0) return written;
  return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

static void did_write(uv_write_t *request, int status) {
  apus_connection *connection = request->data;
  connection->loop->callbacks.on_written(connection->context, status);
}

int apus_connection_write(apus_connection *connection, const struct iovec *pieces,
                          unsigned count) {
  if (uv_is_closing(&connection->handle)) return UV_ECANCELED;
  connection->write.data = connection;
  return uv_write(&connection->write, &connection->stream, (const uv_buf_t *)pieces, count,
                  did_write);
}

static void did_close(uv_handle_t *handle) {
  apus_connection *connection = handle->data;
  connection->loop->callbacks.on_closed(connection->context);
  free(connection);
}

void apus_connection_close(apus_connection *connection) {
  if (!uv_is_closing(&connection->handle)) uv_close(&connection->handle, did_close);
}

int apus_connection_descriptor(const apus_connection *connection) {
  return connection->descriptor;
}

void apus_connection_configure_tcp(apus_connection *connection, int keepalive_seconds) {
  if (connection->is_unix) return;
  uv_tcp_nodelay(&connection->tcp, 1);
  if (keepalive_seconds <= 0) return;
  int descriptor = apus_connection_descriptor(connection);
  int on = 1, idle = keepalive_seconds, probes = 3;
  int interval = keepalive_seconds / 3 > 0 ? keepalive_seconds / 3 : 1;
  setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

static bool read_address(const apus_connection *connection, bool is_peer,
                         apus_socket_address *place) {
  int length = sizeof *place;
  if (connection->is_unix) return false;
  return (is_peer ? uv_tcp_getpeername(&connection->tcp, &place->any, &length)
                  : uv_tcp_getsockname(&connection->tcp, &place->any, &length)) == 0;
}

size_t apus_connection_address(const apus_connection *connection, bool is_peer, char *text,
                               size_t capacity) {
  apus_socket_address place;
  char name[64] = "?";
  int port = 0, written;
  text[0] = 0;
  if (!read_address(connection, is_peer, &place)) return 0;
  if (place.any.sa_family == AF_INET6) {
    uv_ip6_name(&place.v6, name, sizeof name);
    port = ntohs(place.v6.sin6_port);
    written = snprintf(text, capacity, "[%s]:%d", name, port);
  } else {
    uv_ip4_name(&place.v4, name, sizeof name);
    port = ntohs(place.v4.sin_port);
    written = snprintf(text, capacity, "%s:%d", name, port);
  }
  return written < 0 ? 0 : (size_t)written < capacity ? (size_t)written : capacity - 1;
}

bool apus_connection_is_local(const apus_connection *connection) {
  apus_socket_address place;
  if (connection->is_unix) return true;
  if (!read_address(connection, true, &place)) return false;
  if (place.any.sa_family == AF_INET) return ntohl(place.v4.sin_addr.s_addr) >> 24 == 127;
  return IN6_IS_ADDR_LOOPBACK(&place.v6.sin6_addr) ||
         (IN6_IS_ADDR_V4MAPPED(&place.v6.sin6_addr) && place.v6.sin6_addr.s6_addr[12] == 127);
}
