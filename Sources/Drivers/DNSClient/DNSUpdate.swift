/// A change of one zone (RFC 2136): what must hold, then what is done, all of it or nothing.
public struct DNSUpdate: Sendable {
  private let zone: DNSName
  private var prerequisites: [DNSMessage.Record] = []
  private var changes: [DNSMessage.Record] = []

  public init(zone: DNSName) { self.zone = zone }

  /// The set of records must be exactly this, times to live aside; without any, there must be none.
  public mutating func require(_ name: DNSName, _ type: DNSType, is data: [DNSData]) {
    guard !data.isEmpty else {
      prerequisites.append(DNSMessage.Record(name: name, type: type, recordClass: Self.none))
      return
    }
    prerequisites += data.map { DNSMessage.Record(name: name, type: type, data: $0.wire) }
  }

  /// Puts this set in the place of the present one; without any data there is none afterwards.
  public mutating func replace(_ name: DNSName, _ type: DNSType, by data: [DNSData], ttl: UInt32) {
    changes.append(DNSMessage.Record(name: name, type: type, recordClass: Self.any))
    changes += data.map { DNSMessage.Record(name: name, type: type, ttl: ttl, data: $0.wire) }
  }

  private static let none: UInt16 = 254
  private static let any: UInt16 = 255

  func message(id: UInt16) -> DNSMessage {
    var message = DNSMessage(id: id, flags: 5 << 11, question: DNSQuestion(zone, .soa))
    message.sections[DNSMessage.Section.answer.rawValue] = prerequisites
    message.sections[DNSMessage.Section.authority.rawValue] = changes
    return message
  }
}
