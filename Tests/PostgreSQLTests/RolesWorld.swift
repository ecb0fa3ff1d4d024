import CanonicalJSON
import ChildProcess
import Concurrency
import ObjectStore
import PlanModel
import PostgreSQLClient
@testable import PostgreSQLProvider
import ProviderInterface
import TestSupport
import Testing
import Units

/// Suites with two servers a test, one test after another: each wants both processors.
@Suite(.serialized, .timeLimit(.minutes(20)))
enum RolesTests {}

/// A primary `east` and its streaming replica `west`, and steps that change who of them is what.
struct RolesWorld: Sendable {
  let east: PostgreSQLServer
  let west: PostgreSQLServer
  /// Instead of the servers' own, by the server's name.
  var urls: [String: String] = [:]
  var overTCP = false
  var timeout = TimeSpan.seconds(60)
  let progress = Lock<[StepProgress]>([])

  static let settings = ["wal_keep_size = 128MB", "wal_log_hints = on", "wal_retrieve_retry_interval = 100ms", "wal_receiver_timeout = 4s"]

  /// With a table `t (n bigint)` in a database `app`.
  static func start() async throws -> RolesWorld {
    try await onThread {
      let east = try PostgreSQLServer.start(settings: settings)
      try east.psql("CREATE DATABASE app")
      try east.psql("CREATE TABLE t (n bigint); INSERT INTO t SELECT generate_series(1, 100)", database: "app")
      let world = RolesWorld(east: east, west: try PostgreSQLServer.standby(of: east, settings: settings))
      try holdUntil("west is sent the log") { try world.west.psql("SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'") == "1\n" }
      return world
    }
  }

  func server(_ name: String) -> PostgreSQLServer { name == "east" ? east : west }

  func reference(_ name: String) -> PostgreSQLReference {
    PostgreSQLReference(server: ServerName(rawValue: name), url: SecretReference(name: SecretName(rawValue: name), source: .env("UNUSED")))
  }

  var host: PostgreSQLHost {
    PostgreSQLHost(
      children: ChildRunner(supervisor: Supervisor(executable: BuiltProgram.sieDR)), programs: ProgramFolders([PostgreSQLServer.programs]),
      temporaryFolder: "/tmp")
  }

  var performers: StepPerformers { StepPerformers(PostgreSQLProvider.performers(on: host)) }

  func context(
    _ step: StepName, attempt: Int = 1, run: String = "20261124T080000Z-role", outputs: [StepName: [String: OutputValue]] = [:]
  ) -> PerformingContext {
    let mark = StepMark(run: RunID(rawValue: run), step: step, attempt: attempt)
    return PerformingContext(
      mark: mark, earlierMarks: (1..<attempt).map { StepMark(run: mark.run, step: step, attempt: $0) }, plan: "test", planDigest: "none", toolVersion: "test",
      timeout: timeout, secrets: self, stores: self, outputs: outputs, now: Self.now, report: { [progress] step in progress.withLock { $0.append(step) } })
  }

  static let now = systemTime
  var observing: ObservingContext { ObservingContext(secrets: self, stores: self, timeout: .seconds(5), now: Self.now) }

  // MARK: Steps

  var fencing: PostgreSQLFence.Arguments { PostgreSQLFence.Arguments(server: reference("east")) }
  var promoting: PostgreSQLPromote.Arguments {
    PostgreSQLPromote.Arguments(server: reference("west"), dataClass: "shop", others: [reference("east")], isCorrupt: false)
  }

  @discardableResult
  func fence(
    attempt: Int = 1, run: String = "20261124T080000Z-role", _ change: (inout PostgreSQLFence.Arguments) -> Void = { _ in }
  ) async throws -> StepResult {
    var arguments = fencing
    change(&arguments)
    return try await FencePerformer(host: host).perform(arguments, in: context("fence", attempt: attempt, run: run))
  }

  @discardableResult
  func promote(
    attempt: Int = 1, run: String = "20261124T080000Z-role", outputs: [StepName: [String: OutputValue]] = [:],
    _ change: (inout PostgreSQLPromote.Arguments) -> Void = { _ in }
  ) async throws -> StepResult {
    var arguments = promoting
    change(&arguments)
    return try await PromotePerformer().perform(arguments, in: context("promote", attempt: attempt, run: run, outputs: outputs))
  }

