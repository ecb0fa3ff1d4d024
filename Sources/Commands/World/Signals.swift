internal import Glibc
internal import Journaling

/// SIGINT and SIGTERM as a stream, from the moment it is made. The handler does nothing but write a byte into a pipe, which is all that a
/// handler may safely do; a thread of its own reads the pipe.
enum Signals {
  /// Made once, before the handler can run.
  private static let pipe: (read: Int32, write: Int32) = {
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else { return (-1, -1) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }()

  static func stream() -> AsyncStream<Interruption> {
    guard pipe.read >= 0 else { return AsyncStream { $0.finish() } }
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { number in
      var byte = UInt8(truncatingIfNeeded: number)
      _ = write(Signals.pipe.write, &byte, 1)
    }
    sigaction(SIGINT, &action, nil)
    sigaction(SIGTERM, &action, nil)
    return AsyncStream { continuation in
      let box = Unmanaged.passRetained(Listener(continuation))
      var thread = pthread_t()
      pthread_create(&thread, nil, { context in
        if let context { Unmanaged<Listener>.fromOpaque(context).takeRetainedValue().listen(Signals.pipe.read) }
        return nil
      }, box.toOpaque())
      pthread_detach(thread)
    }
  }

  private final class Listener: Sendable {
    private let continuation: AsyncStream<Interruption>.Continuation
    init(_ continuation: AsyncStream<Interruption>.Continuation) { self.continuation = continuation }

    func listen(_ descriptor: Int32) {
      var byte: UInt8 = 0
      while true {
        let count = read(descriptor, &byte, 1)
        if count < 0 && errno == EINTR { continue }
        guard count == 1 else { return }
        continuation.yield(Int32(byte) == SIGTERM ? .terminate : .interrupt)
      }
    }
  }
}
