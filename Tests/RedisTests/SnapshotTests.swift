import ObjectStore
@testable import RedisClient
import TestSupport
import Testing

/// RDB files as a real server writes them, cut and damaged everywhere.
@Suite("RDB files", .timeLimit(.minutes(5))) struct SnapshotTests {
  private static let file = Result { () throws -> [UInt8] in
    let folder = try temporaryFolder("rdb")
    defer { removeFolder(folder) }
    try Servers.source.get().cli(["--rdb", "\(folder)/dump.rdb"])
    return try readBytes("\(folder)/dump.rdb")
  }

  private func read(_ bytes: [UInt8], by size: Int) throws -> [SnapshotReader.Record] {
    var reader = SnapshotReader(makesPayloads: true)
    var records: [SnapshotReader.Record] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      reader.feed(Array(rest.prefix(size)))
      rest = rest.dropFirst(size)
      while let record = try reader.next() { records.append(record) }
    }
    reader.complete()
    while let record = try reader.next() { records.append(record) }
    try reader.finish()
    return records
  }

  @Test("come to the same records whatever the size of the pieces, and to what DUMP gives") func pieces() throws {
    let file = try Self.file.get()
    let whole = try read(file, by: file.count)
    for size in [1, 7, 100, 4_096] { #expect(try read(file, by: size) == whole) }
    let keys = whole.compactMap { if case .key(let key) = $0 { key } else { nil } }
    #expect(keys.contains { $0.name == Array("77".utf8) } && keys.contains { $0.name.starts(with: [0xFF, 0]) })
    #expect(keys.filter { $0.expiry != nil }.count == 3)
    #expect(whole.last == .end)
  }

  @Test("cut short, or with one bit changed, are no snapshots") func damage() throws {
    let file = try Self.file.get()
    for length in stride(from: 0, to: file.count, by: 97) { #expect(throws: SnapshotProblem.self) { try read(Array(file.prefix(length)), by: 1_000) } }
    #expect(throws: SnapshotProblem.self) { try read(file + [0], by: 1_000) }
    for place in stride(from: 0, to: file.count, by: 53) {
      var damaged = file
      damaged[place] ^= 1
      #expect(throws: SnapshotProblem.self, "byte \(place)") { try read(damaged, by: 1_000) }
    }
  }

  @Test("of a newer Redis are refused by name") func newer() throws {
    #expect(throws: SnapshotProblem.unknown("it is an RDB file of version 99, and this sie-dr knows 5 to 12")) { try read(Array("REDIS0099".utf8), by: 9) }
  }
}
