import CanonicalJSON
import ObjectStore
import PlanModel
import PointSteps
import PostgreSQLClient
@testable import PostgreSQLProvider
import ProviderInterface
import RecoveryPoints
import TestSupport
import Testing
import Units

/// Points that are encrypted by the real `age`, on a real server.
@Suite("encrypted points", .timeLimit(.minutes(10)))
struct EncryptionTests {
  /// So little and so random that compression stores it as it is.
  private static let canary = "canary:9f3kQz7:xW2pLm"
  private static let sql = """
    CREATE TABLE "\(canary)" AS SELECT '\(canary)'::text AS t; CREATE TABLE many AS SELECT n, md5(n::text) AS m FROM generate_series(1, 30000) n;
    ALTER TABLE many ADD PRIMARY KEY (n); SELECT lo_from_bytea(77, 'a large \(canary)'); CREATE SEQUENCE s START 9;
    """

  private static func world(_ key: AgeKey, sql: String = sql, store: any ObjectStore = InMemoryStore(name: "vault")) throws -> World {
    var world = try World.with(sql, store: store)
    world.identity = key.identity
    return world
  }

  private func encrypting(_ key: AgeKey) -> (inout PostgreSQLBackup.Arguments) -> Void {
    { arguments in
      arguments.recipients = [key.recipient]
      arguments.options.pieceSize = ByteCount(bytes: 1_000_000)
    }
  }

  private static func opening(_ arguments: inout PostgreSQLRestore.Arguments) {
    arguments.identity = SecretReference(name: "identity", source: .env("UNUSED"))
  }

  @Test("everything comes back equal, from objects that are all encrypted")
  func roundTrip() async throws {
    let key = try AgeKey.make()
    var world = try Self.world(key, sql: "")
    world.target = try PostgreSQLServer.start()
    try world.source.psql(RichSchema.objects.replacing("\"App Owner\"", with: "postgres").replacing("reader", with: "postgres"), database: world.database)
    let point = try await world.backUp(encrypting(key))
    #expect(point.encryption == PointEncryption(recipients: [key.recipient]))
    for object in point.objects {
      #expect(object.path.hasSuffix(".age"))
      #expect(try await world.store.read(point.place.key(object.path, in: "vault")).starts(with: "age-encryption.org/v1\n-> X25519 ".utf8))
    }
    try await world.restore(Self.opening)
    #expect(try World.dump(world.target, world.database) == World.dump(world.source, world.database))
  }

  @Test("the rows are found in no stored object, as they are where nothing is encrypted, and age itself finds them again")
  func canary() async throws {
    let key = try AgeKey.make()
    let world = try Self.world(key)
    func holders() async throws -> Set<String> {
      var holders: Set<String> = []
      for info in try await world.store.listAll(prefix: "") where try await holds(world.store.read(info.key), Self.canary) {
        holders.insert(info.key.path.split(separator: "/").dropFirst(2).joined(separator: "/"))
      }
      return holders
    }
    let plain = try await world.backUp()
    let found = try await holders()
    #expect(found.contains { $0.hasPrefix("db/0/data/") } && found.contains("manifest.json"))
    try await PointWriter(plain.place, in: world.store).discard()
    let point = try await world.backUp(encrypting(key))
    // Names of tables are in what must be readable without a key.
    #expect(try await holders() == ["manifest.json", "RESTORE.md"])
    let folder = try temporaryFolder("age")
    defer { removeFolder(folder) }
    try writeFile("\(folder)/identity", key.identity)
    var rows = 0
    for object in point.objects where object.path.contains("/data/") {
      try writeBytes("\(folder)/object", try await world.store.read(point.place.key(object.path, in: "vault")))
      try runProgram(["sh", "-c", "age -d -i \(folder)/identity \(folder)/object | zstd -dc > \(folder)/plain"])
      if holds(try readBytes("\(folder)/plain"), Self.canary) { rows += 1 }
    }
    #expect(rows == 1)
  }

