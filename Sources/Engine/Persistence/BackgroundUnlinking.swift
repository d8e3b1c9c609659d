import Glibc

/// Deletes files whose blocks take their time to be freed: the name goes at once, the blocks with
/// the last descriptor, which a thread of its own closes.
enum BackgroundUnlinking {
  static func unlink(_ path: String, _ files: FileSystem) {
    let descriptor = files.open(path, O_RDONLY, 0)
    _ = files.unlink(path)
    if descriptor >= 0 { close(descriptor) }
  }

  private static func close(_ descriptor: Int32) {
    var thread = pthread_t()
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    // Signals are for the engine's thread.
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    // The number as a pointer; one more, since there is no pointer to zero.
    let argument = UnsafeMutableRawPointer(bitPattern: Int(descriptor) + 1)
    let result = pthread_create(
      &thread, nil,
      { argument in
        Glibc.close(Int32(truncatingIfNeeded: Int(bitPattern: argument) - 1))
        return nil
      }, argument)
    if result == 0 { pthread_detach(thread) } else { Glibc.close(descriptor) }
  }
}
