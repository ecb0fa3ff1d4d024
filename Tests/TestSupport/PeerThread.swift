internal import Glibc

/// A thread of a test's peer. Tests block the threads that tasks run on, so a peer that must answer in time has its own.
final class PeerThread: Sendable {
  private let body: @Sendable () -> Void

  private init(_ body: @escaping @Sendable () -> Void) { self.body = body }

  static func start(_ body: @escaping @Sendable () -> Void) {
    let start = Unmanaged.passRetained(PeerThread(body))
    var thread = pthread_t()
    let code = pthread_create(&thread, nil, { context in
      if let context { Unmanaged<PeerThread>.fromOpaque(context).takeRetainedValue().body() }
      return nil
    }, start.toOpaque())
    guard code == 0 else { fatalError("cannot start a thread for a test's peer") }
    pthread_detach(thread)
  }
}
