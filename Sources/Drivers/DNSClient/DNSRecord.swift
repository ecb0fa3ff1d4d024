internal import Glibc

/// The type of a record, by its number.
public struct DNSType: Hashable, Sendable, RawRepresentable {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let a = DNSType(rawValue: 1)
  public static let ns = DNSType(rawValue: 2)
  public static let cname = DNSType(rawValue: 5)
  public static let soa = DNSType(rawValue: 6)
  public static let txt = DNSType(rawValue: 16)
  public static let aaaa = DNSType(rawValue: 28)
  static let tsig = DNSType(rawValue: 250)
  static let any = DNSType(rawValue: 255)
}

/// What a record says.
public enum DNSData: Hashable, Sendable {
  /// An address of 4 bytes, or of 16.
  case address([UInt8])
  /// Another name: of `CNAME` and `NS`.
  case name(DNSName)
  /// Texts of at most 255 bytes each.
  case texts([[UInt8]])
  /// Of `SOA` only what is used here: how long it may be believed that a name is not there, in seconds.
  case authority(minimum: UInt32)
  case other([UInt8])

  /// Reads an IPv4 address.
  public static func ipv4(_ text: String) -> DNSData? {
    var address = in_addr()
    guard inet_pton(AF_INET, text, &address) == 1 else { return nil }
    return .address(withUnsafeBytes(of: address.s_addr) { Array($0) })
  }

  /// Reads an IPv6 address.
  public static func ipv6(_ text: String) -> DNSData? {
    var address = in6_addr()
    guard inet_pton(AF_INET6, text, &address) == 1 else { return nil }
    return .address(withUnsafeBytes(of: address) { Array($0) })
  }

  var wire: [UInt8] {
    switch self {
    case .address(let bytes), .other(let bytes): bytes
    case .name(let name): name.wire
    case .texts(let texts): texts.flatMap { [UInt8($0.count)] + $0 }
    // Never written by us: it is read to know a time.
    case .authority: []
    }
  }
}

extension DNSData: CustomStringConvertible {
  /// As a zone file has it, names without their last dot.
  public var description: String {
    switch self {
    case .address(let bytes):
      var buffer = [CChar](repeating: 0, count: 64)
      guard inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &buffer, socklen_t(buffer.count)) != nil else { return "an address" }
      return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    case .name(let name): return name.description
    case .texts(let texts): return texts.map { "\"" + String(decoding: $0, as: UTF8.self) + "\"" }.joined(separator: " ")
    case .authority(let minimum): return "SOA with minimum \(minimum)"
    case .other(let bytes): return "\(bytes.count) bytes"
    }
  }
}

public struct DNSRecord: Hashable, Sendable {
  public var name: DNSName
  public var type: DNSType
  /// Its time to live, in seconds.
  public var ttl: UInt32
  public var data: DNSData
  public init(name: DNSName, type: DNSType, ttl: UInt32, data: DNSData) { self.name = name; self.type = type; self.ttl = ttl; self.data = data }
}
