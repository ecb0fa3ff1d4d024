/// A domain name, from its first label to the root. Case does not count in names, so they are held in lower case.
public struct DNSName: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Each of 1 to 63 bytes.
  let labels: [[UInt8]]

  /// RFC 1035, section 2.3.4.
  static let longest = 255

  static let root = DNSName(wellFormed: [])
  private init(wellFormed labels: [[UInt8]]) { self.labels = labels }

  /// Nil unless the labels make a name.
  init?(labels: [[UInt8]]) {
    let length = labels.reduce(1) { $0 + $1.count + 1 }
    guard labels.allSatisfy({ (1...63).contains($0.count) }), length <= Self.longest else { return nil }
    self.labels = labels.map { $0.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 } }
  }

  /// Reads `api.sie.example`, with or without a last dot; nil for what is no name in ASCII: others are written as `xn--…`.
  public init?(_ text: String) {
    let text = text.hasSuffix(".") ? text.dropLast() : text[...]
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "/") }) else { return nil }
    self.init(labels: text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { Array($0) })
  }

  /// This name below another: `api` and `sie.example` make `api.sie.example`. Nil where that is too long.
  public func below(_ parent: DNSName) -> DNSName? { DNSName(labels: labels + parent.labels) }

  /// Whether it is `parent` or lies below it.
  public func isWithin(_ parent: DNSName) -> Bool { labels.count >= parent.labels.count && Array(labels.suffix(parent.labels.count)) == parent.labels }

  /// Without the last dot; what cannot be shown as it is, as `\DDD`.
  public var description: String {
    guard !labels.isEmpty else { return "." }
    return labels.map { label in
      label.map { byte in
        guard (0x21...0x7E).contains(byte), byte != UInt8(ascii: "."), byte != UInt8(ascii: "\\") else {
          return "\\" + String(repeating: "0", count: 3 - String(byte).count) + String(byte)
        }
        return String(UnicodeScalar(byte))
      }.joined()
    }.joined(separator: ".")
  }

  public static func < (a: Self, b: Self) -> Bool { a.description < b.description }

  /// Uncompressed, as it is signed and as it may stand anywhere.
  var wire: [UInt8] { labels.flatMap { [UInt8($0.count)] + $0 } + [0] }
}
