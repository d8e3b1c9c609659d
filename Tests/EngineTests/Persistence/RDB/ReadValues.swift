import Core

@testable import Engine

/// A key whose values are read from bytes.
final class ReadValues {
  /// What a value shows, and in which form it is held.
  struct Shown: Equatable {
    let encoding: String
    let elements: [String]

    init(_ encoding: String, _ elements: [String]) {
      self.encoding = encoding
      self.elements = elements
    }
  }

  let keyspace = Keyspace(
    seedWords: (
      0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb, 0xd6e8_feb8_6659_fd93
    ), databaseCount: 1)

  /// It was read, but other bytes follow, or all its fields are due.
  static let isNoValue = RDBError.unreadable(0)

  init() { keyspace.state.pointee.now = 1000 }

  private func withKey<Result>(_ body: (Key) -> Result) -> Result {
    Array("key".utf8).withView { body(keyspace[0].key($0)) }
  }

  /// Reads a value, which has to end where the bytes end, and runs `body` with its slot. What it
  /// left is gone then.
  func read<Result>(
    _ type: UInt8, _ bytes: [UInt8], version: Int = 12, _ body: (Slot) -> Result
  ) -> Swift.Result<Result, RDBError> {
    withKey { key in
      bytes.withView { view in
        var reader = RDBReader(view)
        var objects = RDBObjectReader(keyspace.state, version: version)
        let heading = RDBObjectReader.Heading(key: key.bytes, deadline: nil, accessClock: 0)
        do throws(RDBError) {
          keyspace[0].put(try objects.entry(type: type, heading, &reader), key)
        } catch {
          return .failure(error)
        }
        defer {
          if let slot = keyspace[0].storage.pointee.table.find(key.bytes, key.hash) {
            keyspace[0].delete(slot, isLazy: false)
          }
        }
        // A value all of whose fields are due is none.
        guard let slot = keyspace[0].find(key), reader.remaining == 0 else {
          return .failure(Self.isNoValue)
        }
        return .success(body(slot))
      }
    }
  }

  func show(
    _ type: UInt8, _ bytes: [UInt8], version: Int = 12
  ) -> Swift.Result<Shown, RDBError> {
    read(type, bytes, version: version) { shown($0) }
  }

  func shown(_ slot: Slot) -> Shown {
    Shown("\(slot.entry.encoding)", elements(slot))
  }

  /// In order where there is one, else sorted.
  private func elements(_ slot: Slot) -> [String] {
    let database = keyspace[0]
    var texts: [String] = []
    switch slot.entry.type {
    case .string:
      switch database.string(slot) {
      case .bytes(let bytes): texts.append(String(bytes))
      case .block(let block): texts.append(String(block.view))
      case .integer(let number): texts.append(String(number))
      }
    case .list:
      let list = ListValue(database, slot)
      list.forEach(from: list.first, .tail) { element in
        texts.append(element.withText { String($0) })
        return true
      }
    case .set:
      database.set(slot).forEach { element in
        texts.append(element.withText { String($0) })
        return true
      }
      texts.sort()
    case .sortedSet:
      database.sortedSet(slot).forEach { member, score in
        texts.append(member.withText { "\(String($0)):\(score)" })
      }
    case .hash:
      HashValue(database, slot).forEach { field in
        let deadline = field.deadline.map { "@\($0)" } ?? ""
        let value = field.value.withText { String($0) }
        texts.append(field.name.withText { "\(String($0))=\(value)\(deadline)" })
      }
      texts.sort()
    case .stream: break
    }
    return texts
  }
}
