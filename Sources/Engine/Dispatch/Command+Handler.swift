/// How a handler is kept: as the address of its code alone.
///
/// A Swift function value is two words, code and context, and calling one that lies in memory
/// retains and releases the context even when there is none. Handlers are static functions and have
/// none, so their first word says everything. The compiler has a type for that,
/// `@convention(thin)`, and calls it without ceremony, but cannot convert every function to it (its
/// optimizer crashes on some); so the word is taken out of the ordinary value once, at start.
extension Command {
  package typealias Handler = @convention(thin) (Call) throws(CommandError) -> Void

  /// REQUIRES: `handler` is a static or global function, not a closure that captures.
  static func code(of handler: @escaping CommandSpec.Handler) -> Handler {
    // In a struct, because a bare function passed to a generic function is wrapped in another.
    let words = unsafeBitCast(Stored(handler: handler), to: Words.self)
    assert(words.context == nil, "a command's handler must not capture anything")
    return unsafeBitCast(Code(address: words.code), to: StoredCode.self).handler
  }

  private struct Stored { let handler: CommandSpec.Handler }
  private struct Words {
    let code: UnsafeRawPointer
    let context: UnsafeRawPointer?
  }
  private struct Code { let address: UnsafeRawPointer }
  private struct StoredCode { let handler: Handler }
}
