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

/// A few threads for blocking calls without state of their own, such as those on files.
///
/// Never block on the cooperative pool: it has only as many threads as the machine has cores. The threads end when the last
/// reference to the pool is gone, after the work handed to it before that.
public final class BlockingPool: Sendable {
  private let threads: WorkerThreads<@Sendable () -> Void>

  public init(threads count: Int) { threads = WorkerThreads(count: max(1, count)) { work in work() } }
  deinit { threads.stop() }

  /// Runs `work` on one of the threads and gives back what it returns or throws. It is not interrupted by cancellation.
  public func run<Value: Sendable, Failure: Error>(
    _ work: @escaping @Sendable () throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let outcome: Result<Value, Failure> = await withCheckedContinuation { continuation in
      threads.enqueue {
        do throws(Failure) {
          continuation.resume(returning: .success(try work()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try outcome.get()
  }
}
