import Calendar
import ChildProcess
import Concurrency
import Hashing
import ObjectStore
import PlanModel
import PointSteps
@testable import PostgreSQLProvider
import PostgreSQLClient
import ProviderInterface
import RecoveryPoints
import TestSupport
import Units

/// The servers that most tests share, each started when it is first needed. They end with the test process.
enum Servers {
  static let source = Result { try PostgreSQLServer.start(settings: ["max_locks_per_transaction = 128"]) }
  static let target = Result { try PostgreSQLServer.start() }
  /// A source for tests with roles of their own: roles are in every point of their server, and so on every target.
  static let withRoles = Result {
    let server = try PostgreSQLServer.start()
    try server.psql(RichSchema.roles)
    return server
  }
}

/// One test's small world: a source, a target, a store, and runs of steps over them.
struct World: Sendable {
  var source: PostgreSQLServer
  var target: PostgreSQLServer
  /// On the source; on the target under the same name.
  var database: String
  var store: any ObjectStore
  var programs = ProgramFolders([PostgreSQLServer.programs])
  var user = "postgres"
  /// A second store, that a restore asks after the first.
  var second: (any ObjectStore)?
  /// The secret that opens encrypted points.
  var identity = ""
  /// Where `age` is looked for; nil: where the system keeps its programs.
  var path: String?
  /// By TCP and with a password, instead of by the Unix socket.
  var overTCP = false
  /// For both servers.
  var urlOverride: String?
  let progress = Lock<[StepProgress]>([])

  /// A new database on the source with `sql` in it.
  static func with(
    _ sql: String, name: String = "db_\(UInt32.random(in: 0...UInt32.max))", store: any ObjectStore = InMemoryStore(name: "vault"),
    source: PostgreSQLServer? = nil, target: PostgreSQLServer? = nil
  ) throws -> World {
    let world = World(source: try source ?? Servers.source.get(), target: try target ?? Servers.target.get(), database: name, store: store)
    try world.source.psql("CREATE DATABASE \(SQL.identifier(name))")
    if !sql.isEmpty { try world.source.psql(sql, database: name) }
    return world
  }

  /// The same world, its store behind a script of faults.
  func with(faults script: @escaping FaultyStore.Script) -> World {
    var world = self
    world.store = FaultyStore(store, script)
    return world
  }

  // MARK: Steps

  var host: PostgreSQLHost {
    PostgreSQLHost(
      children: ChildRunner(supervisor: Supervisor(executable: BuiltProgram.sieDR)), programs: programs, temporaryFolder: "/tmp",
      path: path)
  }

  static let vault = StoreReference(name: "vault", location: .directory(path: "vault"))
  static let attic = StoreReference(name: "attic", location: .directory(path: "attic"))

  func reference(_ server: String) -> PostgreSQLReference {
    PostgreSQLReference(
      server: ServerName(rawValue: server), url: SecretReference(name: SecretName(rawValue: server), source: .env("UNUSED")))
  }

  var backupArguments: PostgreSQLBackup.Arguments {
    PostgreSQLBackup.Arguments(
      dataClass: "insights", protection: "hourly", servers: [reference("source")], store: Self.vault, schedule: .every(.hours(1)),
      options: LogicalOptions(workers: 2, yieldAfter: .seconds(2)), onlyWhenDue: false)
  }

  var restoreArguments: PostgreSQLRestore.Arguments {
    PostgreSQLRestore.Arguments(dataClass: "insights", point: .latest, stores: second == nil ? [Self.vault] : [Self.vault, Self.attic], server: reference("target"), tables: [], jobs: 2)
  }

  func context(step: String, attempt: Int = 1, earlier: [Int] = []) -> PerformingContext {
    // Worlds share servers, and a run clears away what carries its mark: each has a run of its own.
    let mark = StepMark(run: RunID(rawValue: "20261124T080000Z-\(database)"), step: StepName(rawValue: step), attempt: attempt)
    return PerformingContext(
      mark: mark, earlierMarks: earlier.map { StepMark(run: mark.run, step: mark.step, attempt: $0) }, plan: "test", planDigest: "none",
      toolVersion: "test", timeout: .minutes(2), secrets: self, stores: self, outputs: [:], now: Self.now,
      report: { [progress] step in progress.withLock { $0.append(step) } })
  }

  var observing: ObservingContext { ObservingContext(secrets: self, stores: self, timeout: .seconds(10), now: Self.now) }

  /// Each call a second later, so that points have an order.
  private static let clock = Lock<Int64>(1_795_500_000_000)
  static let now: @Sendable () -> Timestamp = {
    Timestamp(
      milliseconds: clock.withLock { time in
        time += 1_000
        return time
      })
  }

