/// What a client may use, and what is kept for it.
extension Parameter {
  static let client: [Parameter] = [
    .integer(.maxclients, 1...Bounds.unsignedInt, default: 10_000, .effective),
    .memory(.clientQueryBufferLimit, (1 << 20)...Bounds.long, default: 1024 << 20, .effective,
      [.debug]),
    Parameter(.clientOutputBufferLimit, .outputBufferLimits,
      default: .outputBufferLimits(.redisDefault), .effective, [.multipleArguments]),
    .memoryOrPercent(.maxmemoryClients, -100...Bounds.long, default: 0, .effective),
    .memory(.protoMaxBulkLen, (1 << 20)...Bounds.long, default: 512 << 20, .effective, [.debug]),
    .integer(.trackingTableMaxKeys, 0...Bounds.long, default: 1_000_000, .known),
    Parameter(.notifyKeyspaceEvents, .keyspaceEvents, default: .keyspaceEvents([]), .known),
    .integer(.busyReplyThreshold, 0...Bounds.long, default: 5000, alias: "lua-time-limit", .known),
  ]
}
