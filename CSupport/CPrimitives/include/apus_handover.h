// Hands pieces of memory from one thread to another without a lock, and wakes who waits for them.
//
// A piece begins with a word that links it. Senders push onto a stack; the receiver takes the whole
// stack at once and turns it round, so nothing is ever popped that another could have pushed again.
// Whoever finds the receiver asleep wakes it: one system call for each sleep, none while it is
// awake. No sender can be held up by a receiver that does not run, as with a mutex.
//
//     head: NULL           nothing waits, the receiver is awake
//           the sleeper    nothing waits, the receiver sleeps or is about to
//           a piece        it and those it links to, the last one first
//
// Beside pieces there may be a number that the sender raises and the receiver follows.
#ifndef APUS_HANDOVER_H
#define APUS_HANDOVER_H

#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
  void *_Nullable head;
  sem_t awake;
} apus_handover;

/// Stands in `head` for a receiver that sleeps.
#define APUS_HANDOVER_SLEEPER ((void *)1)

void apus_handover_init(apus_handover *_Nonnull handover);
/// Sleeps until a piece is pushed, `number` is no longer `seen` or, unless it is 0, the monotonic
/// `deadline` has come. For the receiver alone.
void apus_handover_sleep(apus_handover *_Nonnull handover, const uint64_t *_Nonnull number,
                         uint64_t seen, uint64_t deadline);
/// All pieces, the first one first, or NULL. For the receiver alone.
void *_Nullable apus_handover_take(apus_handover *_Nonnull handover);
/// Wakes the receiver, which was found asleep.
void apus_handover_wake(apus_handover *_Nonnull handover);

/// Gives a piece away, from any thread.
static inline void apus_handover_push(apus_handover *_Nonnull handover, void *_Nonnull piece) {
  void *old = __atomic_load_n(&handover->head, __ATOMIC_SEQ_CST);
  do {
    *(void **)piece = old == APUS_HANDOVER_SLEEPER ? (void *)0 : old;
  } while (!__atomic_compare_exchange_n(&handover->head, &old, piece, true, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST));
  if (old == APUS_HANDOVER_SLEEPER) apus_handover_wake(handover);
}

/// Raises the number, from the one thread that does.
static inline void apus_handover_raise(apus_handover *_Nonnull handover,
                                       uint64_t *_Nonnull number, uint64_t value) {
  __atomic_store_n(number, value, __ATOMIC_SEQ_CST);
  void *old = __atomic_load_n(&handover->head, __ATOMIC_SEQ_CST);
  if (old == APUS_HANDOVER_SLEEPER &&
      __atomic_compare_exchange_n(&handover->head, &old, (void *)0, false, __ATOMIC_SEQ_CST,
                                  __ATOMIC_SEQ_CST)) {
    apus_handover_wake(handover);
  }
}

#endif
