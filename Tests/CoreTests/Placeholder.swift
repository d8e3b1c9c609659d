import Testing
@testable import Core

@Test func placeholder() {}
