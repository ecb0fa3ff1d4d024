internal import Concurrency
public import ProviderInterface
public import Units

/// Adds up the bytes of several workers and tells now and then, not more often than ten times a second.
public final class TransferProgress: Sendable {
  private struct State { var phase: String; var done = ByteCount.zero; var total: ByteCount?; var told: ContinuousClock.Instant? }
  private let state: Lock<State>
  private let report: @Sendable (StepProgress) -> Void

  public init(phase: String, total: ByteCount?, report: @escaping @Sendable (StepProgress) -> Void) {
    state = Lock(State(phase: phase, total: total))
    self.report = report
  }

  public func add(_ bytes: Int) {
    let news = state.withLock { state -> StepProgress? in
      state.done += ByteCount(bytes: Int64(bytes))
      let now = ContinuousClock.now
      if let told = state.told, told.duration(to: now) < .milliseconds(100) { return nil }
      state.told = now
      return Self.progress(state)
    }
    if let news { report(news) }
  }

  /// There is so much more to come.
  public func expect(_ bytes: ByteCount) { state.withLock { $0.total = ($0.total ?? .zero) + bytes } }

  public func enter(_ phase: String) {
    report(
      state.withLock { state in
        state.phase = phase
        return Self.progress(state)
      })
  }

  private static func progress(_ state: State) -> StepProgress {
    StepProgress(phase: state.phase, done: state.done, total: state.total.map { max($0, state.done) })
  }
}
