import CanonicalJSON
import PlanModel
@testable import PostgreSQLProvider
import RecoveryPoints
import TestSupport
import Testing
import Units

@Suite(.timeLimit(.minutes(10)))
struct PieceTests {
  private static let million = Int64(1) << 20

  @Test(
    "a table is cut by its size, where its blocks can be told",
    arguments: [
      // Size in MiB, blocks, major, wanted size in MiB; first blocks of the pieces after the first.
      (0, 0, 15, nil, []), (95, 12_160, 15, nil, []), (97, 12_416, 15, nil, [6_208]), (192, 24_576, 15, nil, [8_192, 16_384]),
      (192, 24_576, 13, nil, []), (192, nil, 15, nil, []), (1_000, 3, 15, nil, [1, 2]), (1_000, 1, 15, nil, []),
      (10_000, 100, 15, 2_500, [25, 50, 75]), (9_537, 1_000_000, 15, nil, [27_027, 54_054]), (12_800, 1_000, 15, nil, [20, 40, 60]),
    ] as [(Int64, Int64?, Int, Int64?, [Int64])])
  func ranges(size: Int64, blocks: Int64?, major: Int, wanted: Int64?, starts: [Int64]) {
    let entry = TableEntry(
      oid: 1, table: QualifiedName(schema: "s", name: "t"), columns: ["a"], isRewritten: false, size: size * Self.million, blocks: blocks,
      hasPortableTypes: true)
    let ranges = PieceSize.ranges(of: entry, serverMajor: major, size: wanted.map { ByteCount(bytes: $0 * Self.million) })
    #expect(ranges.compactMap { $0?.from }.prefix(starts.count) == starts[...])
    #expect(ranges.first??.from == nil && ranges.last??.to == nil)
    if starts.isEmpty { #expect(ranges == [nil]) }
    for (one, next) in zip(ranges, ranges.dropFirst()) { #expect(one?.to == next?.from && one?.to != nil) }
  }

  @Test("large tables are read and loaded in pieces, each row once, whatever lies in TOAST")
  func manyPieces() async throws {
    let world = try World.with(
      """
      CREATE TABLE heap (id int PRIMARY KEY, note text); INSERT INTO heap SELECT i, repeat(md5(i::text), 3) FROM generate_series(1, 60000) i;
      DELETE FROM heap WHERE id % 3 = 0;
      CREATE TABLE toasted (id int, body text); ALTER TABLE toasted ALTER body SET STORAGE EXTERNAL;
      INSERT INTO toasted SELECT i, repeat(md5(i::text), 600) FROM generate_series(1, 600) i;
      CREATE TYPE mood AS ENUM ('sad', 'happy');
      CREATE TABLE moods (id int, mood mood, filler text); INSERT INTO moods SELECT i, 'sad', repeat('x', 300) FROM generate_series(1, 9000) i;
      CREATE TABLE no_columns (); INSERT INTO no_columns SELECT FROM generate_series(1, 7);
      """)
    let point = try await world.backUp { $0.options.pieceSize = ByteCount(bytes: Self.million); $0.options.workers = 3 }
    let content = try CanonicalJSON.decode(LogicalPoint.self, from: point.content)
    let tables = Dictionary((content.databases.first?.tables ?? []).map { ($0.name, $0) }) { first, _ in first }
    #expect(tables["heap"].map { $0.pieces.count > 5 && $0.format == .binary && $0.rows == 40_000 } == true)
    #expect(tables["toasted"].map { (4...6).contains($0.pieces.count) && $0.rows == 600 } == true)
    #expect(tables["moods"].map { $0.pieces.count > 1 && $0.format == .text && $0.rows == 9_000 } == true)
    #expect(tables["no_columns"].map { $0.pieces.count == 1 && $0.rows == 7 } == true)
    for table in tables.values {
      #expect(table.pieces.reduce(0) { $0 + $1.rows } == table.rows)
      for (one, next) in zip(table.pieces, table.pieces.dropFirst()) { #expect(one.blocks?.last == next.blocks?.first) }
    }
    try await world.restore { $0.jobs = 3 }
    #expect(try World.dump(world.target, world.database) == World.dump(world.source, world.database))
  }
}
