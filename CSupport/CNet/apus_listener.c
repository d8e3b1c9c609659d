#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apus_net_internal.h"

static void did_connect(uv_stream_t *server, int status) {
  if (status < 0) return;
  apus_listener *listener = server->data;
  listener->loop->callbacks.on_accept(listener->loop->context, listener);
}

static void free_listener(uv_handle_t *handle) { free(handle->data); }

static apus_listener *make_listener(apus_loop *loop, bool is_unix) {
  apus_listener *listener = calloc(1, sizeof *listener);
  if (!listener) return NULL;
  listener->loop = loop;
  listener->is_unix = is_unix;
  if (is_unix)
    uv_pipe_init(&loop->loop, &listener->pipe, 0);
  else
    uv_tcp_init(&loop->loop, &listener->tcp);
  listener->handle.data = listener;
  return listener;
}

static int finish(apus_listener *listener, int status, int backlog, apus_listener **result) {
  if (status == 0) status = uv_listen(&listener->stream, backlog, did_connect);
  if (status == 0)
    *result = listener;
  else
    uv_close(&listener->handle, free_listener);
  return status;
}

int apus_listener_open_tcp(apus_loop *loop, const char *address, int port, int backlog,
                           apus_listener **result) {
  *result = NULL;
  apus_socket_address place;
  int status = apus_find_address(loop, address, port, AF_UNSPEC, &place);
  if (status != 0) return status;
  bool is_v6 = place.any.sa_family == AF_INET6;
  apus_listener *listener = make_listener(loop, false);
  if (!listener) return UV_ENOMEM;
  // An IPv6 listener leaves IPv4 to its own listener, as both may be configured.
  status = uv_tcp_bind(&listener->tcp, &place.any, is_v6 ? UV_TCP_IPV6ONLY : 0);
  return finish(listener, status, backlog, result);
}

/// libuv turns ENOENT into EACCES, as Windows would say it; whoever reads the log wants the truth.
static bool is_folder_missing(const char *path) {
  const char *slash = strrchr(path, '/');
  if (!slash || slash == path) return false;
  char folder[PATH_MAX];
  size_t count = (size_t)(slash - path);
  if (count >= sizeof folder) return false;
  memcpy(folder, path, count);
  folder[count] = 0;
  return access(folder, F_OK) != 0 && errno == ENOENT;
}

int apus_listener_open_unix(apus_loop *loop, const char *path, unsigned permissions, int backlog,
                            apus_listener **result) {
  *result = NULL;
  apus_listener *listener = make_listener(loop, true);
  if (!listener) return UV_ENOMEM;
  int status = uv_pipe_bind(&listener->pipe, path);
  if (status == UV_EACCES && is_folder_missing(path)) status = UV_ENOENT;
  // Nobody can connect before uv_listen, so the permissions hold from the first moment on.
  if (status == 0 && permissions != 0 && chmod(path, permissions) != 0) status = UV_EPERM;
  return finish(listener, status, backlog, result);
}

void apus_listener_close(apus_listener *listener) {
  if (!uv_is_closing(&listener->handle)) uv_close(&listener->handle, free_listener);
}

bool apus_listener_is_unix(const apus_listener *listener) { return listener->is_unix; }

static void discard(uv_handle_t *handle) { free(handle->data); }

int apus_listener_accept(apus_listener *listener, void *context, apus_connection **result) {
  *result = NULL;
  apus_connection *connection =
      apus_connection_make(listener->loop, listener->is_unix, context);
  if (!connection) return UV_ENOMEM;
  int status = uv_accept(&listener->stream, &connection->stream);
  if (status == 0) status = uv_fileno(&connection->handle, &connection->descriptor);
  if (status != 0) {
    uv_close(&connection->handle, discard);
    return status;
  }
  *result = connection;
  return 0;
}
