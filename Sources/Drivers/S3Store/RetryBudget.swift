internal import Concurrency
public import Units

/// How patient a store is.
public struct S3Patience: Sendable {
  /// How often one request is sent at most.
  public var attempts = 8
  /// How long one request is tried again after its first failure.
  public var time = TimeSpan.minutes(3)
  /// The first wait is at most this long, each further one twice as long.
  public var firstWait = TimeSpan.milliseconds(200)
  public var longestWait = TimeSpan.seconds(20)
  /// A transfer that stays below a kilobyte a second for this long is given up and tried again.
  public var stall = TimeSpan.seconds(30)
  /// For one attempt at a request without a large body.
  public var answer = TimeSpan.minutes(2)
  /// For one attempt at having the parts of an object put together: of large ones stores say nothing for minutes.
  public var assembly = TimeSpan.minutes(10)
  /// For one attempt at a large part, or at a download as a whole.
  public var transfer = TimeSpan.hours(12)
  public init() {}
}

/// How many retries all requests of a store may spend together: a store that fails everything must not be asked eight times as often.
/// A retry costs five, a request that succeeds gives one back.
final class RetryBudget: Sendable {
  private static let full = 500
  private let left = Lock(RetryBudget.full)

  func spend() -> Bool {
    left.withLock { left in
      guard left >= 5 else { return false }
      left -= 5
      return true
    }
  }
  func earn() { left.withLock { $0 = min(Self.full, $0 + 1) } }
}

extension S3Patience {
  /// "Full jitter" (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015): anything up to the doubled wait.
  func wait(beforeAttempt attempt: Int, random: UInt64) -> TimeSpan {
    let most = min(longestWait.milliseconds, firstWait.milliseconds << Int64(min(attempt, 20)))
    return .milliseconds(Int64(random % UInt64(max(1, most + 1))))
  }
}
