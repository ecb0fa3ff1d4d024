import Calendar
import CanonicalJSON
import ChildProcess
import Concurrency
import Diagnostics
import ObjectStore
import PlanModel
import PointSteps
@testable import RedisProvider
import ProviderInterface
import RecoveryPoints
import TestSupport
import Testing
import Units
import YAMLReading

/// The servers that most tests share, each started when it is first needed. They end with the test process.
enum Servers {
  static let source = Result {
    let server = try RedisServer.start(["--maxmemory-policy", "noeviction"])
    try server.commands(Servers.everyType)
    return server
  }

  /// Keys of every type and encoding, in three databases, some of which expire.
  static let everyType: [String] = [
    "SET text hello", "SET number 12345", "SET negative -7", "SET 77 a-key-that-is-a-number", "SET long \(String(repeating: "sie", count: 500))",
    "SET session:1 abc EX 86400", "SET session:2 abc PX 90000000", "SET \"\\xff\\x00 odd \\r\\n key\" v", "APPEND longkey:\(String(repeating: "k", count: 60)) v",
    "RPUSH list a b c", "SADD numbers 1 2 3", "SADD set a b c", "SADD bigset \((0..<700).map { "member\($0)" }.joined(separator: " "))",
    "ZADD zset 1.5 a -2 b inf c", "ZADD bigzset \((0..<300).map { "\($0) member\($0)" }.joined(separator: " "))",
    "HSET hash a 1 b 2", "HSET bighash \((0..<300).map { "field\($0) value\($0)" }.joined(separator: " "))",
    "RPUSH biglist \((0..<2_000).map { "element-\($0)-\(String(repeating: "x", count: 20))" }.joined(separator: " "))",
    "XADD stream 1-1 a 1 b 2", "XADD stream 2-1 a 2", "XADD stream 3-1 c 3", "XDEL stream 2-1", "XGROUP CREATE stream workers 0", "XREADGROUP GROUP workers w1 COUNT 1 STREAMS stream >",
    "PFADD visitors a b c", "SETBIT bits 1000 1", "GEOADD places 13.4 52.5 berlin",
    "FUNCTION LOAD \"#!lua name=lib\\nredis.register_function('f', function() return 1 end)\"",
    "SELECT 1", "SET other one", "SET gone-soon x EX 86400", "SELECT 9", "HSET nine a b",
  ]
}

/// One test's small world: a source, a target, a store, and runs of steps over them.
struct World: Sendable {
  var source: RedisServer
  var target: RedisServer?
  var store: any ObjectStore = InMemoryStore(name: "vault")
  /// A second store, that a restore asks after the first.
  var second: (any ObjectStore)?
  /// By the name of a secret; else the server's own.
  var urls: [String: String] = [:]
  var identity = ""
  let run = "20261124T080000Z-\(UInt32.random(in: 0...UInt32.max))"
  let progress = Lock<[StepProgress]>([])

  init(source: RedisServer? = nil, target: RedisServer? = nil) throws {
    self.source = try source ?? Servers.source.get()
    self.target = target
  }

  static let vault = StoreReference(name: "vault", location: .directory(path: "vault"))
  static let attic = StoreReference(name: "attic", location: .directory(path: "attic"))
  static let host = RedisHost(children: ChildRunner(supervisor: Supervisor(executable: BuiltProgram.sieDR)), path: nil)
  static let performers = StepPerformers(RedisProvider.performers(on: host))

  static func reference(_ server: String) -> RedisReference {
    RedisReference(server: ServerName(rawValue: server), url: SecretReference(name: SecretName(rawValue: server), source: .env("UNUSED")))
  }

  var backupArguments: RedisBackup.Arguments {
    RedisBackup.Arguments(dataClass: "queues", protection: "hourly", servers: [Self.reference("source")], store: Self.vault, schedule: .every(.hours(1)), onlyWhenDue: false)
  }
  var restoreArguments: RedisRestore.Arguments {
    RedisRestore.Arguments(dataClass: "queues", point: .latest, stores: second == nil ? [Self.vault] : [Self.vault, Self.attic], server: Self.reference("target"))
  }

  func context(step: String, attempt: Int = 1, earlier: [Int] = [], timeout: TimeSpan = .minutes(2)) -> PerformingContext {
    let mark = StepMark(run: RunID(rawValue: run), step: StepName(rawValue: step), attempt: attempt)
    return PerformingContext(
      mark: mark, earlierMarks: earlier.map { StepMark(run: mark.run, step: mark.step, attempt: $0) }, plan: "test", planDigest: "none",
      toolVersion: "test", timeout: timeout, secrets: self, stores: self, outputs: [:], now: Self.now, report: { [progress] step in progress.withLock { $0.append(step) } })
  }
  var observing: ObservingContext { ObservingContext(secrets: self, stores: self, timeout: .seconds(5), now: Self.now) }

  private static let clock = Lock<Int64>(1_795_500_000_000)
  /// Each call a second later, so that points have an order.
  static let now: @Sendable () -> Timestamp = {
    Timestamp(
      milliseconds: clock.withLock { time in
        time += 1_000
        return time
      })
  }

  @discardableResult
  func backUp(_ change: (inout RedisBackup.Arguments) -> Void = { _ in }, attempt: Int = 1) async throws -> PointManifest {
    var arguments = backupArguments
    change(&arguments)
    let result = try await RedisBackupPerformer(host: Self.host).perform(arguments, in: context(step: "backup", attempt: attempt))
    guard case .text(let id)? = result.outputs["point"], let point = await points().first(where: { $0.id.text == id }) else {
      throw StepFailure("test", "the backup gave no point")
    }
    return point
  }

  @discardableResult
  func restore(_ change: (inout RedisRestore.Arguments) -> Void = { _ in }, attempt: Int = 1, earlier: [Int] = [], step: String = "restore") async throws -> StepResult {
    var arguments = restoreArguments
    change(&arguments)
    return try await RedisRestorePerformer(host: Self.host).perform(arguments, in: context(step: step, attempt: attempt, earlier: earlier))
  }

  func undoRestore(_ result: StepResult?) async throws {
    try await RedisRestorePerformer(host: Self.host).undo(restoreArguments, result: result, in: context(step: "restore"))
  }

  func points() async -> [PointManifest] { await Catalogue.read("queues", in: [store]).points.map(\.manifest) }
}

extension World: SecretResolving, StoreOpening {
  func resolve(_ secret: SecretReference) async throws(StepFailure) -> SecretValue {
    if secret.name == "identity" { return SecretValue(identity) }
    if let url = urls[secret.name.rawValue] { return SecretValue(url) }
    guard let server = secret.name == "source" ? source : target else { throw StepFailure("test", "no server") }
    return SecretValue(server.url)
  }
  func reading(_ reference: StoreReference) async throws(StepFailure) -> any ObjectReading { reference == Self.attic ? second ?? store : store }
  func opening(_: StoreReference) async throws(StepFailure) -> any ObjectStore { store }
}

/// The keys of a server in three databases, without the marks of restores.
func contents(_ server: RedisServer) throws -> [[String]] {
  try [0, 1, 9].map { try server.contents($0).filter { !$0.contains(" sie-dr:") } } + [server.cli(["FUNCTION", "LIST"]).split(separator: "\n").map(String.init)]
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