  @discardableResult
  func backUp(_ change: (inout PostgreSQLBackup.Arguments) -> Void = { _ in }, attempt: Int = 1) async throws -> PointManifest {
    var arguments = backupArguments
    change(&arguments)
    let result = try await BackupPerformer(host: host).perform(arguments, in: context(step: "backup", attempt: attempt))
    guard case .text(let id)? = result.outputs["point"], let point = await points().first(where: { $0.id.text == id }) else {
      throw StepFailure("test", "the backup gave no point")
    }
    return point
  }

  @discardableResult
  func restore(
    _ change: (inout PostgreSQLRestore.Arguments) -> Void = { _ in }, step: String = "restore", attempt: Int = 1, earlier: [Int] = []
  ) async throws -> StepResult {
    var arguments = restoreArguments
    change(&arguments)
    return try await RestorePerformer(host: host).perform(arguments, in: context(step: step, attempt: attempt, earlier: earlier))
  }

  func undoRestore(_ result: StepResult?, attempt: Int = 1, earlier: [Int] = []) async throws {
    try await RestorePerformer(host: host).undo(
      restoreArguments, result: result, in: context(step: "restore", attempt: attempt, earlier: earlier))
  }

  func points() async -> [PointManifest] { await Catalogue.read("insights", in: [store]).points.map(\.manifest) }

  // MARK: Moments of a backup

  func until(_ condition: String, on server: PostgreSQLServer? = nil) async throws {
    let address = try ServerAddress(url: server?.url() ?? source.url(database))
    let watcher = try await PostgreSQLConnection.open(address, application: "test")
    for _ in 0..<600 {
      if try await watcher.query("SELECT \(condition)").value == "t" { return }
      try await Task.sleep(for: .milliseconds(25))
    }
    throw StepFailure("test", "the moment did not come: \(condition)")
  }

  /// A worker is in the middle of a COPY.
  func untilDumping() async throws {
    try await until("EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%' AND state = 'active')")
  }

  /// pg_dump is done, the workers are not.
  func untilSchemaIsRead() async throws {
    for _ in 0..<600 {
      if try await store.listAll(prefix: "").contains(where: { $0.key.path.hasSuffix("schema.dump") }) { return }
      try await Task.sleep(for: .milliseconds(25))
    }
    throw StepFailure("test", "pg_dump did not end")
  }

  /// The backup waits for a lock.
  func untilWaiting() async throws {
    try await until(
      "EXISTS (SELECT FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))")
  }

  // MARK: Comparison

  /// Databases that a restore made beside this world's own and did not remove.
  func leftovers() throws -> [String] {
    try target.psql("SELECT datname FROM pg_database ORDER BY 1").split(separator: "\n").map(String.init).filter {
      $0.hasPrefix(database + "__")
    }
  }

  /// What pg_dump says of a database, sorted: equal for equal databases whatever the order of their rows.
  static func dump(_ server: PostgreSQLServer, _ database: String) throws -> [String] {
    lines(try server.tool("pg_dump", ["-d", "dbname='\(database)'"]).output)
  }

  static func dumpAll(_ server: PostgreSQLServer) throws -> String {
    try server.tool("pg_dumpall", []).output.split(separator: "\n").filter { !isRandom($0) }.joined(separator: "\n")
  }

  private static func lines(_ text: String) -> [String] {
    text.split(separator: "\n").filter { !isRandom($0) }.map(String.init).sorted()
  }
  private static func isRandom(_ line: Substring) -> Bool { line.hasPrefix("\\restrict") || line.hasPrefix("\\unrestrict") }
}

extension World: SecretResolving, StoreOpening {
  func resolve(_ secret: SecretReference) async throws(StepFailure) -> SecretValue {
    if secret.name == "identity" { return SecretValue(identity) }
    if let urlOverride { return SecretValue(urlOverride) }
    let server = secret.name.rawValue == "source" ? source : target
    return SecretValue(overTCP ? server.tcpURL(database, user: user) : server.url(database, user: user))
  }
  func reading(_ reference: StoreReference) async throws(StepFailure) -> any ObjectReading { reference == Self.attic ? second ?? store : store }
  func opening(_: StoreReference) async throws(StepFailure) -> any ObjectStore { store }
}

/// The failure that a step ended with.
func failure<Value: Sendable>(_ body: () async throws -> Value) async -> StepFailure? {
  do { _ = try await body() } catch { return error as? StepFailure }
  return nil
}

extension StepFailure {
  /// Everything a person would read.
  var text: String { ([code, message] + details + helps).joined(separator: "\n") }
}
