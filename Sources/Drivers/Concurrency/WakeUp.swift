internal import Glibc

/// How another thread ends a wait of a connection's thread: a pipe that becomes readable.
public final class WakeUp: Sendable {
  /// The end to poll.
  public let descriptor: Int32
  private let other: Int32

  public init() {
    var ends: [Int32] = [-1, -1]
    // Out of descriptors, poll ignores -1: then a call still ends at its deadline, and connecting fails for the same want.
    _ = pipe(&ends)
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    (descriptor, other) = (ends[0], ends[1])
  }

  deinit {
    close(descriptor)
    close(other)
  }

  public func signal() {
    var byte: UInt8 = 1
    _ = write(other, &byte, 1)
  }

  /// Takes back what was signalled before.
  public func reset() {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { while read(descriptor, $0.baseAddress, 64) > 0 {} }
  }
}

/// The moment until which a call may last, on a clock that no one can set.
public struct Deadline: Sendable {
  private let instant: ContinuousClock.Instant?
  public static let none = Deadline(instant: nil)

  private init(instant: ContinuousClock.Instant?) { self.instant = instant }
  public init(in duration: Duration?) { instant = duration.map { ContinuousClock.now.advanced(by: $0) } }

  /// Milliseconds left for `poll(2)`: -1 without a deadline, at most an hour at a time, 0 when it has passed.
  public var milliseconds: Int32 {
    guard let instant else { return -1 }
    let left = ContinuousClock.now.duration(to: instant)
    guard left > .zero else { return 0 }
    return left > .seconds(3_600) ? 3_600_000 : Int32(left / .milliseconds(1)) + 1
  }
  public var hasPassed: Bool { instant.map { ContinuousClock.now >= $0 } ?? false }
}
