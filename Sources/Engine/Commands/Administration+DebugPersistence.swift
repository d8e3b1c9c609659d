import Core

// DEBUG: saving and loading at once.
extension Administration {
  static let debugPersistence: [DebugSubcommand] = [
    DebugSubcommand(
      "RELOAD", 2...5, "[option ...]",
      [
        "Save the RDB on disk and reload it back to memory. Valid <option> values:",
        "* MERGE: conflicting keys will be loaded from RDB.",
        "* NOFLUSH: the existing database will not be removed before load, but",
        "  conflicting keys will generate an exception and kill the server.",
        "* NOSAVE: the database will be loaded from an existing RDB file.",
        "Examples:",
        "* DEBUG RELOAD: verify that the server is able to persist, flush and reload",
        "  the database.",
        "* DEBUG RELOAD NOSAVE: replace the current database with the contents of an",
        "  existing RDB file.",
        "* DEBUG RELOAD NOSAVE NOFLUSH MERGE: add the contents of an existing RDB",
        "  file to the database.",
      ], debugReload),
    DebugSubcommand(
      "LOADAOF", 2...2, "",
      ["Flush the AOF buffers on disk and reload the AOF in memory."], debugLoadAOF),
  ]

  private static let loadFailed: StaticString =
    "ERR Error trying to load the AOF files, check server logs."

  /// DEBUG LOADAOF
  private static func debugLoadAOF(_ call: Call) throws(CommandError) {
    try refuseWhileLoading(call)
    let isThere: Bool
    do throws(AOFFailure) {
      isThere = try call.server.reloadAppendOnly()
    } catch {
      call.server.logFailure(error)
      // Half of the data is not what the log says, and the log would go on with it.
      call.server.host.exit(1)
      throw .text(loadFailed)
    }
    guard isThere else {
      call.server.log.warning("DEBUG LOADAOF: there is no append-only file.")
      throw .text(loadFailed)
    }
    call.server.log.warning("Append Only File loaded by DEBUG LOADAOF")
    call.reply.ok()
  }

  /// DEBUG RELOAD [NOSAVE] [NOFLUSH] [MERGE]
  private static func debugReload(_ call: Call) throws(CommandError) {
    var (saves, flushes, merges) = (true, true, false)
    for index in 2..<max(call.count, 2) {
      if call[index].isKeyword("NOSAVE") {
        saves = false
      } else if call[index].isKeyword("NOFLUSH") {
        flushes = false
      } else if call[index].isKeyword("MERGE") {
        merges = true
      } else {
        throw .text("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")
      }
    }
    try refuseWhileLoading(call)
    if saves, !call.server.save() { throw .text("ERR") }
    if flushes { call.server.emptyKeyspace() }
    guard call.server.loadSnapshot(replacesKeys: merges) else {
      throw .text("ERR Error trying to load the RDB dump, check server logs.")
    }
    call.server.log.warning("DB reloaded by DEBUG RELOAD")
    call.reply.ok()
  }

  /// Half a data set must not replace the file that it comes from.
  private static func refuseWhileLoading(_ call: Call) throws(CommandError) {
    if call.server.isLoading { throw .text("LOADING Redis is loading the dataset in memory") }
  }
}
