/// Sizes at which a value changes its encoding.
extension Parameter {
  static let dataStructure: [Parameter] = [
    .integer(.hashMaxListpackEntries, 0...Bounds.long, default: 512,
      alias: "hash-max-ziplist-entries", .effective),
    .memory(.hashMaxListpackValue, 0...Bounds.long, default: 64, alias: "hash-max-ziplist-value",
      .effective),
    .integer(.setMaxIntsetEntries, 0...Bounds.long, default: 512, .effective),
    .integer(.setMaxListpackEntries, 0...Bounds.long, default: 128, .effective),
    .integer(.setMaxListpackValue, 0...Bounds.long, default: 64, .effective),
    .integer(.zsetMaxListpackEntries, 0...Bounds.long, default: 128,
      alias: "zset-max-ziplist-entries", .effective),
    .memory(.zsetMaxListpackValue, 0...Bounds.long, default: 64, alias: "zset-max-ziplist-value",
      .effective),
    .integer(.listMaxListpackSize, Bounds.lowestInt...Bounds.int, default: -2,
      alias: "list-max-ziplist-size", .effective),
    .integer(.listCompressDepth, 0...Bounds.int, default: 0, .known, [.debug]),
    .memory(.hllSparseMaxBytes, 0...Bounds.long, default: 3000, .effective),
    .memory(.streamNodeMaxBytes, 0...Bounds.long, default: 4096, .known),
    .integer(.streamNodeMaxEntries, 0...Bounds.long, default: 100, .known),
  ]
}