  private func holds(_ bytes: [UInt8], _ text: String) -> Bool { bytes.firstRange(of: Array(text.utf8)) != nil }

  @Test("another identity opens nothing, and nothing of the target was touched")
  func wrongIdentity() async throws {
    let key = try AgeKey.make()
    var world = try Self.world(key)
    try await world.backUp(encrypting(key))
    world.identity = try AgeKey.make().identity
    let failed = await failure { [world] in try await world.restore(Self.opening) }
    #expect(failed?.code == "identity-wrong" && failed?.text.contains("no identity matched") == true && failed?.isTransient == false, "\(failed?.text ?? "")")
    #expect(try world.target.psql("SELECT count(*) FROM pg_database WHERE datname LIKE '\(world.database)%'") == "0\n")
  }

  @Test("a plan without an identity, and a secret that holds none, are told before anything is touched, by `plan` too")
  func noIdentity() async throws {
    let key = try AgeKey.make()
    var world = try Self.world(key)
    try await world.backUp(encrypting(key))
    let failed = await failure { [world] in try await world.restore() }
    #expect(failed?.code == "identity-missing" && failed?.text.contains(key.recipient) == true)
    let observed = await RestoreObserver().observe(world.restoreArguments, in: world.observing)
    #expect(observed.facts[Fact.problem]?.string?.contains("names no identity") == true)
    world.identity = "s3cret-canary"
    let unusable = await failure { [world] in try await world.restore(Self.opening) }
    #expect(unusable?.code == "identity-unusable" && unusable?.text.contains("s3cret") == false)
    world.identity = "AGE-SECRET-KEY-1CANARY"
    let malformed = await failure { [world] in try await world.restore(Self.opening) }
    #expect(malformed?.code == "age-failed" && malformed?.isTransient == false && malformed?.text.contains("CANARY") == false, "\(malformed?.text ?? "")")
  }

  @Test("a point that is not encrypted needs no identity, even where one is named that cannot be had")
  func notNeeded() async throws {
    let world = try World.with("CREATE TABLE t (a int)")
    try await world.backUp()
    try await world.restore(Self.opening)
  }

  @Test("a changed or missing byte of any object fails the restore as damage", arguments: ["data/", "lo/", "schema.dump", "roles.json"])
  func damage(object: String) async throws {
    let key = try AgeKey.make()
    let world = try Self.world(key)
    try await world.backUp(encrypting(key))
    // In the header's stanza, where age by itself takes it for another key; in the middle of the payload; and the end cut off.
    for fault in [StoreFault.flip(byte: 60), .flip(byte: 230), .truncate] {
      let damaged = world.with(faults: FaultyStore.every(.next, on: object, fault))
      let failed = await failure { try await damaged.restore(Self.opening) }
      #expect(failed?.code == "object-damaged", "\(object) \(fault): \(failed?.text ?? "no failure")")
    }
    #expect(try world.leftovers().count <= 1)
  }

  @Test("without the program a backup and a restore end with words, and no point is left")
  func noProgram() async throws {
    let key = try AgeKey.make()
    var world = try Self.world(key)
    world.path = "/nowhere"
    let backup = await failure { [world] in try await world.backUp(encrypting(key)) }
    #expect(backup?.code == "age-missing" && backup?.text.contains("apt-get install age") == true, "\(backup?.text ?? "")")
    #expect(try await world.store.listAll(prefix: "").isEmpty)
    world.path = nil
    try await world.backUp(encrypting(key))
    world.path = "/nowhere"
    let restore = await failure { [world] in try await world.restore(Self.opening) }
    #expect(restore?.code == "age-missing")
  }

  @Test("the step of a class with an identity needs the secret to survive")
  func requirement() throws {
    let world = try World.with("")
    var arguments = world.restoreArguments
    #expect(!PostgreSQLRestore.footprint(arguments).requires.contains(.secret("identity")))
    Self.opening(&arguments)
    #expect(PostgreSQLRestore.footprint(arguments).requires.contains(.secret("identity")))
  }
}
