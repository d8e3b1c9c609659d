import CAlloc
import Core

// What a change of the configuration does to the running server.
extension Server {
  /// Takes over the whole configuration: at start, before anything is served.
  package mutating func adoptConfiguration() {
    log.configure(configuration)
    adoptSettings()
    authentication.setPassword(configuration.bytes(.requirepass))
    _ = apus_alloc_background_thread(configuration.boolean(.jemallocBgThread))
  }

  /// Copies what running code asks for to where it does.
  mutating func adoptSettings() {
    settings = Settings(configuration)
    limits = ClientLimits(configuration)
    parserLimits.bulkByteCountMax = min(
      Int64(configuration.integer(.protoMaxBulkLen)), RequestParser.bulkByteCountMax)
    adoptStringLimit()
    keyspace.state.pointee.lazyFreeing = LazyFreeing(configuration)
    keyspace.state.pointee.collectionLimits = CollectionLimits(configuration)
    keyspace.state.pointee.hyperLogLogs.sparseByteCountMax =
      configuration.integer(.hllSparseMaxBytes)
    keyspace.state.pointee.activeExpiry.effort = configuration.integer(.activeExpireEffort)
    adoptObservation()
  }

  /// Sets how soon the system kills this process when memory is out.
  package mutating func startScoring() {
    _ = outOfMemoryScore.apply(configuration, as: .primary, log)
  }

  /// Carries out what was just set. Nil; or, when the system refuses, the reason and the parameter,
  /// after everything was taken back.
  package mutating func apply(_ change: ConfigurationChange) -> (ParameterID, String)? {
    let changed = change.changed(in: configuration)
    for id in change.named where changed.contains(id) {
      guard let reason = effect(of: id) else { continue }
      log.warning(
        "Failed applying new configuration. Possibly related to new \(id.rawValue) setting."
          + " Restoring previous settings.")
      configuration.rollBack(change)
      for id in change.named where changed.contains(id) { _ = effect(of: id) }
      return (id, reason)
    }
    return nil
  }

  /// The effect of one parameter's new value; nil, or why it cannot be.
  private mutating func effect(of id: ParameterID) -> String? {
    adoptSettings()
    switch id {
    case .port, .bind: return listenAnew(becauseOf: id)
    case .maxclients: return OpenFiles.refusal(ofClients: settings.maxClients)
    case .oomScoreAdj, .oomScoreAdjValues:
      let isSet = outOfMemoryScore.apply(configuration, as: .primary, log)
      return isSet ? nil : "Failed to apply new oom_score_adj configuration, check server logs."
    case .hz: host.setTickFrequency(settings.tickFrequency)
    case .loglevel: log.configure(configuration)
    case .requirepass:
      authentication.setPassword(configuration.bytes(.requirepass))
      didChangePassword()
    case .jemallocBgThread:
      let isOn = configuration.boolean(.jemallocBgThread)
      _ = apus_alloc_background_thread(isOn)
    case .crashLogEnabled: _ = CrashSections.install(configuration)
    case .procTitleTemplate: host.showTitle()
    case .save, .stopWritesOnBgsaveError: didChangeSaveStatus()
    case .appendonly: return switchAppendOnly()
    case .appendfsync, .noAppendfsyncOnRewrite:
      appendOnly.writer?.setSynchronization(
        AOFSynchronization(named: configuration.choice(.appendfsync)))
      suspendSynchronizationIfWanted()
    case .aofDisableAutoGc: deleteHistory()
    case .aofTimestampEnabled: if !settings.annotatesLog { appendOnly.annotationSecond = 0 }
    default: break
    }
    return nil
  }

  private mutating func switchAppendOnly() -> String? {
    let isWanted = configuration.boolean(.appendonly)
    if isWanted == (appendOnly.rewrites.state != .off) { return nil }
    if isWanted { return turnAppendOnlyOn() }
    turnAppendOnlyOff()
    return nil
  }

  private func listenAnew(becauseOf id: ParameterID) -> String? {
    guard host.listen() == nil else {
      return id == .port
        ? "Unable to listen on this port. Check server logs."
        : "Failed to bind to specified addresses."
    }
    host.showTitle()
    return nil
  }
}
