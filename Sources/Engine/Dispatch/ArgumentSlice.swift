import Core

/// A run of a call's arguments: what code that looks at somebody else's call works on.
///
/// Lifetime: as long as the arguments, which for a command's own is until it returns.
package struct ArgumentSlice {
  let views: UnsafeBufferPointer<ByteView>

  package init(_ views: UnsafeBufferPointer<ByteView>) { self.views = views }

  package var count: Int { views.count }

  /// REQUIRES: 0 <= index < count.
  package subscript(index: Int) -> ByteView { views[index] }

  package func dropFirst(_ dropped: Int) -> ArgumentSlice {
    ArgumentSlice(UnsafeBufferPointer(rebasing: views.dropFirst(dropped)))
  }
}

extension Call {
  /// All arguments from `index` on.
  package func arguments(from index: Int) -> ArgumentSlice {
    ArgumentSlice(UnsafeBufferPointer(start: frame.pointee.arguments, count: count))
      .dropFirst(index)
  }
}
