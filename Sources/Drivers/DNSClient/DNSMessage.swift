/// What a server says of a request, by its number (RFC 1035, RFC 2136).
public struct DNSCode: Hashable, Sendable, RawRepresentable, CustomStringConvertible {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let noError = DNSCode(rawValue: 0)
  public static let serverFailed = DNSCode(rawValue: 2)
  public static let noSuchName = DNSCode(rawValue: 3)
  public static let notImplemented = DNSCode(rawValue: 4)
  public static let refused = DNSCode(rawValue: 5)
  /// A name is there that should not be, or a set of records is, or is not as it should be.
  public static let nameExists = DNSCode(rawValue: 6)
  public static let setExists = DNSCode(rawValue: 7)
  public static let noSuchSet = DNSCode(rawValue: 8)
  public static let notAuthorized = DNSCode(rawValue: 9)
  public static let notInZone = DNSCode(rawValue: 10)

  private static let names = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"]
  public var description: String { Int(rawValue) < Self.names.count ? Self.names[Int(rawValue)] : "RCODE \(rawValue)" }
}

public struct DNSQuestion: Hashable, Sendable {
  public var name: DNSName
  public var type: DNSType
  public init(_ name: DNSName, _ type: DNSType) { self.name = name; self.type = type }
}

/// An answer, whatever its code.
public struct DNSAnswer: Sendable {
  public var code: DNSCode
  /// Whether it comes from a server of the zone, and not from somebody's memory.
  public var isAuthoritative: Bool
  public var records: [DNSRecord]
  public var authority: [DNSRecord]

  /// The records of one name and type.
  public func records(of question: DNSQuestion) -> [DNSRecord] { records.filter { $0.name == question.name && $0.type == question.type } }
}

/// A message as it is sent and read. Signatures are kept apart.
struct DNSMessage {
  struct Record {
    var name: DNSName
    var type: DNSType
    /// 1: the Internet; of updates also 254 and 255, which mean "none" and "any".
    var recordClass: UInt16 = 1
    var ttl: UInt32 = 0
    var data: [UInt8] = []
    /// Of an answer that was read.
    var understood: DNSData?
  }
  enum Section: Int { case answer = 0, authority = 1, additional = 2 }

  var id: UInt16
  var flags: UInt16
  var question: DNSQuestion
  var sections: [[Record]] = [[], [], []]
  /// The last record of a signed message, and the byte at which it begins.
  private(set) var signature: (record: Record, place: Int)?

  var code: DNSCode { DNSCode(rawValue: UInt8(flags & 0xF)) }
  var isResponse: Bool { flags & 0x8000 != 0 }
  var isAuthoritative: Bool { flags & 0x0400 != 0 }
  var isTruncated: Bool { flags & 0x0200 != 0 }

  init(id: UInt16, flags: UInt16, question: DNSQuestion) { self.id = id; self.flags = flags; self.question = question }

  var bytes: [UInt8] {
    let counts = sections.flatMap { UInt16($0.count).wire }
    let head: [[UInt8]] = [id.wire, flags.wire, UInt16(1).wire, counts, question.name.wire, question.type.rawValue.wire, UInt16(1).wire]
    return Array(head.joined()) + sections.joined().flatMap(\.wire)
  }

  /// Reads an answer; throws `malformed` for what is none.
  init(reading bytes: [UInt8]) throws(DNSError.Reason) {
    var reader = DNSReader(bytes)
    id = try reader.number16()
    flags = try reader.number16()
    let questions = try reader.number16()
    let counts = [try reader.number16(), try reader.number16(), try reader.number16()]
    guard questions <= 1 else { throw .malformed }
    question = DNSQuestion(DNSName.root, .any)
    if questions == 1 {
      question = DNSQuestion(try reader.name(), DNSType(rawValue: try reader.number16()))
      _ = try reader.number16()
    }
    for (section, count) in counts.enumerated() {
      for index in 0..<Int(count) {
        let place = reader.place
        let record = try reader.record()
        guard record.type == .tsig else { sections[section].append(record); continue }
        guard section == Section.additional.rawValue, index == Int(count) - 1 else { throw .malformed }
        signature = (record, place)
      }
    }
  }
}

