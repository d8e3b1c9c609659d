/// Slots, peers and failover.
extension Parameter {
  static let cluster: [Parameter] = [
    .boolean(.clusterEnabled, default: false, .refused, [.immutable]),
    .boolean(.clusterAllowPubsubshardWhenDown, default: true, .known),
    .boolean(.clusterAllowReadsWhenDown, default: false, .known),
    .boolean(.clusterAllowReplicaMigration, default: true, .known),
    .integer(.clusterAnnounceBusPort, 0...65_535, default: 0, .known),
    .text(.clusterAnnounceHostname, default: "", .known, check: isHostName),
    .text(.clusterAnnounceHumanNodename, default: "", .known, check: isNodeName),
    .text(.clusterAnnounceIp, default: "", .known),
    .integer(.clusterAnnouncePort, 0...65_535, default: 0, .known),
    .integer(.clusterAnnounceTlsPort, 0...65_535, default: 0, .known),
    .text(.clusterConfigFile, default: "nodes.conf", .known, [.immutable]),
    .memory(.clusterLinkSendbufLimit, 0...Bounds.unsignedLong, default: 0, .known),
    .integer(.clusterMigrationBarrier, 0...Bounds.int, default: 1, .known),
    .integer(.clusterNodeTimeout, 0...Bounds.long, default: 15_000, .known),
    .integer(.clusterPingInterval, 0...Bounds.long, default: 0, .known, [.hidden]),
    .integer(.clusterPort, 0...65_535, default: 0, .known, [.immutable]),
    .choice(.clusterPreferredEndpointType, ["ip", "hostname", "unknown-endpoint"], default: "ip",
      .known),
    .boolean(.clusterReplicaNoFailover, default: false, alias: "cluster-slave-no-failover", .known),
    .integer(.clusterReplicaValidityFactor, 0...Bounds.int, default: 10,
      alias: "cluster-slave-validity-factor", .known),
    .boolean(.clusterRequireFullCoverage, default: true, .known),
  ]
}
