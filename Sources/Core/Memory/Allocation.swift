import CAlloc

/// Allocation for storage files: never returns nil.
///
/// Out of memory is not an error reply here, as it is not in Redis: the process cannot go on with
/// half an update. Sizes that come from outside are bounded before they reach this place
/// (`proto-max-bulk-len`, the parser's growth by bytes really received).
package enum Allocation {
  /// OWNERSHIP: the caller frees with `free(_:_:)` and the same size (or one of its size class).
  @inline(__always)
  package static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    guard let block = apus_alloc(byteCount) else { outOfMemory(byteCount) }
    return block
  }

  package static func allocateZeroed(_ byteCount: Int) -> UnsafeMutableRawPointer {
    guard let block = apus_alloc_zeroed(byteCount) else { outOfMemory(byteCount) }
    return block
  }

  /// Grows or shrinks a block, moving it if needed. INVALIDATES: pointers into the old block.
  package static func reallocate(
    _ block: UnsafeMutableRawPointer, from oldCount: Int, to newCount: Int
  ) -> UnsafeMutableRawPointer {
    guard let moved = apus_realloc(block, oldCount, newCount) else { outOfMemory(newCount) }
    return moved
  }

  @inline(__always)
  package static func free(_ block: UnsafeMutableRawPointer, _ byteCount: Int) {
    apus_free(block, byteCount)
  }

  /// The bytes that the allocator really gives for a request.
  @inlinable package static func sizeClass(_ byteCount: Int) -> Int { apus_alloc_class(byteCount) }

  @inline(never)
  package static func outOfMemory(_ byteCount: Int) -> Never {
    apus_alloc_panic(byteCount)
  }
}
