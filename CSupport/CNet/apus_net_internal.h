// What the files of this shim share.
#ifndef APUS_NET_INTERNAL_H
#define APUS_NET_INTERNAL_H

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

#endif
