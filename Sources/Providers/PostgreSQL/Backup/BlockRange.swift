internal import Units

/// Blocks of a table's heap, the last one left out; open at an end where the table begins or ends.
struct BlockRange: Hashable, Sendable {
  var from: Int64?
  var to: Int64?

  /// A TID range scan (PostgreSQL 14 or newer) reads no other block.
  var condition: String {
    let bounds = [from.map { "ctid >= '(\($0),0)'" }, to.map { "ctid < '(\($0),0)'" }].compactMap { $0 }
    return "WHERE " + bounds.joined(separator: " AND ")
  }
}

/// How large the pieces of a large table are: small enough to share the work out, large enough for few objects.
enum PieceSize {
  static let ofLargeTables = ByteCount(bytes: 256 << 20)
  static let ofOthers = ByteCount(bytes: 64 << 20)
  /// 10 GB: from here on a table is a large one.
  static let large = ByteCount(bytes: 10_000_000_000)
  /// The first server that finds a range of blocks without reading the whole table.
  static let minimalServerMajor = 14

  /// What a table is read in: nil for the whole of it, else ranges in the order of its blocks.
  ///
  /// Counted by its size with TOAST, which can be a thousand times the heap, and cut by the heap's blocks.
  static func ranges(of entry: TableEntry, serverMajor: Int, size wanted: ByteCount?) -> [BlockRange?] {
    let size = wanted ?? (ByteCount(bytes: entry.size) < large ? ofOthers : ofLargeTables)
    guard serverMajor >= minimalServerMajor, entry.condition == nil, let blocks = entry.blocks else { return [nil] }
    // Half a piece more is no reason for another one.
    let count = min(blocks, (entry.size + size.bytes / 2) / max(1, size.bytes))
    guard count > 1 else { return [nil] }
    return (0..<count).map { index in
      BlockRange(from: index == 0 ? nil : blocks * index / count, to: index == count - 1 ? nil : blocks * (index + 1) / count)
    }
  }
}