  func planned(_ arguments: PostgreSQLFence.Arguments) async -> (Observation, Change) {
    let seen = await FenceObserver().observe(arguments, in: observing)
    return (seen, PostgreSQLFence.compare(arguments, seen, at: Self.now()))
  }
  func planned(_ arguments: PostgreSQLPromote.Arguments) async -> (Observation, Change) {
    let seen = await PromoteObserver().observe(arguments, in: observing)
    return (seen, PostgreSQLPromote.compare(arguments, seen, at: Self.now()))
  }

  // MARK: What is there

  /// What psql says to an application that comes by the Unix socket, where everyone is trusted: nothing, or why not.
  func refusal(_ name: String, _ database: String = "app", sql: String = "INSERT INTO t VALUES (0)") async throws -> String? {
    try await onThread {
      let result = try server(name).tool("psql", ["-X", "-q", "-A", "-t", "-d", database, "-c", sql], mayFail: true)
      return result.status == 0 ? nil : result.errors
    }
  }

  /// What psql prints, without its last line end.
  @discardableResult
  func ask(_ name: String, _ sql: String, _ database: String = "app") async throws -> String {
    try await onThread { String(try server(name).psql(sql, database: database).dropLast()) }
  }

  func stop(_ name: String, mode: String = "immediate") async throws { try await onThread { try server(name).stop(mode: mode) } }
  func restart(_ name: String) async throws { try await onThread { try server(name).restart() } }

  func until(_ name: String, _ condition: String) async throws {
    for _ in 0..<300 {
      if try await ask(name, "SELECT \(condition)", "postgres") == "t" { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw ProgramFailure(description: "waited in vain until \(condition)")
  }

  /// A replica knows the time of what it has replayed since it started.
  func replicateOne() async throws {
    try await ask("east", "INSERT INTO t VALUES (101)")
    try await until("west", "pg_last_xact_replay_timestamp() IS NOT NULL")
  }

  func numbers(_ name: String) async throws -> Set<Int> { Set(try await ask(name, "SELECT n FROM t").split(separator: "\n").compactMap { Int($0) }) }

  /// Nothing more comes to `west`.
  func cutTheLine() async throws {
    try await ask("west", "ALTER SYSTEM SET primary_conninfo = ''")
    try await ask("west", "SELECT pg_reload_conf()")
    try await until("west", "count(*) = 0 FROM pg_stat_wal_receiver WHERE status = 'streaming'")
  }
}

extension RolesWorld: SecretResolving, StoreOpening {
  func resolve(_ secret: SecretReference) async throws(StepFailure) -> SecretValue {
    let name = secret.name.rawValue
    if let url = urls[name] { return SecretValue(url) }
    return SecretValue(overTCP ? server(name).tcpURL("app") : server(name).url("app"))
  }
  func reading(_ reference: StoreReference) async throws(StepFailure) -> any ObjectReading { try await opening(reference) }
  func opening(_ store: StoreReference) async throws(StepFailure) -> any ObjectStore { throw StepFailure("store-unreachable", "there is none") }
}

extension StepResult {
  func text(_ output: String) -> String? { if case .text(let text)? = outputs[output] { text } else { nil } }
}

/// An application that writes one row after another and remembers those that it was told are committed.
final class Writer: Sendable {
  private let state = Lock<(acknowledged: [Int], isStopped: Bool)>(([], false))
  private let task: Task<Void, Never>

  init(to url: String, from first: Int = 1_000) {
    let state = state
    task = Task {
      var next = first
      while !state.withLock({ $0.isStopped }) {
        do {
          let connection = try await PostgreSQLConnection.open(ServerAddress(url: url), application: "writer", timeout: .seconds(2))
          while !state.withLock({ $0.isStopped }) {
            try await connection.query("INSERT INTO t VALUES ($1)", [String(next)], deadline: .seconds(5))
            state.withLock { [next] in $0.acknowledged.append(next) }
            next += 1
          }
        } catch {
          // Whether this one is there nobody was told.
          next += 1
          try? await Task.sleep(for: .milliseconds(20))
        }
      }
    }
  }

  var count: Int { state.withLock { $0.acknowledged.count } }

  func stop() async -> [Int] {
    state.withLock { $0.isStopped = true }
    await task.value
    return state.withLock { $0.acknowledged }
  }
}
