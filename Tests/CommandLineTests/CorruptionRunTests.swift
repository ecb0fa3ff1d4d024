import Glibc
import TestSupport
import Testing

/// A database with wrong rows comes back by the built tool: planned, applied, killed at any moment, rolled back.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct CorruptionRunTests {
  /// `shop` with 100 good orders in a point, then one more good and three bad ones, which a second point holds as well.
  private struct Shop {
    let server: PostgreSQLServer
    let folder: String

    init() throws {
      server = try PostgreSQLServer.start()
      try server.psql("CREATE DATABASE shop")
      try server.psql("CREATE TABLE orders (n int PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), valid bool NOT NULL DEFAULT true)", database: "shop")
      try server.psql("INSERT INTO orders SELECT generate_series(1, 100)", database: "shop")
      folder = try temporaryFolder("corruption")
      try runProgram(["mkdir", "\(folder)/near", "\(folder)/far"])
      try writeFile("\(folder)/plan.yaml", Self.plan)
    }

    private static let plan = """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: corruption }
      secrets: { url: { env: PG_URL } }
      servers: { pg: { postgresql: { url: { secret: url } } } }
      stores: { near: { directory: { path: near } }, far: { directory: { path: far } } }
      data: { shop: { on: [pg], protect: { often: { logical: {}, every: 1s, to: [near], copy: [far], keep: { for: 1h } } } } }
      scenarios:
        bad-job:
          corrupts: { data: [shop], noticedWithin: 5m }
          detect: { noticedWithin: 5m }
          steps:
            stop: { command.run: { run: [touch, stopped], undo: [rm, -f, stopped], idempotent: true }, timeout: 1m }
            hold: { recovery-point.hold: { data: shop, reason: Rows are wrong. }, timeout: 1m }
            scope: { postgresql.findCorruption: { server: pg, queries: ["select at, n from orders where not valid order by at limit 1"] }, needs: [stop], timeout: 1m }
            restore: { postgresql.restore: { data: shop, server: pg, into: shop_good, point: { before: { output: scope.time } } }, needs: [hold], timeout: 1m }
            compare: { postgresql.compare: { server: pg, with: pg, withDatabase: { output: restore.database }, good: { public.orders: valid }, saveTo: saved }, timeout: 1m }
            swap: { postgresql.swap: { data: shop, server: pg, by: { output: restore.database }, keepAs: shop_bad }, needs: [compare], timeout: 1m }
            look: { postgresql.query: { server: pg, sql: "select count(*) = EXPECTED from orders where valid", expect: t }, needs: [swap], timeout: 1m }
            release: { recovery-point.release: { data: shop }, needs: [look], timeout: 1m }

      """

    static func expecting(_ rows: Int) -> String { plan.replacing("EXPECTED", with: String(rows)) }

    func start(_ arguments: [String]) throws -> StartedProgram {
      try StartedProgram([BuiltProgram.sieDR] + arguments, environment: ["PG_URL": server.tcpURL("shop"), "SIE_DR_WHO": "tester", "PATH": "/usr/bin:/bin"], in: folder)
    }

    func run(_ arguments: String...) async throws -> ProgramResult {
      let result = try await start(arguments).end()
      for canary in [PostgreSQLServer.password, PostgreSQLServer.encodedPassword] { #expect(!(result.output + result.errors).contains(canary)) }
      return result
    }

    /// A good point, then the bad rows, then a point that holds them.
    func spoil(expecting rows: Int = 100) async throws {
      try writeFile("\(folder)/plan.yaml", Self.expecting(rows))
      let first = try await run("apply", "--yes", "plan.yaml")
      #expect(first.status == 0, "\(first.output)\(first.errors)")
      try await onThread { [server] in
        try server.psql("INSERT INTO orders VALUES (101)", database: "shop")
        try server.psql("INSERT INTO orders (n, valid) VALUES (102, false), (103, false); UPDATE orders SET valid = false, at = clock_timestamp() WHERE n = 7", database: "shop")
      }
      try await Task.sleep(for: .milliseconds(1_100))
      let second = try await run("apply", "--yes", "plan.yaml")
      #expect(second.status == 0, "\(second.output)\(second.errors)")
    }

    func databases() throws -> [String] {
      try server.psql("SELECT datname FROM pg_database WHERE datname LIKE 'shop%' ORDER BY 1").split(separator: "\n").map(String.init)
    }
    func rows() throws -> String { try server.psql("SELECT count(*), count(*) FILTER (WHERE NOT valid) FROM orders", database: "shop").filter { $0 != "\n" } }
    func holds() throws -> [String] { try files(below: folder).keys.filter { $0.hasSuffix("HOLD.json") && !$0.contains(".sie-dr-tmp/") }.sorted() }

    func isClean() throws -> Bool {
      try files(below: folder).values.allSatisfy { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        return ![PostgreSQLServer.password, PostgreSQLServer.encodedPassword].contains { text.contains($0) }
      }
    }
  }

  private func shop(expecting rows: Int = 100, _ body: (Shop) async throws -> Void) async throws {
    let shop = try await onThread { try Shop() }
    defer { removeFolder(shop.folder) }
    try await shop.spoil(expecting: rows)
    try await body(shop)
  }

  @Test("plan says what is known when the scope is, apply brings back the point before it, saves what was good since, and holds nothing afterwards")
  func wholeWay() async throws {
    try await shop { shop in
      #expect(try shop.rows() == "103|3")
      let planned = try await shop.run("plan", "plan.yaml", "--scenario", "bad-job")
      #expect(planned.status == 0, "\(planned.output)\(planned.errors)")
      for words in ["known when `scope` has run", "holds 2 points of `shop`", "gives both databases their former names"] {
        #expect(planned.output.contains(words), "\(planned.output)")
      }
      let applied = try await shop.run("apply", "--yes", "plan.yaml", "--scenario", "bad-job")
      #expect(applied.status == 0, "\(applied.output)\(applied.errors)")
      let said = applied.output + applied.errors
      for words in ["the newest that was before", "99 rows equal", "1 rows saved in", "is `shop` now", "2 points are not held any more"] { #expect(said.contains(words), "\(said)") }
      #expect(try shop.rows() == "100|0" && shop.databases() == ["shop", "shop_bad"] && shop.holds() == [] && shop.isClean())
      let saved = try files(below: "\(shop.folder)/saved")
      #expect(saved.contains { $0.key.hasSuffix(".only-here.csv") && String(decoding: $0.value, as: UTF8.self).contains("\n101,") })
    }
  }

  @Test("a step that fails after the swap takes everything back: names, rows, holds, and the database that was restored")
  func rolledBack() async throws {
    try await shop(expecting: 4711) { shop in
      try writeFile("\(shop.folder)/plan.yaml", Shop.expecting(4711).replacing("    steps:", with: "    onFailure: rollback\n    steps:"))
      let applied = try await shop.run("apply", "--yes", "plan.yaml", "--scenario", "bad-job")
      #expect(applied.status == 4, "\(applied.output)\(applied.errors)")
      #expect(try shop.rows() == "103|3" && shop.databases() == ["shop"] && shop.holds() == [])
      #expect(try shop.server.psql("SELECT count(*) FROM pg_shdescription WHERE classoid = 'pg_database'::regclass AND description LIKE '%sie-dr%'") == "0\n")
    }
  }

  @Test("where no query finds a bad record it pauses before anything is restored")
  func noScope() async throws {
    try await shop { shop in
      _ = try await onThread { try shop.server.psql("UPDATE orders SET valid = true", database: "shop") }
      let applied = try await shop.run("apply", "--yes", "plan.yaml", "--scenario", "bad-job")
      #expect(applied.status == 6 && (applied.output + applied.errors).contains("no-corruption-found"), "\(applied.output)\(applied.errors)")
      #expect(try shop.databases() == ["shop"])
    }
  }

  @Test("killed at any moment the name leads to one of the two, and a resume ends with the good one", arguments: 0..<10)
  func killed(_ turn: Int) async throws {
    try await shop { shop in
      let earlier = names(in: "\(shop.folder)/.sie-dr/runs")
      let program = try shop.start(["apply", "--yes", "plan.yaml", "--scenario", "bad-job"])
      if turn < 5 {
        // In the middle of the swap, as far as one can hit it from outside.
        try await onThread { try holdUntil("it is restored") { try shop.databases().contains("shop_good") } }
        try await Task.sleep(for: .milliseconds(turn * 12))
      } else {
        try await Task.sleep(for: .milliseconds(100 + (turn - 5) * 250))
      }
      program.send(SIGKILL)
      try await program.end()
      let rows = try shop.rows()
      #expect(rows == "103|3" || rows == "100|0", "\(rows)")
      // Runs of one second are in no order.
      let begun = names(in: "\(shop.folder)/.sie-dr/runs").first { !earlier.contains($0) }
      let resumed = if let begun { try await shop.run("resume", begun) } else { try await shop.run("apply", "--yes", "plan.yaml", "--scenario", "bad-job") }
      #expect(resumed.status == 0 || (resumed.output + resumed.errors).contains("is over: it is done"), "\(turn): \(resumed.output)\(resumed.errors)")
      let (left, databases, holds) = try (shop.rows(), shop.databases(), shop.holds())
      #expect(left == "100|0" && databases == ["shop", "shop_bad"] && holds == [], "\(turn): \(left) \(databases) \(holds)\n\(resumed.output)\(resumed.errors)")
    }
  }
}
