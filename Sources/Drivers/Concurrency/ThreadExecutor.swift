/// A thread of its own for an actor whose methods block: the calls hold up no other task.
///
/// The actor keeps it and returns its `asUnownedSerialExecutor()` as `unownedExecutor`. The thread ends by itself when the last
/// reference to this object is gone, after the jobs enqueued before that; `stop` does the same earlier.
public final class ThreadExecutor: Sendable {
  private let thread: SerialThread

  public init() { thread = SerialThread() }
  deinit { thread.stop() }

  /// For an actor's `unownedExecutor`.
  public func asUnownedSerialExecutor() -> UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// Lets the thread end after the jobs enqueued so far. An actor must not be called after its thread was stopped.
  public func stop() { thread.stop() }
}

/// The executor itself. Its thread holds it, so that a job may let go of the last reference to the actor it runs on.
private final class SerialThread: SerialExecutor {
  private let jobs: WorkerThreads<@Sendable () -> Void>

  init() { jobs = WorkerThreads(count: 1) { job in job() } }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.enqueue { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  func stop() { jobs.stop() }
}
