import Core

/// Up to which size collections keep their compact form, as configured.
package struct CollectionLimits {
  /// The bounds of one type's listpacks.
  struct ListpackLimits {
    /// Elements; fields for a hash.
    var countMax: Int
    /// Bytes of one element.
    var elementByteCountMax: Int
  }

  var list = QuicklistLimits(setting: -2)
  var hash = ListpackLimits(countMax: 512, elementByteCountMax: 64)
  var set = ListpackLimits(countMax: 128, elementByteCountMax: 64)
  var intsetCountMax = 512
  var sortedSet = ListpackLimits(countMax: 128, elementByteCountMax: 64)

  package init() {}

  init(_ configuration: Configuration) {
    list = QuicklistLimits(setting: configuration.integer(.listMaxListpackSize))
    hash.countMax = configuration.integer(.hashMaxListpackEntries)
    hash.elementByteCountMax = configuration.integer(.hashMaxListpackValue)
    set.countMax = configuration.integer(.setMaxListpackEntries)
    set.elementByteCountMax = configuration.integer(.setMaxListpackValue)
    intsetCountMax = configuration.integer(.setMaxIntsetEntries)
    sortedSet.countMax = configuration.integer(.zsetMaxListpackEntries)
    sortedSet.elementByteCountMax = configuration.integer(.zsetMaxListpackValue)
  }
}
