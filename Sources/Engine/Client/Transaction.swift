import Core

/// MULTI's queue.
struct Transaction {
}
