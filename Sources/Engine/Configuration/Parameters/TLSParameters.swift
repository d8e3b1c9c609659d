/// Encryption. Nothing of it is there yet, so that nothing of it may be promised.
extension Parameter {
  static let tls: [Parameter] = [
    .integer(.tlsPort, 0...65_535, default: 0, .refused),
    .choice(.tlsAuthClients, ["no", "yes", "optional"], default: "yes", .refused),
    .text(.tlsCaCertDir, default: "", .refused),
    .text(.tlsCaCertFile, default: "", .refused),
    .text(.tlsCertFile, default: "", .refused),
    .text(.tlsCiphers, default: "", .refused),
    .text(.tlsCiphersuites, default: "", .refused),
    .text(.tlsClientCertFile, default: "", .refused),
    .text(.tlsClientKeyFile, default: "", .refused),
    .text(.tlsClientKeyFilePass, default: "", .refused),
    .boolean(.tlsCluster, default: false, .refused),
    .text(.tlsDhParamsFile, default: "", .refused),
    .text(.tlsKeyFile, default: "", .refused),
    .text(.tlsKeyFilePass, default: "", .refused),
    .boolean(.tlsPreferServerCiphers, default: false, .refused),
    .text(.tlsProtocols, default: "", .refused),
    .boolean(.tlsReplication, default: false, .refused),
    .integer(.tlsSessionCacheSize, 0...Bounds.int, default: 20_480, .refused),
    .integer(.tlsSessionCacheTimeout, 0...Bounds.int, default: 300, .refused),
    .boolean(.tlsSessionCaching, default: true, .refused),
  ]
}
