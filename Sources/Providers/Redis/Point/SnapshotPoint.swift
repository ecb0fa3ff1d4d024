public import Units

/// What the manifest of a Redis point says beyond its list of objects.
public struct SnapshotPoint: Codable, Hashable, Sendable {
  public static let currentFormat = 1
  public static let method = "rdb"
  static let object = "dump.rdb.zst"

  public var format: Int
  public var method: String
  /// The RDB file, compressed by zstd.
  public var object: String
  /// Of the file's format: servers of the same or a newer one read it.
  public var rdbVersion: Int
  /// Before compression.
  public var raw: ByteCount
  public var server: Server
  /// By number, those with keys.
  public var databases: [Database]
  /// Libraries of functions.
  public var functions: Int

  public struct Server: Codable, Hashable, Sendable {
    public var version: String
    public var replica: Bool
    /// What the data took there in memory; nil: it did not say.
    public var memory: ByteCount?
  }

  public struct Database: Codable, Hashable, Sendable {
    public var number: Int
    public var keys: Int64
    /// How many of them expire by themselves.
    public var expiring: Int64
  }

  var keys: Int64 { databases.reduce(0) { $0 + $1.keys } }
}

/// What is counted while a snapshot is read.
struct SnapshotTally: Sendable {
  private(set) var databases: [Int: SnapshotPoint.Database] = [:]
  private(set) var functions = 0
  private(set) var fields: [String: String] = [:]
  private(set) var current = 0

  mutating func count(expiring: Bool) {
    databases[current, default: .init(number: current, keys: 0, expiring: 0)].keys += 1
    if expiring { databases[current]?.expiring += 1 }
  }
  mutating func enter(_ database: Int) { current = database }
  mutating func note(_ name: String, _ value: String) { fields[name] = value }
  mutating func countFunctions() { functions += 1 }

  var sorted: [SnapshotPoint.Database] { databases.values.sorted { $0.number < $1.number } }
}
