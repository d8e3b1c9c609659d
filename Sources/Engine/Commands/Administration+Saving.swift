import Core

// SAVE, BGSAVE, LASTSAVE: snapshots on demand.
extension Administration {
  static let save = CommandSpec(
    "save", .server, since: "1.0.0", arity: 1,
    flags: [.admin, .noscript, .noAsyncLoading, .noMulti],
    summary: "Writes a snapshot while all clients wait.", complexity: "O(N) for N keys.",
    run: runSave)

  /// SAVE
  private static func runSave(_ call: Call) throws(CommandError) {
    if call.server.saves.isSaving { throw .text("ERR Background save already in progress") }
    guard call.server.save() else { throw .text("ERR") }
    call.reply.ok()
  }

  static let bgsave = CommandSpec(
    "bgsave", .server, since: "1.0.0", arity: -1, flags: [.admin, .noscript, .noAsyncLoading],
    summary: "Writes a snapshot in a child process.",
    arguments: [
      .token("schedule", "SCHEDULE", since: "3.2.2", .optional),
      .token("cancel", "CANCEL", since: "8.1.0", .optional),
    ],
    history: [
      .init("3.2.2", "Takes `SCHEDULE`."), .init("8.1.0", "Takes `CANCEL`, as in Valkey."),
    ], run: runBgsave)

  /// BGSAVE [SCHEDULE | CANCEL]
  private static func runBgsave(_ call: Call) throws(CommandError) {
    var schedules = false
    if call.count > 1 {
      guard call.count == 2 else { throw .syntax }
      if call[1].isKeyword("CANCEL") { return try cancel(call) }
      guard call[1].isKeyword("SCHEDULE") else { throw .syntax }
      schedules = true
    }
    if call.server.saves.isSaving { throw .text("ERR Background save already in progress") }
    if call.server.saves.child != nil || call.client.flags.contains(.executing) {
      return try schedule(call, isAsked: schedules)
    }
    guard call.server.saveInBackground() else { throw .text("ERR") }
    call.reply.simple("Background saving started")
  }

  /// In a transaction nothing is forked: half of it would be saved.
  private static func schedule(_ call: Call, isAsked: Bool) throws(CommandError) {
    guard isAsked || call.client.flags.contains(.executing) else {
      throw .text(
        """
        ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE \
        in order to schedule a BGSAVE whenever possible.
        """)
    }
    call.server.saves.isScheduled = true
    call.reply.simple("Background saving scheduled")
  }

  private static func cancel(_ call: Call) throws(CommandError) {
    let wasSaving = call.server.saves.isSaving
    guard call.server.cancelSaving() else {
      throw .text("ERR Background saving is currently not in progress or scheduled")
    }
    call.reply.simple(
      wasSaving ? "Background saving cancelled" : "Scheduled background saving cancelled")
  }

  static let lastsave = CommandSpec(
    "lastsave", .server, since: "1.0.0", arity: 1, flags: [.loading, .stale, .fast],
    categories: [.admin, .dangerous],
    summary: "Tells when the last snapshot was written, in Unix seconds.",
    hints: ["nondeterministic_output"], run: runLastsave)

  /// LASTSAVE
  private static func runLastsave(_ call: Call) throws(CommandError) {
    call.reply.integer(Int(call.server.saves.lastSuccessSecond))
  }
}
