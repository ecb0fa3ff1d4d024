import Calendar
import CanonicalJSON
import ChildProcess
import Concurrency
import HTTPClient
@testable import MeilisearchProvider
import ObjectStore
import PlanModel
import PointSteps
import ProviderInterface
import RecoveryPoints
import TestSupport
import Testing
import Units

/// One test's small world: a search server of its own, a store, and runs of steps over them.
struct World: Sendable {
  var server: MeilisearchServer
  var store: any ObjectStore = InMemoryStore(name: "vault")
  var key = MeilisearchServer.key
  var identity = ""
  /// Of the database that indexes are made from.
  var databaseURL = ""
  /// What the plan pins.
  var version: String?
  var port: Int?
  let run = "20261124T080000Z-\(UInt32.random(in: 0...UInt32.max))"
  let progress = Lock<[StepProgress]>([])

  init(_ server: MeilisearchServer? = nil) throws {
    self.server = try server ?? .start()
  }

  static func filled() throws -> World {
    let world = try World()
    try world.server.add("books", 1...120)
    try world.server.add("films", 1...3)
    try world.server.change("PATCH", "/indexes/books/settings", #"{"filterableAttributes":["title"]}"#)
    return world
  }

  static let vault = StoreReference(name: "vault", location: .directory(path: "vault"))
  static let host = MeilisearchHost(
    children: ChildRunner(supervisor: Supervisor(executable: BuiltProgram.sieDR)), client: HTTPClient(), environment: ["PATH": "/usr/bin:/bin"], folder: "/")
  static let performers = StepPerformers(MeilisearchProvider.performers(on: host))

  var reference: MeilisearchReference {
    MeilisearchReference(
      server: "search", url: "http://127.0.0.1:\(port ?? server.port)", key: SecretReference(name: "key", source: .env("UNUSED")), version: version, dumps: server.dumps)
  }

  var dumpArguments: MeilisearchDump.Arguments {
    MeilisearchDump.Arguments(dataClass: "index", protection: "daily", servers: [reference], store: Self.vault, schedule: .every(.hours(24)), onlyWhenDue: false)
  }

  /// Into another server.
  func restoreArguments(_ target: MeilisearchServer) -> MeilisearchRestore.Arguments {
    var reference = reference
    reference.url = target.url
    return MeilisearchRestore.Arguments(
      dataClass: "index", point: .latest, stores: [Self.vault], server: reference, identity: identity.isEmpty ? nil : SecretReference(name: "identity", source: .env("UNUSED")),
      folder: target.database, stop: target.stop, start: target.start)
  }

  var rebuildArguments: MeilisearchRebuild.Arguments {
    MeilisearchRebuild.Arguments(
      dataClass: "index", server: reference, from: PostgreSQLReference(server: "pg", url: SecretReference(name: "pg", source: .env("UNUSED"))), index: "books",
      sql: "SELECT n AS id, 'row ' || n AS title FROM generate_series(1, 2500) n; ", settings: nil)
  }

  func context(step: String, attempt: Int = 1, earlier: [Int] = [], timeout: TimeSpan = .minutes(1)) -> PerformingContext {
    let mark = StepMark(run: RunID(rawValue: run), step: StepName(rawValue: step), attempt: attempt)
    return PerformingContext(
      mark: mark, earlierMarks: earlier.map { StepMark(run: mark.run, step: mark.step, attempt: $0) }, plan: "test", planDigest: "none",
      toolVersion: "test", timeout: timeout, secrets: self, stores: self, outputs: [:], now: Self.now, report: { [progress] step in progress.withLock { $0.append(step) } })
  }
  var observing: ObservingContext { ObservingContext(secrets: self, stores: self, timeout: .seconds(5), now: Self.now) }

  private static let clock = Lock<Int64>(1_795_500_000_000)
  /// Each call a second later, so that points have an order.
  static let now: @Sendable () -> Timestamp = { Timestamp(milliseconds: clock.withLock { time in time += 1_000; return time }) }

  @discardableResult
  func dump(_ change: (inout MeilisearchDump.Arguments) -> Void = { _ in }, timeout: TimeSpan = .minutes(1)) async throws -> PointManifest {
    var arguments = dumpArguments
    change(&arguments)
    let result = try await MeilisearchDumpPerformer(DumpMaker(host: Self.host)).perform(arguments, in: context(step: "dump", timeout: timeout))
    guard case .text(let id)? = result.outputs["point"], let point = await points().first(where: { $0.id.text == id }) else { throw StepFailure("test", "the dump gave no point") }
    return point
  }

  @discardableResult
  func restore(to target: MeilisearchServer, attempt: Int = 1, timeout: TimeSpan = .minutes(1), _ change: (inout MeilisearchRestore.Arguments) -> Void = { _ in }) async throws -> StepResult {
    var arguments = restoreArguments(target)
    change(&arguments)
    return try await MeilisearchRestorePerformer(host: Self.host).perform(arguments, in: context(step: "restore", attempt: attempt, timeout: timeout))
  }

  func undoRestore(to target: MeilisearchServer, _ result: StepResult?) async throws {
    try await MeilisearchRestorePerformer(host: Self.host).undo(restoreArguments(target), result: result, in: context(step: "restore"))
  }

  @discardableResult
  func rebuild(attempt: Int = 1, _ change: (inout MeilisearchRebuild.Arguments) -> Void = { _ in }) async throws -> StepResult {
    var arguments = rebuildArguments
    change(&arguments)
    return try await MeilisearchRebuildPerformer(host: Self.host).perform(arguments, in: context(step: "rebuild", attempt: attempt))
  }

  func points() async -> [PointManifest] { await Catalogue.read("index", in: [store]).points.map(\.manifest) }
  func objects() async throws -> [String] { try await store.listAll(prefix: "").map(\.key.path) }
  func dumpFiles() -> [String] { names(in: server.dumps) }
}

extension World: SecretResolving, StoreOpening {
  func resolve(_ secret: SecretReference) async throws(StepFailure) -> SecretValue {
    switch secret.name {
    case "identity": SecretValue(identity)
    case "pg": SecretValue(databaseURL)
    default: SecretValue(key)
    }
  }
  func reading(_: StoreReference) async throws(StepFailure) -> any ObjectReading { store }
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

/// The database that indexes are made from. It ends with the test process.
enum Servers {
  static let database = Result { try PostgreSQLServer.start() }
}
