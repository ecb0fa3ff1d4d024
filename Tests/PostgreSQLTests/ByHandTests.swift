import ObjectStore
import PlanModel
import PostgreSQLProvider
import RecoveryPoints
import TestSupport
import Testing
import Units

/// `RESTORE.md` is for the day on which this program is gone.
@Suite(.timeLimit(.minutes(10)))
struct ByHandTests {
  /// Runs what stands in a point's `RESTORE.md`, in a folder with its objects and nothing else.
  private func restoreByHand(_ point: PointManifest, of world: World, on target: PostgreSQLServer, environment: [String: String] = [:]) async throws {
    let folder = try temporaryFolder("byhand")
    defer { removeFolder(folder) }
    for info in try await world.store.listAll(prefix: point.place.prefix) {
      let path = "\(folder)/\(info.key.path.dropFirst(point.place.prefix.count))"
      try runProgram(["mkdir", "-p", String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])])
      try writeBytes(path, try await world.store.read(info.key))
    }
    let instructions = try readFile("\(folder)/RESTORE.md")
    let script = instructions.split(separator: "\n").drop { $0 != "```sh" }.dropFirst().prefix { $0 != "```" }.joined(separator: "\n")
    let connection = [
      "PGHOST": target.folder, "PGPORT": "\(target.port)", "PGUSER": "postgres", "PATH": "\(PostgreSQLServer.programs):/usr/bin:/bin",
    ]
    try runProgram(["bash", "-c", "cd \(folder) && (\(script)\n) 2>&1"], environment: connection.merging(environment) { _, given in given })
  }

  @Test("what stands in RESTORE.md restores the point with stock tools alone")
  func rich() async throws {
    let world = try World.with("", name: "by hand's", source: Servers.withRoles.get())
    try world.source.psql(RichSchema.objects, database: "by hand's")
    let target = try PostgreSQLServer.start()
    try await restoreByHand(try await world.backUp(), of: world, on: target)
    #expect(try World.dump(target, "by hand\\'s") == World.dump(world.source, "by hand\\'s"))
  }

  @Test("of several databases each comes back, encrypted ones with the identity alone")
  func several() async throws {
    let key = try AgeKey.make()
    let world = try World.with("CREATE TABLE one AS SELECT n, md5(n::text) AS m FROM generate_series(1, 50000) n; CREATE SEQUENCE s START 5")
    let other = "\(world.database)=two"
    try world.source.psql("CREATE DATABASE \"\(other)\"")
    try world.source.psql("CREATE TABLE two (a int PRIMARY KEY); INSERT INTO two VALUES (1), (2); SELECT lo_from_bytea(5, 'x')", database: "dbname='\(other)'")
    let point = try await world.backUp { arguments in
      arguments.recipients = [key.recipient]
      arguments.options.databases = [world.database, other]
      arguments.options.pieceSize = ByteCount(bytes: 1_000_000)
    }
    let folder = try temporaryFolder("identity")
    defer { removeFolder(folder) }
    try writeFile("\(folder)/identity", key.identity)
    let target = try PostgreSQLServer.start()
    try await restoreByHand(point, of: world, on: target, environment: ["IDENTITY": "\(folder)/identity"])
    for name in [world.database, other] { #expect(try World.dump(target, name) == World.dump(world.source, name)) }
    await #expect(throws: ProgramFailure.self) { try await restoreByHand(point, of: world, on: target) }
  }

  @Test("a damaged object, and rows other than those of the manifest, stop the script")
  func damage() async throws {
    let world = try World.with("CREATE TABLE t AS SELECT generate_series(1, 100) AS n")
    let point = try await world.backUp()
    let target = try PostgreSQLServer.start()
    let object = try #require(point.objects.first { $0.path.contains("/data/") })
    let key = try point.place.key(object.path, in: "vault")
    let bytes = try await world.store.read(key)
    try await world.store.put(key, bytes + [1], ifAbsent: false)
    let checksum = await #expect(throws: ProgramFailure.self) { try await restoreByHand(point, of: world, on: target) }
    #expect(checksum?.description.contains("ended with 1") == true)
    try await world.store.put(key, bytes, ifAbsent: false)
    let instructions = try point.place.key(PointPlace.instructions, in: "vault")
    let text = String(decoding: try await world.store.read(instructions), as: UTF8.self)
    try await world.store.put(instructions, Array(text.replacing(" 100\n", with: " 101\n").replacing("sha256sum", with: "true").utf8), ifAbsent: false)
    await #expect(throws: ProgramFailure.self) { try await restoreByHand(point, of: world, on: target) }
    #expect(try target.psql("SELECT count(*) FROM pg_database WHERE datname = '\(world.database)'") == "1\n")
  }
}
