import CanonicalJSON
import Concurrency
import ObjectStore
import PlanModel
import PostgreSQLClient
@testable import PostgreSQLProvider
import ProviderInterface
import RecoveryPoints
import TestSupport
import Testing
import Units

/// Planted passwords, looked for wherever they must not be.
@Suite(.timeLimit(.minutes(10)))
struct SecretTests {
  /// As it is, percent-encoded, and in base64.
  static let canaries = [PostgreSQLServer.password, PostgreSQLServer.encodedPassword, "czNjcmV0L3BhOnNzQHdvcmQ", "canary-mapping"]

  private func isClean(_ text: String) -> Bool { !Self.canaries.contains { text.contains($0) } }

  @Test("with a password in the URL, no argument list, result, progress, object name or manifest holds it")
  func password() async throws {
    var world = try World.with(
      """
      CREATE TABLE t AS SELECT generate_series(1, 1000) AS n; CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w;
      CREATE USER MAPPING FOR postgres SERVER far OPTIONS (password 'canary-mapping')
      """)
    world.overTCP = true
    let seen = Lock<Set<String>>([])
    let watcher = Task {
      while !Task.isCancelled {
        let list = try runProgram(["ps", "-eo", "args"]).output
        seen.withLock { seen in seen.formUnion(list.split(separator: "\n").filter { $0.contains("pg_") }.map(String.init)) }
        try await Task.sleep(for: .milliseconds(20))
      }
    }
    let point = try await world.backUp()
    let result = try await world.restore()
    watcher.cancel()
    _ = try? await watcher.value
    let lines = seen.withLock { $0 }
    #expect(lines.contains { $0.contains("pg_dump") } && lines.contains { $0.contains("pg_restore") })
    #expect(lines.allSatisfy(isClean))
    #expect(isClean("\(result)") && isClean("\(point)"))
    #expect(world.progress.withLock { $0 }.allSatisfy { isClean("\($0)") })
    // What a schema and a list of roles hold is the point's own secret, and said to be.
    for info in try await world.store.listAll(prefix: "") where !info.key.path.hasSuffix("schema.dump") {
      #expect(isClean(info.key.path))
      let bytes = try await world.store.read(info.key)
      #expect(isClean(String(decoding: bytes, as: UTF8.self)))
    }
  }

  @Test("a wrong password fails every step with words and without the password")
  func wrongPassword() async throws {
    var world = try World.with("CREATE TABLE t (a int)")
    try await world.backUp()
    world.urlOverride = world.source.tcpURL(world.database, encodedPassword: "canary-mapping")
    for failed in [
      await failure { [world] in try await world.backUp(attempt: 2) }, await failure { [world] in try await world.restore() },
      await failure { [world] in try await world.undoRestore(nil) },
    ] {
      #expect(failed?.code == "login-refused")
      #expect(isClean(failed?.text ?? "canary-mapping"))
      #expect(failed?.helps.isEmpty == false)
    }
    guard case .unreachable(let reason) = await RestoreObserver().observe(world.restoreArguments, in: world.observing).reach else {
      Issue.record("reached")
      return
    }
    #expect(isClean(reason) && reason.contains("refused the login"))
  }

  @Test("a URL that is none is refused without quoting any of it")
  func badURL() async throws {
    var world = try World.with("")
    world.urlOverride = "canary-mapping"
    let failed = await failure { [world] in try await world.backUp() }
    #expect(failed?.code == "url-unusable" && failed?.message.contains("`source`") == true)
    #expect(isClean(failed?.text ?? "canary-mapping"))
  }

  @Test("what pg_restore says is told without its statements, which may hold passwords")
  func statements() {
    let said = """
      pg_restore: error: could not execute query: ERROR:  server "far" does not exist
      Command was: CREATE USER MAPPING FOR postgres SERVER far OPTIONS (
          password 'canary-mapping'
      );
      """
    let words = Programs.words(in: said, program: "pg_restore")
    #expect(words == ["pg_restore: error: could not execute query: ERROR:  server \"far\" does not exist"])
  }

  @Test("a standby is read where there is no primary, and said to be one")
  func standby() async throws {
    let primary = try PostgreSQLServer.start()
    let world = try World.with("CREATE TABLE t AS SELECT generate_series(1, 500) AS n; CREATE UNLOGGED TABLE u (a int)", source: primary)
    var reading = world
    reading.source = try PostgreSQLServer.standby(of: primary)
    let observation = await BackupObserver().observe(reading.backupArguments, in: reading.observing)
    #expect(observation.facts["role"] == "standby")
    let point = try await reading.backUp()
    #expect(point.rows == 500)
    #expect(point.content["server"]?["standby"] == true)
    #expect("\(point.content["databases"] ?? .null)".contains("unlogged table"))
    try await reading.restore()
  }
}
