internal import Concurrency
public import Units

/// How many retries all requests of a service may spend together: one that fails everything must not be asked eight times as often.
/// A retry costs five, a request that succeeds gives one back.
public final class RetryBudget: Sendable {
  private static let full = 500
  private let left = Lock(RetryBudget.full)

  public init() {}

  /// False where nothing is left.
  public func spend() -> Bool {
    left.withLock { left in
      guard left >= 5 else { return false }
      left -= 5
      return true
    }
  }
  public func earn() { left.withLock { $0 = min(Self.full, $0 + 1) } }
}

/// "Full jitter" (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
public enum Jitter {
  /// Anything up to the doubled wait.
  public static func wait(beforeAttempt attempt: Int, first: TimeSpan, longest: TimeSpan, random: UInt64) -> TimeSpan {
    let most = min(longest.milliseconds, first.milliseconds << Int64(min(attempt, 20)))
    return .milliseconds(Int64(random % UInt64(max(1, most + 1))))
  }
}
