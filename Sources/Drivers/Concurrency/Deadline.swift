/// An operation was cancelled because its time was over.
public struct DeadlineExceeded: Error, Hashable, Sendable, CustomStringConvertible {
  /// The time it had been given.
  public var limit: Duration
  public init(limit: Duration) { self.limit = limit }
  public var description: String { "not done within \(limit)" }
}

/// Runs `operation` and cancels it when `limit` has passed on `clock`; then `DeadlineExceeded` is thrown.
///
/// The operation is waited for even then, so it must heed cancellation. One that succeeds all the same has had its effect, so
/// its value is returned. When the caller is cancelled, the operation's own error comes through.
public func withDeadline<Value: Sendable, C: Clock>(
  _ limit: Duration, clock: C = ContinuousClock(), _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value where C.Duration == Duration {
  try await withThrowingTaskGroup(of: Outcome<Value>.self) { group in
    group.addTask {
      do { return .ended(.success(try await operation())) } catch { return .ended(.failure(error)) }
    }
    group.addTask {
      do { try await clock.sleep(for: limit) } catch { return .timerCancelled }
      return .timeOver
    }
    var timeOver = false
    while let outcome = try await group.next() {
      switch outcome {
      case .timerCancelled: continue
      case .timeOver:
        timeOver = true
        group.cancelAll()
      case .ended(.success(let value)):
        group.cancelAll()
        return value
      case .ended(.failure(let error)):
        group.cancelAll()
        throw timeOver ? DeadlineExceeded(limit: limit) : error
      }
    }
    throw CancellationError()  // Not reached: the operation always ends in one of the cases above.
  }
}

private enum Outcome<Value: Sendable>: Sendable {
  case ended(Result<Value, any Error>)
  case timeOver
  case timerCancelled
}
