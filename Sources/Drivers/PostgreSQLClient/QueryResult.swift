/// Rows as text, as the server writes it; SQL's NULL is nil.
public struct QueryResult: Hashable, Sendable {
  public var columns: [String]
  public var rows: [[String?]]
  /// How many rows a statement without a result changed; 0 where the server did not say.
  public var affected: Int64

  public init(columns: [String] = [], rows: [[String?]] = [], affected: Int64 = 0) {
    self.columns = columns
    self.rows = rows
    self.affected = affected
  }

  /// The first column of the first row; nil where there is none, or where it is NULL.
  public var value: String? { rows.first?.first ?? nil }
}

extension [String?] {
  /// A column that the query makes sure is there and not NULL; empty text otherwise.
  public func text(_ column: Int) -> String { indices.contains(column) ? self[column] ?? "" : "" }
  /// A column with a whole number; 0 where it holds none.
  public func int(_ column: Int) -> Int64 { Int64(text(column)) ?? 0 }
  /// A column of type boolean.
  public func bool(_ column: Int) -> Bool { text(column) == "t" }
}
