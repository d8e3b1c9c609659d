#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "apus_net_internal.h"

int apus_find_address(apus_loop *loop, const char *text, int port, int family,
                      apus_socket_address *address) {
  memset(address, 0, sizeof *address);
  if (uv_ip4_addr(text, port, &address->v4) == 0) return 0;
  if (uv_ip6_addr(text, port, &address->v6) == 0) return 0;
  struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
  uv_getaddrinfo_t request;
  int status = uv_getaddrinfo(&loop->loop, &request, NULL, text, NULL, &hints);
  if (status != 0) return status;
  memcpy(&address->any, request.addrinfo->ai_addr, request.addrinfo->ai_addrlen);
  if (address->any.sa_family == AF_INET6)
    address->v6.sin6_port = htons((uint16_t)port);
  else
    address->v4.sin_port = htons((uint16_t)port);
  uv_freeaddrinfo(request.addrinfo);
  return 0;
}

static void did_connect(uv_connect_t *request, int status) {
  apus_connection *connection = request->data;
  free(request);
  // Closed before it stood.
  if (status == UV_ECANCELED) return;
  if (status == 0) status = uv_fileno(&connection->handle, &connection->descriptor);
  connection->loop->callbacks.on_connected(connection->context, status);
}

static void discard(uv_handle_t *handle) { free(handle->data); }

/// A connection that is not open yet and, as accepted ones never need it, a request of its own.
static uv_connect_t *begin(apus_loop *loop, bool is_unix, void *context) {
  uv_connect_t *request = malloc(sizeof *request);
  apus_connection *connection = apus_connection_make(loop, is_unix, context);
  if (request && connection) {
    request->data = connection;
    return request;
  }
  free(request);
  if (connection) uv_close(&connection->handle, discard);
  return NULL;
}

int apus_connection_open_tcp(apus_loop *loop, const char *address, int port, void *context,
                             apus_connection **result) {
  *result = NULL;
  apus_socket_address place;
  int status = apus_find_address(loop, address, port, AF_INET, &place);
  if (status != 0) status = apus_find_address(loop, address, port, AF_INET6, &place);
  if (status != 0) return status;
  uv_connect_t *request = begin(loop, false, context);
  if (!request) return UV_ENOMEM;
  apus_connection *connection = request->data;
  status = uv_tcp_connect(request, &connection->tcp, &place.any, did_connect);
  if (status == 0) {
    *result = connection;
  } else {
    free(request);
    uv_close(&connection->handle, discard);
  }
  return status;
}

int apus_connection_open_unix(apus_loop *loop, const char *path, void *context,
                              apus_connection **result) {
  *result = NULL;
  // libuv cuts a longer path without a word.
  if (strlen(path) >= sizeof((struct sockaddr_un *)0)->sun_path) return UV_ENAMETOOLONG;
  uv_connect_t *request = begin(loop, true, context);
  if (!request) return UV_ENOMEM;
  *result = request->data;
  uv_pipe_connect(request, &(*result)->pipe, path, did_connect);
  return 0;
}
