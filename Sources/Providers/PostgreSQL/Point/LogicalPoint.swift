public import Units

/// What the manifest of a logical PostgreSQL point says beyond its list of objects: enough to restore it and to prove the restore.
///
/// The order of all lists is fixed, so that two manifests of the same point are the same bytes. A piece is a whole
/// table, or a range of its blocks.
public struct LogicalPoint: Codable, Hashable, Sendable {
  public static let currentFormat = 1
  static let globals = "globals.sql.zst"
  static let roles = "roles.json.zst"
  /// Of a database's objects, by its place in the list.
  static func folder(_ index: Int) -> String { "db/\(index)" }

  public var format: Int
  public var method: String
  /// Every commit acknowledged before it is in; nil on a standby that has replayed nothing yet.
  public var sigma: Timestamp?
  public var tools: [String: String]
  public var server: Server
  /// `pg_dumpall --globals-only`, for stock tools.
  public var globals: String
  /// The same roles as `RoleCatalogue`, for the restore. Both may hold passwords.
  public var roles: String
  public var databases: [Database]

  public struct Server: Codable, Hashable, Sendable {
    public var version: String
    public var major: Int
    public var standby: Bool
  }

  public struct Database: Codable, Hashable, Sendable {
    public var name: String
    public var sigma: Timestamp?
    /// They bracket the snapshot. No start for replication.
    public var lsnBefore: String?
    public var lsnAfter: String?
    public var properties: DatabaseProperties
    public var collationVersions: [String: String]
    public var extensions: [String: String]
    public var tablespaces: [String]
    public var tables: [Table]
    public var sequences: [Sequence]
    public var largeObjects: LargeObjects
    public var archive: Archive
    /// Constraints that are `NOT VALID` at the source, and stay so.
    public var notValidated: [String]
    public var leftOut: [LeftOut]
  }

  public struct Table: Codable, Hashable, Sendable {
    public var schema: String
    public var name: String
    public var columns: [String]
    public var rows: Int64
    /// The root of its partition tree, where rows must find their partition again: hash partitions keyed by an enum.
    public var loadInto: QualifiedName?
    /// Of an extension's configuration table: which of its rows are the user's.
    public var condition: String?
    /// Nil, in points of the first versions: text.
    public var format: RowFormat?
    /// In the order of their blocks.
    public var pieces: [Piece]
  }

  public struct Piece: Codable, Hashable, Sendable {
    public var object: String
    /// From and to, the last one left out; nil at an end of the table, and where the piece is the whole of it.
    public var blocks: [Int64?]?
    public var rows: Int64
    /// Before compression.
    public var raw: ByteCount
  }

  public struct Sequence: Codable, Hashable, Sendable {
    public var schema: String
    public var name: String
    public var last: Int64
    public var called: Bool
  }

  public struct LargeObjects: Codable, Hashable, Sendable {
    public var count: Int64
    public var bytes: Int64
    public var pieces: [Piece]
  }

  public struct Archive: Codable, Hashable, Sendable {
    public var object: String
    public var warnings: [String]
  }

  public struct LeftOut: Codable, Hashable, Sendable {
    public var what: String
    public var name: String
  }
}

public struct QualifiedName: Codable, Hashable, Comparable, Sendable, CustomStringConvertible {
  public var schema: String
  public var name: String
  public init(schema: String, name: String) { self.schema = schema; self.name = name }
  public var description: String { "\(schema).\(name)" }
  public static func < (a: Self, b: Self) -> Bool { (a.schema, a.name) < (b.schema, b.name) }
}

/// What a database is apart from its contents: what CREATE DATABASE, ALTER DATABASE, GRANT and COMMENT say of it.
public struct DatabaseProperties: Codable, Hashable, Sendable {
  public var owner: String
  public var encoding: String
  /// `libc` or `icu`.
  public var provider: String
  public var collate: String
  public var ctype: String
  public var icuLocale: String?
  /// Nil: the default one.
  public var tablespace: String?
  public var connectionLimit: Int
  public var comment: String?
  /// Nil: the default privileges.
  public var privileges: [Privilege]?
  public var settings: [Setting]

  public struct Privilege: Codable, Hashable, Sendable {
    /// Nil: PUBLIC.
    public var grantee: String?
    public var privilege: String
    public var grantable: Bool
  }

  public struct Setting: Codable, Hashable, Sendable {
    /// Nil: of the database for every role.
    public var role: String?
    public var name: String
    public var value: String
  }

  /// As CREATE DATABASE sees it: what cannot be altered later.
  var nature: String { "\(encoding), \(provider) collation \(icuLocale ?? collate), character types \(ctype)" }
}

/// How a piece's rows are written: as `COPY` does it.
public enum RowFormat: String, Codable, Hashable, Sendable, CaseIterable {
  /// Crosses versions and types, and pieces can be joined.
  case text
  /// Cheaper to load; each piece is a file of its own.
  case binary

  var option: String { "FORMAT \(rawValue)" }
}

extension LogicalPoint.Table {
  var rowFormat: RowFormat { format ?? .text }

  init(_ entry: TableEntry, _ format: RowFormat) {
    self.init(
      schema: entry.table.schema, name: entry.table.name, columns: entry.columns, rows: 0, loadInto: entry.loadInto, condition: entry.condition,
      format: format, pieces: [])
  }

  /// Pieces come in any order.
  mutating func add(_ piece: LogicalPoint.Piece) {
    rows += piece.rows
    let start = piece.firstBlock
    pieces.insert(piece, at: pieces.firstIndex { $0.firstBlock > start } ?? pieces.endIndex)
  }
  var qualified: QualifiedName { QualifiedName(schema: schema, name: name) }
}

extension LogicalPoint.Piece {
  fileprivate var firstBlock: Int64 { blocks?.first.flatMap { $0 } ?? 0 }
}

extension LogicalPoint.Database {
  var rows: Int64 { tables.reduce(0) { $0 + $1.rows } }
  var raw: ByteCount { (tables.flatMap(\.pieces) + largeObjects.pieces).reduce(.zero) { $0 + $1.raw } }

  /// The same database with the rows of some tables, as `schema.table`, and of no others.
  func only(_ names: Set<String>) -> Self {
    var database = self
    for index in tables.indices where !names.contains(tables[index].qualified.description) {
      database.tables[index].rows = 0
      database.tables[index].pieces = []
    }
    database.largeObjects = .init(count: 0, bytes: 0, pieces: [])
    return database
  }
}

extension LogicalPoint {
  var rows: Int64 { databases.reduce(0) { $0 + $1.rows } }
  var raw: ByteCount { databases.reduce(.zero) { $0 + $1.raw } }
}
