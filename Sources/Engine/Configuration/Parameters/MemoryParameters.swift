/// Memory limits, eviction, expiry, freeing and defragmentation.
extension Parameter {
  static let memory: [Parameter] = [
    .memory(.maxmemory, 0...Bounds.unsignedLong, default: 0, .refused),
    .choice(.maxmemoryPolicy, ["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
      "allkeys-lru", "allkeys-lfu", "allkeys-random", "noeviction"], default: "noeviction",
      .known),
    .integer(.maxmemorySamples, 1...Bounds.int, default: 5, .known),
    .integer(.maxmemoryEvictionTenacity, 0...100, default: 10, .known),
    .integer(.lfuLogFactor, 0...Bounds.int, default: 10, .known),
    .integer(.lfuDecayTime, 0...Bounds.int, default: 1, .known),
    .integer(.activeExpireEffort, 1...10, default: 1, .effective),
    .boolean(.activerehashing, default: true, .known),
    .boolean(.jemallocBgThread, default: true, .effective),
    .boolean(.lazyfreeLazyEviction, default: false, .known, [.debug]),
    .boolean(.lazyfreeLazyExpire, default: false, .effective, [.debug]),
    .boolean(.lazyfreeLazyServerDel, default: false, .effective, [.debug]),
    .boolean(.lazyfreeLazyUserDel, default: false, .effective, [.debug]),
    .boolean(.lazyfreeLazyUserFlush, default: false, .effective, [.debug]),
    .boolean(.activedefrag, default: false, .known, [.debug], check: needsPatchedAllocator),
    .integer(.activeDefragCycleMin, 1...99, default: 1, .known),
    .integer(.activeDefragCycleMax, 1...99, default: 25, .known),
    .integer(.activeDefragThresholdLower, 0...1000, default: 10, .known),
    .integer(.activeDefragThresholdUpper, 0...1000, default: 100, .known),
    .memory(.activeDefragIgnoreBytes, 1...Bounds.long, default: 100 << 20, .known),
    .integer(.activeDefragMaxScanFields, 1...Bounds.long, default: 1000, .known),
  ]
}
