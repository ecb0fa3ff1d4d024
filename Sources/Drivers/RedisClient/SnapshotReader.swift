/// Why bytes are no snapshot that can be restored.
public enum SnapshotProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// More bytes are needed.
  case incomplete
  case damaged(String)
  /// Written by a Redis or a module that this version does not know.
  case unknown(String)

  public var description: String {
    switch self {
    case .incomplete: "it ends too early"
    case .damaged(let how): how
    case .unknown(let what): what
    }
  }
}

/// A key of a snapshot.
public struct SnapshotKey: Hashable, Sendable {
  public var name: [UInt8]
  /// Milliseconds since 1970 at which it ceases to be; nil: never.
  public var expiry: Int64?
  /// What `RESTORE` takes; empty where the reader only counts.
  public var payload: [UInt8]
}

/// Reads an RDB file that comes in pieces of any size, value by value, and proves it: every value is walked through, and the checksum at the end
/// must fit. No more is in memory than the value that is being read, and as much again.
public struct SnapshotReader: Sendable {
  public enum Record: Hashable, Sendable {
    /// What the server wrote of itself: `redis-ver`, `ctime`, `used-mem`.
    case field(String, String)
    /// The keys that follow are of this numbered database.
    case database(Int)
    case key(SnapshotKey)
    /// A library of functions, as `FUNCTION RESTORE` takes it.
    case functions([UInt8])
    /// Without meaning for a restore.
    case other
    case end
  }

  /// `RESTORE` takes no value that is larger.
  private static let largest = 1 << 30
  private static let newest = 12
  /// As it stands in the file; 0 before it has come.
  public private(set) var version = 0
  private let makesPayloads: Bool
  private var buffer: [UInt8] = []
  private var start = 0
  /// How much must be there before it makes sense to try again: twice as much each time, so that large values cost no square.
  private var wanted = 9
  private var isComplete = false
  private var hasEnded = false
  private var sum = CRC64()

  /// - Parameter makesPayloads: whether the values are wanted.
  public init(makesPayloads: Bool) { self.makesPayloads = makesPayloads }

  /// Takes bytes in; call `next` until it gives nil.
  public mutating func feed(_ bytes: [UInt8]) {
    if start > 1 << 20 || start == buffer.count { buffer.removeFirst(start); start = 0 }
    buffer += bytes
  }

  /// There are no more bytes.
  public mutating func complete() { isComplete = true }

  /// The next record; nil: more bytes are needed, or the file has ended.
  public mutating func next() throws(SnapshotProblem) -> Record? {
    let left = buffer.count - start
    guard !hasEnded else {
      guard left == 0 else { throw .damaged("something follows behind its end") }
      return nil
    }
    guard left >= wanted || isComplete else { return nil }
    if version == 0 { return try readHeader() }
    var cursor = SnapshotCursor(bytes: buffer, position: start)
    do throws(SnapshotProblem) {
      let record = try read(&cursor)
      if case .end = record { hasEnded = true } else { sum.update(buffer[start..<cursor.position]) }
      start = cursor.position
      wanted = 1
      return record
    } catch {
      guard error == .incomplete, !isComplete else { throw error }
      guard left < Self.largest else { throw .damaged("one of its values is larger than \(Self.largest) bytes") }
      wanted = left * 2
      return nil
    }
  }

  private mutating func readHeader() throws(SnapshotProblem) -> Record? {
    guard buffer.count - start >= 9 else { throw .incomplete }
    let header = buffer[start..<start + 9]
    guard header.starts(with: "REDIS".utf8), let number = Int(String(decoding: header.dropFirst(5), as: UTF8.self)) else {
      throw .damaged("it does not begin as an RDB file")
    }
    guard (5...Self.newest).contains(number) else { throw .unknown("it is an RDB file of version \(number), and this sie-dr knows 5 to \(Self.newest)") }
    version = number
    sum.update(header)
    start += 9
    wanted = 1
    return .other
  }

  private func read(_ cursor: inout SnapshotCursor) throws(SnapshotProblem) -> Record {
    var expiry: Int64?
    while true {
      let place = cursor.position
      let code = try cursor.byte()
      switch code {
      case 0xFA: return .field(try cursor.string().asText, try cursor.string().asText)
      case 0xFE: return .database(Int(clamping: try cursor.length()))
      case 0xFB, 0xF4:  // Sizes of a database or slot, as hints.
        for _ in 0..<(code == 0xFB ? 2 : 3) { _ = try cursor.length() }
        return .other
      case 0xF7:
        for _ in 0..<3 { _ = try cursor.length() }
        try cursor.skipModuleValue()
        return .other
      case 0xF5:
        try cursor.skipString()
        return .functions(makesPayloads ? payload(cursor.bytes[place..<cursor.position]) : [])
      case 0xF6: throw .unknown("it holds functions of a Redis 7 that was never released")
      case 0xFC: expiry = Int64(bitPattern: try cursor.fixed(8))
      case 0xFD: expiry = Int64(try cursor.fixed(4)) * 1_000
      case 0xF9: try cursor.skip(1)
      case 0xF8: _ = try cursor.length()
      case 0xFF:
        var whole = sum
        whole.update(cursor.bytes[start..<cursor.position])
        let stored = try cursor.fixed(8)
        // Zero: the server was told to compute none.
        guard stored == 0 || stored == whole.value else { throw .damaged("its checksum does not fit its contents") }
        return .end
      default:
        let name = try cursor.string()
        let from = cursor.position
        try cursor.skipValue(ofType: code)
        return .key(SnapshotKey(name: name, expiry: expiry, payload: makesPayloads ? payload([code] + cursor.bytes[from..<cursor.position]) : []))
      }
    }
  }

  /// With the version and the checksum that `RESTORE` looks at.
  private func payload(_ value: some Collection<UInt8>) -> [UInt8] {
    var bytes = Array(value)
    bytes += [UInt8(truncatingIfNeeded: version), UInt8(truncatingIfNeeded: version >> 8)]
    var sum = CRC64()
    sum.update(bytes[...])
    return bytes + sum.littleEndian
  }

  /// Throws unless the whole of a file has been read.
  public func finish() throws(SnapshotProblem) { guard hasEnded else { throw .incomplete } }
}

extension [UInt8] {
  fileprivate var asText: String { String(decoding: self, as: UTF8.self) }
}
