import Testing

@testable import LoadGenerator

@Suite struct RequestTemplateTests {
  private func keys(_ count: Int) throws -> KeySource {
    try KeySource(.sequential, keyCount: count, seed: 1)
  }

  private func request(_ template: RequestTemplate, _ keys: inout KeySource) -> String {
    let place = UnsafeMutablePointer<UInt8>.allocate(capacity: template.byteCount)
    defer { place.deallocate() }
    template.write(to: place, keys: &keys)
    return String(
      decoding: UnsafeBufferPointer(start: place, count: template.byteCount), as: UTF8.self)
  }

  @Test func holesAreFilledAnewInEachRequest() throws {
    var keys = try keys(1000)
    let template = try RequestTemplate(words: ["GET", "key:__rand_int__"], data: [])
    #expect(request(template, &keys) == "*2\r\n$3\r\nGET\r\n$16\r\nkey:000000000000\r\n")
    #expect(request(template, &keys) == "*2\r\n$3\r\nGET\r\n$16\r\nkey:000000000001\r\n")
  }

  @Test func eachOccurrenceGetsItsOwnNumberAndDataIsPutIn() throws {
    var keys = try keys(1000)
    let template = try RequestTemplate(
      words: ["MSET", "a__rand_int__b__rand_int__", "<__data__>"], data: Array("xyz".utf8))
    #expect(
      request(template, &keys)
        == "*3\r\n$4\r\nMSET\r\n$26\r\na000000000000b000000000001\r\n$5\r\n<xyz>\r\n")
  }

  @Test func aRequestTooLargeIsRefusedBeforeItIsMade() {
    let words = ["MSET"] + (0..<10).flatMap { _ in ["k", "__data__"] }
    let data = [UInt8](repeating: 0, count: 200 << 20)
    #expect(throws: LoadError.self) { try RequestTemplate(words: words, data: data) }
  }

  @Test func wordsOfManyBytesPerCharacterKeepTheirLength() throws {
    var keys = try keys(1)
    let template = try RequestTemplate(words: ["ECHO", "é€"], data: [])
    #expect(request(template, &keys) == "*2\r\n$4\r\nECHO\r\n$5\r\né€\r\n")
  }

  @Test(arguments: [0, 7, 10, 99, 100, 12_345, 999_999_999_999] as [UInt64])
  func digitsAreThoseOfTheNumber(number: UInt64) {
    var digits = [UInt8](repeating: 48, count: 12)
    digits.withUnsafeMutableBufferPointer {
      if let base = $0.baseAddress { RequestTemplate.writeDigits(number, to: base) }
    }
    #expect(UInt64(String(decoding: digits, as: UTF8.self)) == number)
  }
}
