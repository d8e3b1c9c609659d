/// Who may connect and what may be done.
extension Parameter {
  static let security: [Parameter] = [
    .text(.requirepass, default: "", .effective, [.sensitive]),
    .text(.aclfile, default: "", .refused, [.immutable]),
    .integer(.acllogMaxLen, 0...Bounds.long, default: 128, .known),
    .choice(.aclPubsubDefault, ["allchannels", "resetchannels"], default: "resetchannels", .known),
    .choice(.enableDebugCommand, ["no", "yes", "local"], default: "no", .effective, [.immutable]),
    .choice(.enableModuleCommand, ["no", "yes", "local"], default: "no", .known, [.immutable]),
    .choice(
      .enableProtectedConfigs, ["no", "yes", "local"], default: "no", .effective,
      [.immutable]),
    .choice(.sanitizeDumpPayload, ["no", "yes", "clients"], default: "no", .known, [.debug]),
  ]
}
