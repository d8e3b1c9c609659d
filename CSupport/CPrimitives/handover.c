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
  void *piece = __atomic_exchange_n(&handover->head, NULL, __ATOMIC_SEQ_CST);
  void *first = NULL;
  while (piece) {
    void *next = *(void **)piece;
    *(void **)piece = first;
    first = piece;
    piece = next;
  }
  return first;
}

static bool change_head(apus_handover *handover, void *from, void *to) {
  return __atomic_compare_exchange_n(&handover->head, &from, to, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST);
}

void apus_handover_sleep(apus_handover *handover, const uint64_t *number, uint64_t seen,
                         uint64_t deadline) {
  if (!change_head(handover, NULL, APUS_HANDOVER_SLEEPER)) return;
  // It may have been raised before the sleeper was seen.
  bool is_due = __atomic_load_n(number, __ATOMIC_SEQ_CST) != seen;
  struct timespec until = {.tv_sec = (time_t)(deadline / 1000000000),
                           .tv_nsec = (long)(deadline % 1000000000)};
  while (true) {
    // Whoever takes the sleeper away posts, and the post has to be used up.
    if (is_due && change_head(handover, APUS_HANDOVER_SLEEPER, NULL)) return;
    int result = is_due || deadline == 0
                   ? sem_wait(&handover->awake)
                   : sem_clockwait(&handover->awake, CLOCK_MONOTONIC, &until);
    if (result == 0) return;
    is_due = is_due || errno == ETIMEDOUT;
  }
}
