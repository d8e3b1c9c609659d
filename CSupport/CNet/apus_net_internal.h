// What the files of this shim share.
#ifndef APUS_NET_INTERNAL_H
#define APUS_NET_INTERNAL_H

#include <netinet/in.h>
#include <uv.h>

#include "include/apus_net.h"

struct apus_loop {
  uv_loop_t loop;
  uv_check_t check;
  uv_prepare_t prepare;
  uv_idle_t idle;
  apus_callbacks callbacks;
  void *context;
  uint8_t *read_base;
  size_t read_capacity;
  uint64_t turn;
};

struct apus_listener {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  };
  apus_loop *loop;
  bool is_unix;
};

struct apus_connection {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  };
  apus_loop *loop;
  void *context;
  uint8_t *target_base;
  size_t target_capacity;
  uv_write_t write;
  uint64_t turn;
  int descriptor;
  bool is_unix;
};

typedef union {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
  struct sockaddr_storage storage;
} apus_socket_address;

/// The address written as numbers, or the first of `family` (AF_UNSPEC: any) that a name such as
/// "localhost" has. Returns 0 or -errno.
int apus_find_address(apus_loop *loop, const char *text, int port, int family,
                      apus_socket_address *address);
/// A connection whose handle is not open yet; NULL without memory.
apus_connection *apus_connection_make(apus_loop *loop, bool is_unix, void *context);

#endif
