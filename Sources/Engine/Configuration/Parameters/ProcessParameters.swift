/// How the process starts, presents itself, and ends.
extension Parameter {
  static let process: [Parameter] = [
    .boolean(.daemonize, default: false, .effective, [.immutable]),
    .text(.pidfile, default: "", .effective, [.immutable]),
    .choice(
      .supervised, ["upstart", "systemd", "auto", "no"], default: "no", .effective,
      [.immutable]),
    .boolean(.setProcTitle, default: true, .effective, [.immutable]),
    .text(
      .procTitleTemplate, default: "{title} {listen-addr} {server-mode}", .effective,
      check: isTitleTemplate),
    .boolean(.alwaysShowLogo, default: false, .effective, [.immutable]),
    .text(.localeCollate, default: "", .known),
    .boolean(.disableThp, default: true, .effective, [.immutable]),
    .choice(.oomScoreAdj, ["no", "yes", "relative", "absolute"], default: "no", .effective),
    Parameter(
      .oomScoreAdjValues, .scoreAdjustments, default: .integers([0, 200, 800]), .effective,
      [.multipleArguments]),
    .text(.serverCpulist, default: "", .known, [.immutable]),
    .text(.bioCpulist, default: "", .known, [.immutable]),
    .text(.aofRewriteCpulist, default: "", .known, [.immutable]),
    .text(.bgsaveCpulist, default: "", .known, [.immutable]),
    .integer(.databases, 1...Bounds.int, default: 16, .effective, [.immutable]),
    .integer(.hz, 0...Bounds.int, default: 10, .effective),
    .boolean(.dynamicHz, default: true, .known),
    .choices(
      .shutdownOnSigint, ["default", "save", "nosave", "now", "force"], default: "default",
      .effective, [.multipleArguments], check: isConsistentShutdown),
    .choices(
      .shutdownOnSigterm, ["default", "save", "nosave", "now", "force"], default: "default",
      .effective, [.multipleArguments], check: isConsistentShutdown),
    .integer(.shutdownTimeout, 0...Bounds.int, default: 10, .known),
    .text(.ignoreWarnings, default: "", .known),
  ]
}
