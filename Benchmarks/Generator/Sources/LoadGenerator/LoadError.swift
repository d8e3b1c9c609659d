/// Why a load cannot be made or had to end, in words for the user.
public struct LoadError: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
