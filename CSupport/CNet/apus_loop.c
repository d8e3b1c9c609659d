#include <stdlib.h>

#include "apus_net_internal.h"

static void did_check(uv_check_t *check) {
  apus_loop *loop = check->data;
  loop->callbacks.on_polled(loop->context);
}

static void will_poll(uv_prepare_t *prepare) {
  apus_loop *loop = prepare->data;
  loop->callbacks.on_waiting(loop->context);
}

static void idle(uv_idle_t *handle) { (void)handle; }

apus_loop *apus_loop_create(const apus_callbacks *callbacks, void *context) {
  apus_loop *loop = calloc(1, sizeof *loop);
  if (!loop) return NULL;
  if (uv_loop_init(&loop->loop) != 0) {
    free(loop);
    return NULL;
  }
  loop->callbacks = *callbacks;
  loop->context = context;
  loop->turn = 1;
  uv_check_init(&loop->loop, &loop->check);
  uv_prepare_init(&loop->loop, &loop->prepare);
  uv_idle_init(&loop->loop, &loop->idle);
  loop->check.data = loop->prepare.data = loop->idle.data = loop;
  uv_check_start(&loop->check, did_check);
  uv_prepare_start(&loop->prepare, will_poll);
  return loop;
}

void apus_loop_run(apus_loop *loop) { uv_run(&loop->loop, UV_RUN_DEFAULT); }

void apus_loop_stop(apus_loop *loop) { uv_stop(&loop->loop); }

void apus_loop_set_busy(apus_loop *loop, bool busy) {
  if (busy)
    uv_idle_start(&loop->idle, idle);
  else
    uv_idle_stop(&loop->idle);
}

void apus_loop_set_read_buffer(apus_loop *loop, uint8_t *base, size_t capacity) {
  loop->read_base = base;
  loop->read_capacity = capacity;
}

void apus_loop_begin_turn(apus_loop *loop) { loop->turn++; }

const char *apus_net_error(int status) { return uv_strerror(status); }

bool apus_net_is_end_of_file(int status) { return status == 0 || status == UV_EOF; }

// Timers

struct apus_timer {
  uv_timer_t timer;
  void (*fire)(void *context);
  void *context;
};

static void did_fire(uv_timer_t *handle) {
  apus_timer *timer = handle->data;
  timer->fire(timer->context);
}

apus_timer *apus_timer_start(apus_loop *loop, uint64_t period, void (*fire)(void *),
                             void *context) {
  apus_timer *timer = calloc(1, sizeof *timer);
  if (!timer) return NULL;
  timer->fire = fire;
  timer->context = context;
  uv_timer_init(&loop->loop, &timer->timer);
  timer->timer.data = timer;
  uv_timer_start(&timer->timer, did_fire, period, period);
  return timer;
}

void apus_timer_fire_once(apus_timer *timer, uint64_t delay) {
  uv_timer_start(&timer->timer, did_fire, delay, 0);
}

void apus_timer_stop(apus_timer *timer) { uv_timer_stop(&timer->timer); }

void apus_timer_set_period(apus_timer *timer, uint64_t period) {
  uv_timer_start(&timer->timer, did_fire, period, period);
}

// Signals

struct apus_signal {
  uv_signal_t signal;
  void (*fire)(void *context, int number);
  void *context;
};

static void did_signal(uv_signal_t *handle, int number) {
  apus_signal *signal = handle->data;
  signal->fire(signal->context, number);
}

apus_signal *apus_signal_watch(apus_loop *loop, int number, void (*fire)(void *, int),
                               void *context) {
  apus_signal *signal = calloc(1, sizeof *signal);
  if (!signal) return NULL;
  signal->fire = fire;
  signal->context = context;
  uv_signal_init(&loop->loop, &signal->signal);
  signal->signal.data = signal;
  uv_signal_start(&signal->signal, did_signal, number);
  uv_unref((uv_handle_t *)&signal->signal);
  return signal;
}

// Wake-up

struct apus_waker {
  uv_async_t async;
  void (*fire)(void *context);
  void *context;
};

static void did_wake(uv_async_t *handle) {
  apus_waker *waker = handle->data;
  waker->fire(waker->context);
}

apus_waker *apus_waker_create(apus_loop *loop, void (*fire)(void *), void *context) {
  apus_waker *waker = calloc(1, sizeof *waker);
  if (!waker) return NULL;
  waker->fire = fire;
  waker->context = context;
  uv_async_init(&loop->loop, &waker->async, did_wake);
  waker->async.data = waker;
  uv_unref((uv_handle_t *)&waker->async);
  return waker;
}

void apus_waker_wake(apus_waker *waker) { uv_async_send(&waker->async); }
