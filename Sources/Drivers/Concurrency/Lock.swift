internal import Glibc

/// A lock around the state it guards, for state that is small and held briefly; what waits belongs in an actor.
///
/// A pthread mutex, because ThreadSanitizer on Linux takes the standard library's `Mutex` for no lock at all.
public final class Lock<State>: Sendable {
  // Both are touched by one thread at a time: the mutex sees to that, and its own calls are thread-safe.
  private nonisolated(unsafe) let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private nonisolated(unsafe) var state: State

  public init(_ state: sending State) {
    self.state = state
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Runs `body` while no other thread is inside. Not reentrant: `body` must not take the same lock again.
  public func withLock<Result, Failure: Error>(
    _ body: (inout State) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&state)
  }
}
