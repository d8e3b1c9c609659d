#define _GNU_SOURCE
#include "include/apus_handover.h"

#include <errno.h>
#include <time.h>

void apus_handover_init(apus_handover *handover) {
  handover->head = NULL;
  sem_init(&handover->awake, 0, 0);
}

void apus_handover_wake(apus_handover *handover) { sem_post(&handover->awake); }

void *apus_handover_take(apus_handover *handover) {
  void *piece = __atomic_exchange_n(&handover->head, NULL, __ATOMIC_ACQ_REL);
  void *first = NULL;
  while (piece) {
    void *next = *(void **)piece;
    *(void **)piece = first;
    first = piece;
    piece = next;
  }
  return first;
}

void apus_handover_sleep(apus_handover *handover, uint64_t deadline) {
  void *expected = NULL;
  if (!__atomic_compare_exchange_n(&handover->head, &expected, APUS_HANDOVER_SLEEPER, false,
                                   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
    return;
  }
  struct timespec until = {.tv_sec = (time_t)(deadline / 1000000000),
                           .tv_nsec = (long)(deadline % 1000000000)};
  while (true) {
    int result = deadline == 0 ? sem_wait(&handover->awake)
                               : sem_clockwait(&handover->awake, CLOCK_MONOTONIC, &until);
    if (result == 0) return;
    if (errno == EINTR) continue;
    expected = APUS_HANDOVER_SLEEPER;
    if (__atomic_compare_exchange_n(&handover->head, &expected, NULL, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED)) {
      return;
    }
    // A piece came at the last moment, and with it a wake-up that has to be used up.
    deadline = 0;
  }
}
