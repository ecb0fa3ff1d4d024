internal import Hashing
public import ObjectStore
public import PlanModel
public import Units

/// The name of a recovery point: when its backup began and a suffix that its maker's mark decides, `20261124T081534Z-4f2a91`. Sorts by time.
///
/// Because the suffix follows from the mark, what a dead attempt left behind can be found again by its mark alone.
public struct PointID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  public let text: String

  public init(started: Timestamp, mark: String) { text = "\(started.compact)-\(Self.suffix(of: mark))" }

  /// Nil for a text that no point has as its name.
  public init?(_ text: some StringProtocol) {
    let parts = Substring(text).utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].count == 16, parts[0].last == UInt8(ascii: "Z"), parts[1].count == 6,
      text.utf8.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x7A) || $0 == 0x2D || $0 == 0x54 || $0 == 0x5A })
    else { return nil }
    self.text = String(text)
  }

  /// Whether an attempt with this mark made the point.
  public func wasMade(by mark: String) -> Bool { text.hasSuffix("-" + Self.suffix(of: mark)) }

  private static func suffix(of mark: String) -> String { String(SHA256Digest.of(mark.utf8).hex.prefix(6)) }

  public var description: String { text }
  public static func < (a: Self, b: Self) -> Bool { a.text < b.text }
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let id = PointID(text) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "'\(text)' is not the id of a recovery point"))
    }
    self = id
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// Where a point's objects lie in a store: `CLASS/POINT/…`.
public struct PointPlace: Hashable, Sendable {
  public var dataClass: DataClassName
  public var id: PointID
  public init(dataClass: DataClassName, id: PointID) { self.dataClass = dataClass; self.id = id }

  public static let manifest = "manifest.json"
  public static let checksums = "SHA256SUMS"
  public static let instructions = "RESTORE.md"
  /// There while a point that has expired is being removed. Sorts before all that a backup writes.
  static let expired = "EXPIRED"

  /// With a final `/`: what every key of the point begins with.
  public var prefix: String { "\(dataClass)/\(id)/" }
  static func prefix(of dataClass: DataClassName) -> String { "\(dataClass)/" }

  /// The key of an object by its path within the point; throws for a path that no key can have.
  public func key(_ path: String, in store: String) throws(StoreError) -> ObjectKey {
    guard let key = ObjectKey(prefix + path) else { throw StoreError(store: store, .damaged, "'\(path)' is no path of an object") }
    return key
  }
}
