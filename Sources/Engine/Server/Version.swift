/// What this server is, and what it passes for.
package enum Version {
  package static let name = "Apus"
  package static let apus = "0.1.0"
  /// The version of Redis whose behaviour is kept, for clients that switch features by it.
  package static let redis = "7.2.4"
  /// The commit it was built from, where the build says: not yet.
  package static let commit = "00000000"
  package static let build = "0"
  /// Of the compiler that built it, where INFO tells a C compiler's.
  package static var compiler: String {
    #if compiler(>=6.4)
      "6.4.0"
    #elseif compiler(>=6.3)
      "6.3.0"
    #else
      "6.2.0"
    #endif
  }
}
