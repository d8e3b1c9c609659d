import CProcess

/// Transparent huge pages: 2 MiB where a program asked for 4 KiB.
enum HugePages {
  private static let folder = "/sys/kernel/mm/transparent_hugepage"
  private static let mode = folder + "/enabled"
  private static let defragmentation = folder + "/defrag"
  private static let backgroundDefragmentation = folder + "/khugepaged/defrag"

  /// Takes the process out of them if all would get them and `disable-thp` says so.
  static func leave(_ configuration: Configuration, _ files: SystemFiles) {
    guard configuration.boolean(.disableThp), (try? mode(files)) == "always" else { return }
    // Whether it worked is asked for where it counts.
    _ = apus_process_disable_huge_pages()
  }

  private static func mode(_ files: SystemFiles) throws(Unseen) -> String {
    try files.choice(mode, of: ["always", "madvise", "never"])
  }

  static let check = SystemCheck("THP") { view, configuration throws(Unseen) in
    let mode = try mode(view.files)
    if mode != "always" { return .fine(mode) }
    if view.isOutOfHugePages { return .fine("always, but not for the server: disable-thp is yes") }
    let reason =
      configuration.boolean(.disableThp)
      ? "the kernel refused to leave the server out" : "disable-thp is no"
    return .harm(
      Harm(
        "You have Transparent Huge Pages (THP) support enabled in your kernel: 'always', and"
          + " \(reason).",
        because: "A fork then copies 2 MiB for each byte that changes, memory in use grows by pages"
          + " that are hardly touched, and the kernel stops the server to make room for them. The"
          + " server must be restarted afterwards.",
        .file(Self.mode, "madvise")))
  }

  /// Matters only where huge pages come unasked: with `madvise` hardly anything takes part.
  static let defragmentationCheck = SystemCheck("THP-defrag") { view, _ throws(Unseen) in
    let mode = try mode(view.files)
    let direct = try view.files.choice(
      defragmentation, of: ["always", "defer", "defer+madvise", "madvise", "never"])
    let background = try view.files.number(backgroundDefragmentation)
    let found = "'\(direct)', khugepaged's \(background), huge pages '\(mode)'"
    if mode != "always" { return .fine(found) }
    if direct == "always" {
      return .harm(
        Harm(
          "Memory is defragmented for huge pages: \(found).",
          because: "Any program that takes new memory may stop until pages have been moved out of"
            + " the way, the server's among them.",
          .file(defragmentation, "madvise"), .file(Self.mode, "madvise")))
    }
    if background != 0 && !view.isOutOfHugePages {
      return .harm(
        Harm(
          "Memory is defragmented for huge pages in the background: \(found).",
          because: "khugepaged copies the server's memory into huge pages and holds the server's"
            + " page tables locked meanwhile.",
          .file(backgroundDefragmentation, "0")))
    }
    return .fine(found)
  }
}
