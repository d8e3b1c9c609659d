import CProcess

/// What the checks look at: the kernel's files, and what it says of this process alone.
struct SystemView {
  var files = SystemFiles()
  /// Descriptors that the process may have open; nil if the system does not say.
  var openFilesMax: UInt64?
  /// Whether the process gets no huge pages, whatever others get.
  var isOutOfHugePages = false

  /// The view of a process that has prepared itself as the server does when it starts.
  static func prepared(_ configuration: Configuration) -> SystemView {
    var view = SystemView()
    view.openFilesMax = OpenFiles.raised(toFit: configuration)
    HugePages.leave(configuration, view.files)
    view.isOutOfHugePages = apus_process_huge_pages_are_disabled()
    return view
  }
}