extension DNSMessage.Record {
  var wire: [UInt8] {
    let parts: [[UInt8]] = [name.wire, type.rawValue.wire, recordClass.wire, ttl.wire, UInt16(truncatingIfNeeded: data.count).wire, data]
    return Array(parts.joined())
  }
}

extension FixedWidthInteger {
  /// In the order of the network.
  var wire: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}

/// Reads a message and never beyond its end: what comes in is anybody's.
struct DNSReader {
  private let bytes: [UInt8]
  private(set) var place: Int
  private let end: Int

  init(_ bytes: [UInt8], from place: Int = 0, to end: Int? = nil) { self.bytes = bytes; self.place = place; self.end = end ?? bytes.count }

  var isAtEnd: Bool { place == end }

  mutating func take(_ count: Int) throws(DNSError.Reason) -> [UInt8] {
    guard count >= 0, count <= end - place else { throw .malformed }
    defer { place += count }
    return Array(bytes[place..<place + count])
  }

  private mutating func number(_ width: Int) throws(DNSError.Reason) -> UInt64 { try take(width).reduce(0) { $0 << 8 | UInt64($1) } }
  mutating func number8() throws(DNSError.Reason) -> UInt8 { UInt8(try number(1)) }
  mutating func number16() throws(DNSError.Reason) -> UInt16 { UInt16(try number(2)) }
  mutating func number32() throws(DNSError.Reason) -> UInt32 { UInt32(try number(4)) }
  mutating func number48() throws(DNSError.Reason) -> UInt64 { try number(6) }

  /// A name, which may go on at an earlier place of the message. Each jump must lead further back, so that there is no circle.
  mutating func name() throws(DNSError.Reason) -> DNSName {
    var labels: [[UInt8]] = []
    var (position, limit, length) = (place, end, 1)
    var after: Int?
    var farthest = place
    while true {
      guard position < limit else { throw .malformed }
      let head = Int(bytes[position])
      switch head {
      case 0:
        place = after ?? position + 1
        guard let name = DNSName(labels: labels) else { throw .malformed }
        return name
      case 1...63:
        length += head + 1
        guard position + 1 + head <= limit, length <= DNSName.longest else { throw .malformed }
        labels.append(Array(bytes[position + 1...position + head]))
        position += head + 1
      case 192...255:
        guard position + 1 < limit else { throw .malformed }
        let target = (head & 0x3F) << 8 | Int(bytes[position + 1])
        guard target < farthest else { throw .malformed }
        if after == nil { after = position + 2 }
        // Names lie anywhere before, so the record's own end does not bound them.
        (position, limit, farthest) = (target, bytes.count, target)
      default: throw .malformed
      }
    }
  }

  mutating func record() throws(DNSError.Reason) -> DNSMessage.Record {
    var record = DNSMessage.Record(name: try name(), type: DNSType(rawValue: try number16()))
    record.recordClass = try number16()
    record.ttl = try number32()
    let length = Int(try number16())
    guard length <= end - place else { throw .malformed }
    var inner = DNSReader(bytes, from: place, to: place + length)
    record.data = try take(length)
    if record.recordClass == 1 { record.understood = try inner.data(record.type, length) }
    return record
  }

  private mutating func data(_ type: DNSType, _ length: Int) throws(DNSError.Reason) -> DNSData {
    switch type {
    case .a, .aaaa:
      guard length == (type == .a ? 4 : 16) else { throw .malformed }
      return .address(try take(length))
    case .cname, .ns: return .name(try name())
    case .txt:
      var texts: [[UInt8]] = []
      while !isAtEnd { texts.append(try take(Int(try number8()))) }
      return .texts(texts)
    case .soa:
      _ = (try name(), try name(), try take(16))
      return .authority(minimum: try number32())
    default: return .other(try take(length))
    }
  }
}
