/// Hands chunks from one task to another. One chunk at most lies between the two, so whoever is quicker waits for the other. One task gives
/// and one takes; either can end it, and so can a third.
public final class Handoff<Chunk: Sendable>: Sendable {
  private struct State {
    var chunk: Chunk?
    var end: Result<Void, any Error>?
    /// Counts what has happened, so that nobody begins to wait for what has happened already.
    var changes = 0
    /// The giver waits while there is a chunk, the taker while there is none: never both.
    var waiter: CheckedContinuation<Void, Never>?
  }
  private let state = Lock(State())

  public init() {}

  /// Throws what the other side ended with; `CancellationError` if it just does not want any more, or if this task is cancelled.
  public func give(_ chunk: Chunk) async throws {
    try await attempting { state -> Result<Void, any Error>? in
      switch state.end {
      case .failure(let error): return .failure(error)
      case .success: return .failure(CancellationError())
      case nil: break
      }
      guard state.chunk == nil else { return nil }
      state.chunk = chunk
      return .success(())
    }
  }

  /// The next chunk, or nil at the end.
  public func take() async throws -> Chunk? {
    try await attempting { state -> Result<Chunk?, any Error>? in
      if case .failure(let error) = state.end { return .failure(error) }
      if let chunk = state.chunk {
        state.chunk = nil
        return .success(chunk)
      }
      return state.end?.map { nil }
    }
  }

  /// The first call counts. What was given before a good end can still be taken.
  public func end(_ result: Result<Void, any Error> = .success(())) {
    let waiter = state.withLock { state in
      if state.end == nil { state.end = result }
      return Self.changed(&state)
    }
    waiter?.resume()
  }

  /// Tries until `attempt` has a result, and waits for a change in between.
  private func attempting<Value: Sendable>(_ attempt: @Sendable (inout State) -> Result<Value, any Error>?) async throws -> Value {
    try await withTaskCancellationHandler {
      while true {
        let (result, waiter, seen) = state.withLock { state in
          let result = attempt(&state)
          let waiter = result == nil ? nil : Self.changed(&state)
          return (result, waiter, state.changes)
        }
        waiter?.resume()
        if let result { return try result.get() }
        await withCheckedContinuation { continuation in
          let isLate = state.withLock { state in
            guard state.changes == seen else { return true }
            state.waiter = continuation
            return false
          }
          if isLate { continuation.resume() }
        }
      }
    } onCancel: {
      end(.failure(CancellationError()))
    }
  }

  private static func changed(_ state: inout State) -> CheckedContinuation<Void, Never>? {
    state.changes += 1
    defer { state.waiter = nil }
    return state.waiter
  }
}
