/// A number of bytes, written as people write it: `120GB` (decimal) or `64MiB` (binary). Encoded as that text, exactly.
public struct ByteCount: Hashable, Comparable, Sendable {
  public var bytes: Int64
  public init(bytes: Int64) { self.bytes = bytes }
  public static let zero = ByteCount(bytes: 0)
  public static func < (a: Self, b: Self) -> Bool { a.bytes < b.bytes }
  public static func + (a: Self, b: Self) -> Self { Self(bytes: saturatingSum(a.bytes, b.bytes)) }
  public static func += (a: inout Self, b: Self) { a = a + b }

  static let units: [(suffix: String, bytes: Int64)] = [
    ("B", 1), ("kB", 1_000), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
    ("PB", 1_000_000_000_000_000),
    ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("PiB", 1 << 50),
  ]

  /// Reads `120GB`, `1.5TiB`, `512B`; nil for anything else, a bare number included.
  public init?(_ text: some StringProtocol) {
    var rest = Substring(text).utf8
    guard let number = DecimalNumber(consuming: &rest), case let suffix = String(Substring(rest)),
      let unit = Self.units.first(where: { $0.suffix == suffix }), let bytes = number.times(unit.bytes)
    else { return nil }
    self.bytes = bytes
  }
}

extension ByteCount: CustomStringConvertible {
  /// Exact: the largest unit that divides the number.
  public var description: String {
    guard bytes != 0 else { return "0B" }
    let unit = Self.units.filter { $0.suffix != "KB" && bytes % $0.bytes == 0 }.max { $0.bytes < $1.bytes }
    guard let unit else { return "\(bytes)B" }
    return "\(bytes / unit.bytes)\(unit.suffix)"
  }

  /// For people: three significant digits, decimal units, `1.23 GB`.
  public var rounded: String {
    let names = ["B", "kB", "MB", "GB", "TB", "PB"]
    var unit = 0
    var scale: Int64 = 1
    while unit < names.count - 1, bytes.magnitude >= UInt64(scale) * 1_000 { scale *= 1_000; unit += 1 }
    guard unit > 0 else { return "\(bytes) B" }
    let hundredths = bytes / (scale / 100 == 0 ? 1 : scale / 100)
    let whole = hundredths / 100
    let fraction = (hundredths % 100).magnitude
    return switch whole.magnitude {
    case ..<10: "\(whole).\(fraction < 10 ? "0" : "")\(fraction) \(names[unit])"
    case ..<100: "\(whole).\(fraction / 10) \(names[unit])"
    default: "\(whole) \(names[unit])"
    }
  }
}

extension ByteCount: Codable {
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let value = ByteCount(text) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "'\(text)' is not a size such as 120GB"))
    }
    self = value
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// Bytes a second: `200MB/s`.
public struct ByteRate: Hashable, Comparable, Sendable {
  public var perSecond: ByteCount
  public init(perSecond: ByteCount) { self.perSecond = perSecond }
  public static func < (a: Self, b: Self) -> Bool { a.perSecond < b.perSecond }

  public init?(_ text: some StringProtocol) {
    guard text.hasSuffix("/s"), let amount = ByteCount(text.dropLast(2)), amount.bytes > 0 else { return nil }
    perSecond = amount
  }

  /// How long `size` takes at this rate, rounded up to a millisecond; `longest` where the rate is not above zero.
  public func time(for size: ByteCount) -> TimeSpan {
    guard size.bytes > 0 else { return .zero }
    guard perSecond.bytes > 0 else { return .longest }
    let rate = perSecond.bytes.magnitude
    let (seconds, rest) = size.bytes.magnitude.quotientAndRemainder(dividingBy: rate)
    // The rest is below the rate, so the quotient is below 1000.
    let (milliseconds, left) = rate.dividingFullWidth(rest.multipliedFullWidth(by: 1_000))
    return .seconds(Int64(clamping: seconds)) + .milliseconds(Int64(clamping: milliseconds) + (left == 0 ? 0 : 1))
  }
}

extension ByteRate: CustomStringConvertible { public var description: String { "\(perSecond)/s" } }

extension ByteRate: Codable {
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let value = ByteRate(text) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "'\(text)' is not a rate such as 200MB/s"))
    }
    self = value
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
