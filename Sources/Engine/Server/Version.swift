/// What this server is, and what it passes for.
package enum Version {
  package static let name = "Apus"
  package static let apus = "0.1.0"
  /// The version of Redis whose behaviour is kept, for clients that switch features by it.
  package static let redis = "7.2.4"
  /// The commit it was built from, where the build says: not yet.
  package static let commit = "00000000"
  package static let build = "0"
}
