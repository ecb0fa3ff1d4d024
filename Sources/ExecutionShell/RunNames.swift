internal import Glibc
public import ProviderInterface
public import Units

extension RunID {
  /// A new name: the time, and four characters that tell two runs of the same second apart.
  public static func new(at now: Timestamp, using random: inout some RandomNumberGenerator) -> RunID {
    let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")
    let tail = (0..<4).map { _ in alphabet[Int.random(in: alphabet.indices, using: &random)] }
    return RunID(rawValue: "\(now.compact)-\(String(tail))")
  }
}

extension Timestamp {
  static func wallClock() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
  }
}

extension TimeSpan {
  init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    self = .seconds(seconds) + .milliseconds(attoseconds / 1_000_000_000_000_000)
  }
}
