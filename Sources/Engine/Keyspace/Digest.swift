import Core

/// A fingerprint of data, for DEBUG DIGEST: equal data has equal digests, in whatever order it was
/// written and however it is stored.
///
/// Each key adds, by exclusive or, the SHA-1 of its database, name, type, value and deadline; no
/// keys are twenty zeros. Lengths are hashed before bytes, so that no two keys run together.
package struct Digest: Equatable {
  package private(set) var bytes = [UInt8](repeating: 0, count: SHA1.digestCount)

  package init() {}

  fileprivate mutating func combine(_ other: Digest) {
    for index in bytes.indices { bytes[index] ^= other.bytes[index] }
  }

  fileprivate init(_ hash: SHA1) {
    var hash = hash
    bytes.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { hash.finish(to: base) }
    }
  }

  /// Forty hexadecimal digits.
  package var hexadecimal: [UInt8] { bytes.flatMap(Hexadecimal.digits) }
}

extension SHA1 {
  fileprivate mutating func update(number: Int64) {
    withUnsafeBytes(of: number.littleEndian) { update(ByteView(bytes: $0)) }
  }

  fileprivate mutating func update(counted bytes: ByteView) {
    update(number: Int64(bytes.count))
    update(bytes)
  }
}

extension ByteView {
  fileprivate init(bytes: UnsafeRawBufferPointer) {
    let base = bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
    self.init(base, count: bytes.count)
  }
}

extension Database {
  /// The digest of a value with its deadline, whatever its key and database.
  func digest(_ slot: Slot) -> Digest {
    var hash = SHA1()
    hashValue(slot, into: &hash)
    return Digest(hash)
  }

  private func hashValue(_ slot: Slot, into hash: inout SHA1) {
    let entry = slot.entry
    hash.update(number: Int64(entry.type.rawValue))
    switch entry.type {
    case .string: hashString(slot, into: &hash)
    case .list: hashList(slot, into: &hash)
    case .set: hashSet(slot, into: &hash)
    case .sortedSet: hashSortedSet(sortedSet(slot), into: &hash)
    case .hash: hashFields(slot, into: &hash)
    // There are no streams yet.
    case .stream: break
    }
    hash.update(number: deadline(slot) ?? -1)
  }

  private func hashString(_ slot: Slot, into hash: inout SHA1) {
    switch string(slot) {
    case .bytes(let bytes): hash.update(counted: bytes)
    case .block(let block): hash.update(counted: block.view)
    case .integer(let value): Array(String(value).utf8).withView { hash.update(counted: $0) }
    }
  }

  /// Members have no order: their digests are combined.
  private func hashSet(_ slot: Slot, into hash: inout SHA1) {
    var members = Digest()
    set(slot).forEach { element in
      var member = SHA1()
      element.withText { member.update($0) }
      members.combine(Digest(member))
      return true
    }
    members.bytes.withView { hash.update($0) }
  }

  private func hashList(_ slot: Slot, into hash: inout SHA1) {
    let list = ListValue(self, slot)
    hash.update(number: Int64(list.count))
    list.forEach(from: list.first, .tail) { element in
      element.withText { hash.update(counted: $0) }
      return true
    }
  }

  private func hashSortedSet(_ set: SortedSetValue, into hash: inout SHA1) {
    hash.update(number: Int64(set.count))
    set.forEach { member, score in
      member.withText { hash.update(counted: $0) }
      hash.update(number: Int64(bitPattern: score.bitPattern))
    }
  }

  /// The fields in any order: each is hashed for itself, and their digests are combined.
  private func hashFields(_ slot: Slot, into hash: inout SHA1) {
    var fields = Digest()
    HashValue(self, slot).forEach { field in
      var hash = SHA1()
      field.name.withText { hash.update(counted: $0) }
      field.value.withText { hash.update(counted: $0) }
      hash.update(number: field.deadline ?? -1)
      fields.combine(Digest(hash))
    }
    fields.bytes.withView { hash.update($0) }
  }

  fileprivate func addDigests(to digest: inout Digest) {
    storage.pointee.table.forEachSlot { slot in
      var hash = SHA1()
      hash.update(number: Int64(index))
      hash.update(counted: slot.entry.key)
      hashValue(slot, into: &hash)
      digest.combine(Digest(hash))
    }
  }
}

extension Keyspace {
  /// The digest of all keys of all databases; forty zeros when there are none.
  package var digest: Digest {
    var digest = Digest()
    for index in 0..<databaseCount { self[index].addDigests(to: &digest) }
    return digest
  }
}
