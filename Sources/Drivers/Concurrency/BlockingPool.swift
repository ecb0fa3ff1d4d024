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

  /// The same, but a caller that is cancelled gets `cancelled` at once: a call that hangs, on a mount that has gone away for example,
  /// keeps a thread, not the run. Work that has not begun by then is never begun; work that has goes on to its end unseen, so it must
  /// own what it uses.
  public func run<Value: Sendable, Failure: Error>(
    abandonedAs cancelled: Failure, _ work: @escaping @Sendable () throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let reply = Reply<Value, Failure>()
    let outcome: Result<Value, Failure> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard reply.await(continuation) else { return continuation.resume(returning: .failure(cancelled)) }
        threads.enqueue {
          guard reply.isAwaited else { return }
          do throws(Failure) {
            reply.give(.success(try work()))
          } catch {
            reply.give(.failure(error))
          }
        }
      }
    } onCancel: {
      reply.give(.failure(cancelled))
    }
    return try outcome.get()
  }
}

/// Resumes a continuation once: by the work or by the cancellation, whichever comes first.
private final class Reply<Value: Sendable, Failure: Error>: Sendable {
  typealias Waiting = CheckedContinuation<Result<Value, Failure>, Never>
  private enum State {
    case idle
    case awaited(Waiting)
    case over
  }
  private let state = Lock(State.idle)

  var isAwaited: Bool { state.withLock { if case .awaited = $0 { true } else { false } } }

  /// False if the caller was cancelled before.
  func await(_ continuation: Waiting) -> Bool {
    state.withLock { state in
      guard case .idle = state else { return false }
      state = .awaited(continuation)
      return true
    }
  }

  func give(_ result: Result<Value, Failure>) {
    let waiting: Waiting? = state.withLock { state in
      defer { state = .over }
      if case .awaited(let continuation) = state { return continuation } else { return nil }
    }
    waiting?.resume(returning: result)
  }
}
