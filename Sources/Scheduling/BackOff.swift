public import Units

/// How long a step waits before it is tried again: doubling from one second up to a minute, of which a random half is taken off, so that
/// steps that failed together do not come back together ("equal jitter", M. Brooker, AWS Architecture Blog 2015).
public enum BackOff {
  public static let first = TimeSpan.seconds(1)
  public static let most = TimeSpan.seconds(60)

  /// The longest wait after the n-th failure, counted from 1.
  public static func longest(afterFailure n: Int) -> TimeSpan {
    min(most, first * (1 << Int64(min(max(n, 1), 32) - 1)))
  }

  /// The wait after the n-th failure; `seed` decides how much of it is taken off.
  public static func delay(afterFailure n: Int, seed: UInt64) -> TimeSpan {
    let longest = longest(afterFailure: n).milliseconds
    var random = SplitMix64(seed: seed)
    return .milliseconds(longest - Int64(random.next() % UInt64(longest / 2 + 1)))
  }

  /// The worst case of a step that is retried: (n + 1) · time-out + Σ waits.
  public static func worstCase(timeout: TimeSpan, retries: Int) -> TimeSpan {
    let retries = max(0, retries)
    // From the seventh on every wait is the longest one.
    let waits = (1...7).prefix(retries).reduce(TimeSpan.zero) { $0 + longest(afterFailure: $1) }
    return timeout * Int64(retries + 1) + waits + most * Int64(max(0, retries - 7))
  }
}

/// A small generator whose numbers follow from its seed alone (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number
/// generators", 2014).
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64
  public init(seed: UInt64) { state = seed }

  /// A seed from a text, by FNV-1a.
  public init(seed text: String) {
    state = text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
