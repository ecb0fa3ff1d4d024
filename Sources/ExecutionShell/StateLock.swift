internal import CanonicalJSON
internal import Glibc
public import ProviderInterface
public import Units

/// Who works on a state directory: what the one who is refused gets to see.
public struct LockHolder: Hashable, Sendable, Codable {
  public var who: String
  public var host: String
  public var pid: Int32
  public var run: RunID
  public var since: Timestamp

  public init(who: String, host: String, pid: Int32, run: RunID, since: Timestamp) {
    self.who = who
    self.host = host
    self.pid = pid
    self.run = run
    self.since = since
  }
}

/// One run at a time on a state directory. The operating system lets go of the lock when its holder dies, however it dies; what stands in
/// the file only says who it is.
final class StateLock: Sendable {
  private let descriptor: Descriptor

  /// - Returns: the lock, or who holds it (nil where the holder has not yet written down who it is).
  static func take(_ path: String, as holder: LockHolder) throws -> Result<StateLock, Held> {
    let descriptor = try Descriptor(opening: path, O_CREAT | O_RDWR, to: "open the lock")
    guard try descriptor.lock() else {
      return .failure(Held(holder: try? CanonicalJSON.decode(LockHolder.self, from: descriptor.readAll())))
    }
    try descriptor.truncate(to: 0)
    try descriptor.write(CanonicalJSON.bytes(holder) + [0x0A])
    try descriptor.sync()
    return .success(StateLock(descriptor))
  }

  struct Held: Error { var holder: LockHolder? }

  private init(_ descriptor: Descriptor) { self.descriptor = descriptor }

  /// Lets the next run begin. The operating system does the same when the process ends.
  func release() { descriptor.unlock() }

  /// Whether the path still leads to the file that is locked. Where somebody removed the state directory, another run may have begun.
  var isStillThere: Bool {
    var mine = stat()
    var there = stat()
    guard fstat(descriptor.number, &mine) == 0, stat(descriptor.path, &there) == 0 else { return false }
    return mine.st_ino == there.st_ino && mine.st_dev == there.st_dev
  }
}
