public import Hashing
public import Units
internal import CanonicalJSON

/// One line of a journal.
///
/// A line is a JSON object with sorted keys and, as its last member, the SHA-256 of the object without that member:
/// `{"at":…,"event":…,"host":…,"prev":…,"seq":…,"who":…,"sha256":"…"}`. `prev` is the `sha256` of the line before (zeros in the
/// first), so a byte changed anywhere is noticed. It can be read with `less` and `jq`.
public struct JournalRecord: Hashable, Sendable, Codable {
  /// Counted from 1.
  public var seq: Int
  public var prev: SHA256Digest
  public var at: Timestamp
  /// The person or account that ran the tool, and where.
  public var who: String
  public var host: String
  public var event: Event

  public init(seq: Int, prev: SHA256Digest, at: Timestamp, who: String, host: String, event: Event) {
    self.seq = seq
    self.prev = prev
    self.at = at
    self.who = who
    self.host = host
    self.event = event
  }
}

extension JournalRecord {
  private static let sealStart = Array(#","sha256":""#.utf8)
  private static let sealEnd = Array(#""}"#.utf8)
  private static var sealLength: Int { sealStart.count + 2 * SHA256Digest.byteCount + sealEnd.count }

  /// The line with its line feed, and the digest that the next record names.
  public func sealed() throws -> (line: [UInt8], digest: SHA256Digest) {
    let body = try CanonicalJSON.bytes(self)
    let digest = SHA256Digest.of(body)
    return (body.dropLast() + Self.sealStart + digest.hex.utf8 + Self.sealEnd + [0x0A], digest)
  }

  /// Reads one line without its line feed; nil where a single byte of it is not as it was written.
  static func opened(_ line: ArraySlice<UInt8>) -> (record: JournalRecord, digest: SHA256Digest)? {
    guard line.count > sealLength, case let cut = line.endIndex - sealLength,
      line[cut...].starts(with: sealStart), line.suffix(sealEnd.count).elementsEqual(sealEnd),
      case let hex = line[(cut + sealStart.count)..<(line.endIndex - sealEnd.count)],
      // Only lower-case digits, so that there is one way of writing a digest.
      hex.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }),
      let digest = SHA256Digest(String(decoding: hex, as: UTF8.self)),
      case let body = line[..<cut] + [UInt8(ascii: "}")], SHA256Digest.of(body) == digest,
      let record = try? CanonicalJSON.decode(JournalRecord.self, from: body)
    else { return nil }
    return (record, digest)
  }

  /// Whether a line holds more than one record: then it is not the last record that is torn, but a line feed before it that was changed.
  static func beginsWithWholeRecord(_ line: ArraySlice<UInt8>) -> Bool {
    var start = line.startIndex
    while let seal = line[start...].firstIndex(of: sealStart[0]), seal + sealLength + 1 < line.endIndex {
      if line[seal...].starts(with: sealStart), opened(line[..<(seal + sealLength)]) != nil { return true }
      start = seal + 1
    }
    return false
  }
}

extension SHA256Digest {
  /// What the first record names as the one before it.
  static let beforeFirst = SHA256Digest(String(repeating: "0", count: 2 * byteCount)) ?? .of([])
}
