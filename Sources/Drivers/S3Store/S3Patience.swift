internal import AWSClient
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

extension S3Patience {
  func wait(beforeAttempt attempt: Int, random: UInt64) -> TimeSpan { Jitter.wait(beforeAttempt: attempt, first: firstWait, longest: longestWait, random: random) }
}
