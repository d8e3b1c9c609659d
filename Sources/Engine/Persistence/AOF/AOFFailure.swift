/// What the log's files could not do, as the lines that Redis writes before it gives up.
package struct AOFFailure: Error, Equatable {
  package let messages: [String]

  package init(_ message: String) { messages = [message] }
  package init(_ messages: [String]) { self.messages = messages }
}

/// Takes a line for the log. Whoever prints it adds what belongs around it.
package typealias AOFReport = (Log.Level, String) -> Void
