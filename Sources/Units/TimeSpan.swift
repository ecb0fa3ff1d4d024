/// A length of time, in whole milliseconds: what every interval, time-out, estimate and objective is counted in.
///
/// Written and encoded the way people write it in a plan: `1h30m`, `45s`, `250ms`, `7d`. Arithmetic saturates instead of trapping:
/// a plan may say `99999999d`, and a sum of such spans must still be a figure.
public struct TimeSpan: Hashable, Comparable, Sendable {
  /// Never negative in a plan; differences of two may be.
  public var milliseconds: Int64

  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  public static let zero = TimeSpan(milliseconds: 0)
  public static let longest = TimeSpan(milliseconds: .max)
  public static func milliseconds(_ n: Int64) -> TimeSpan { TimeSpan(milliseconds: n) }
  public static func seconds(_ n: Int64) -> TimeSpan { TimeSpan(milliseconds: saturatingProduct(n, 1_000)) }
  public static func minutes(_ n: Int64) -> TimeSpan { TimeSpan(milliseconds: saturatingProduct(n, 60_000)) }
  public static func hours(_ n: Int64) -> TimeSpan { TimeSpan(milliseconds: saturatingProduct(n, 3_600_000)) }
  public static func days(_ n: Int64) -> TimeSpan { TimeSpan(milliseconds: saturatingProduct(n, 86_400_000)) }

  public static func < (a: Self, b: Self) -> Bool { a.milliseconds < b.milliseconds }
  public static func + (a: Self, b: Self) -> Self { Self(milliseconds: saturatingSum(a.milliseconds, b.milliseconds)) }
  public static func - (a: Self, b: Self) -> Self { Self(milliseconds: saturatingDifference(a.milliseconds, b.milliseconds)) }
  public static func * (a: Self, n: Int64) -> Self { Self(milliseconds: saturatingProduct(a.milliseconds, n)) }
  public static func += (a: inout Self, b: Self) { a = a + b }

  /// For the clocks of the standard library.
  public var duration: Duration { .milliseconds(milliseconds) }
}

extension TimeSpan {
  static let units: [(suffix: String, milliseconds: Int64)] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)]

  /// Reads `1h30m`, `45s`, `1.5h`, `250ms`; nil for anything else, a bare number included.
  public init?(_ text: some StringProtocol) {
    var rest = Substring(text).utf8
    var total: Int64 = 0
    var lastUnit = -1
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      guard let number = DecimalNumber(consuming: &rest) else { return nil }
      let suffix = String(Substring(rest.prefix { !($0 >= 0x30 && $0 <= 0x39) }))
      guard let unit = Self.units.firstIndex(where: { $0.suffix == suffix }), unit > lastUnit else { return nil }
      lastUnit = unit
      rest = rest.dropFirst(suffix.utf8.count)
      guard let amount = number.times(Self.units[unit].milliseconds) else { return nil }
      total = saturatingSum(total, amount)
    }
    milliseconds = total
  }
}

extension TimeSpan: CustomStringConvertible {
  /// The exact canonical form, without spaces: `1h30m`, `0s`.
  public var description: String { written(separator: "") }

  /// For people: `1h 14m`, at most the two leading units when the span is long, rounded up so that no figure looks better than it is.
  public var rounded: String {
    if self == .longest { return description }
    let ms = milliseconds
    let grain: Int64 = switch ms.magnitude {
    case ..<1_000: 1
    case ..<60_000: ms % 1_000 == 0 ? 1_000 : 100
    case ..<3_600_000: 1_000
    case ..<86_400_000: 60_000
    default: 3_600_000
    }
    if ms <= 59_900, ms >= 1_000, grain == 100 {
      let tenths = (ms + 99) / 100
      return tenths % 10 == 0 ? "\(tenths / 10)s" : "\(tenths / 10).\(tenths % 10)s"
    }
    let up = ms > 0 ? saturatingSum(ms, grain - 1) / grain * grain : ms / grain * grain
    return TimeSpan(milliseconds: up).written(separator: " ")
  }

  private func written(separator: String) -> String {
    if self == .longest { return "unbounded" }
    guard milliseconds != 0 else { return "0s" }
    var rest = milliseconds.magnitude
    var parts: [String] = []
    for unit in Self.units where rest >= UInt64(unit.milliseconds) {
      parts.append("\(rest / UInt64(unit.milliseconds))\(unit.suffix)")
      rest %= UInt64(unit.milliseconds)
    }
    return (milliseconds < 0 ? "-" : "") + parts.joined(separator: separator)
  }
}

extension TimeSpan: Codable {
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    if text == "unbounded" { self = .longest; return }
    let negative = text.hasPrefix("-")
    guard let span = TimeSpan(negative ? String(text.dropFirst()) : text) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "'\(text)' is not a time span such as 1h30m"))
    }
    self = negative ? TimeSpan(milliseconds: -span.milliseconds) : span
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

func saturatingSum(_ a: Int64, _ b: Int64) -> Int64 {
  let (sum, overflow) = a.addingReportingOverflow(b)
  return overflow ? (a > 0 ? .max : .min) : sum
}

func saturatingDifference(_ a: Int64, _ b: Int64) -> Int64 {
  let (difference, overflow) = a.subtractingReportingOverflow(b)
  return overflow ? (a >= 0 ? .max : .min) : difference
}

func saturatingProduct(_ a: Int64, _ b: Int64) -> Int64 {
  let (product, overflow) = a.multipliedReportingOverflow(by: b)
  return overflow ? ((a > 0) == (b > 0) ? .max : .min) : product
}

/// `12` or `1.25`, kept exactly: digits and how many of them stand behind the point.
struct DecimalNumber {
  var digits: Int64
  var scale: Int

  init?(consuming text: inout Substring.UTF8View) {
    digits = 0
    scale = 0
    var seen = 0
    var point = false
    while let byte = text.first {
      if byte >= 0x30, byte <= 0x39 {
        digits = saturatingSum(saturatingProduct(digits, 10), Int64(byte - 0x30))
        seen += 1
        if point { scale += 1 }
      } else if byte == UInt8(ascii: "."), !point, seen > 0 {
        point = true
      } else { break }
      text = text.dropFirst()
    }
    guard seen > 0, !point || scale > 0, scale <= 6 else { return nil }
  }

  /// The product, saturated; nil where a fraction of the smallest unit would be left.
  func times(_ factor: Int64) -> Int64? {
    guard digits < .max else { return .max }
    let divisor = (0..<scale).reduce(UInt64(1)) { product, _ in product * 10 }
    let product = digits.magnitude.multipliedFullWidth(by: factor.magnitude)
    guard product.high < divisor else { return .max }
    let (quotient, remainder) = divisor.dividingFullWidth(product)
    guard remainder == 0 else { return nil }
    return Int64(exactly: quotient) ?? .max
  }
}
