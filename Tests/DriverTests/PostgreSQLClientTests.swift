import PostgreSQLClient
import TestSupport
import Testing

/// One server for all of them; it ends with the test process.
private let server = Result { try PostgreSQLServer.start() }

struct PostgreSQLClientTests {
  private func open(_ url: String? = nil) async throws -> PostgreSQLConnection {
    try await .open(ServerAddress(url: url ?? server.get().url()), application: PostgreSQLConnection.applicationName(run: "r1"))
  }

  @Test("a query gives columns, rows, NULL and parameters as they are")
  func query() async throws {
    let connection = try await open()
    let result = try await connection.query("SELECT $1::int + 1 AS n, NULL AS nothing, $2 AS text", ["41", "it's \\ \u{1F40D}"])
    #expect(result == QueryResult(columns: ["n", "nothing", "text"], rows: [["42", nil, "it's \\ \u{1F40D}"]], affected: 1))
    #expect(try await connection.query("SHOW application_name").value == "sie-dr:r1")
    #expect(try await connection.query("SELECT pg_backend_pid()").value == String(connection.backendPID))
    #expect(await connection.serverVersion / 10_000 == 15)
  }

  @Test("quoted names and literals are read back as they were written", arguments: ["plain", "a\"b", "a'b", "back\\slash", "ü €"])
  func quoting(_ text: String) async throws {
    let connection = try await open()
    #expect(try await connection.query("SELECT \(SQL.literal(text)) AS \(SQL.identifier(text))").columns == [text])
    #expect(try await connection.query("SELECT \(SQL.literal(text))").value == text)
  }

  @Test("a refused statement keeps its SQLSTATE, and the connection goes on")
  func refused() async throws {
    let connection = try await open()
    let error = await #expect(throws: PostgreSQLError.self) { try await connection.query("SELECT * FROM no_such_table") }
    #expect(error?.state == .undefinedTable)
    #expect(try await connection.query("SELECT 1").value == "1")
  }

  @Test("too many rows are refused and the connection goes on")
  func limit() async throws {
    let connection = try await open()
    await #expect(throws: PostgreSQLError.self) { try await connection.query("SELECT generate_series(1, 100000)", limit: 10) }
    await #expect(throws: PostgreSQLError.self) { try await connection.query("SELECT generate_series(1, 11)", limit: 10) }
    #expect(try await connection.query("SELECT generate_series(1, 10)", limit: 10).rows.count == 10)
    #expect(try await connection.query("SELECT 1").value == "1")
  }

  @Test("notices are kept")
  func notices() async throws {
    let connection = try await open()
    try await connection.execute("DO $$ BEGIN RAISE NOTICE 'hear this'; END $$")
    #expect(await connection.takeNotices().contains { $0.contains("hear this") })
    #expect(await connection.takeNotices().isEmpty)
  }

  @Test("rows copied out and in are the same bytes")
  func copy() async throws {
    let connection = try await open()
    try await connection.execute(
      "CREATE TEMP TABLE a AS SELECT n, repeat(md5(n::text), 20) AS t FROM generate_series(1, 20000) n; CREATE TEMP TABLE b (LIKE a)")
    try await connection.execute("INSERT INTO a SELECT 0, repeat('x', 3000000)")
    var chunks: [[UInt8]] = []
    let rows = try await connection.copyOut("COPY a TO STDOUT", bufferSize: 1 << 18) { chunks.append([UInt8]($0)) }
    #expect(rows == 20_001)
    #expect(chunks.allSatisfy { $0.count <= 1 << 18 })
    var next = chunks.makeIterator()
    #expect(try await connection.copyIn("COPY b FROM STDIN") { next.next() } == 20_001)
    #expect(try await connection.query("SELECT count(*) FROM (TABLE a EXCEPT TABLE b) d").value == "0")
  }

  struct ReaderFailed: Error {}

  @Test("where the reader of a COPY fails, its error comes through and the connection goes on")
  func copyReaderFails() async throws {
    let connection = try await open()
    await #expect(throws: ReaderFailed.self) {
      try await connection.copyOut("COPY (SELECT repeat('x', 1000) FROM generate_series(1, 1000000)) TO STDOUT") { _ in throw ReaderFailed()
      }
    }
    #expect(try await connection.query("SELECT 1").value == "1")
  }

  @Test("where the sender of a COPY fails, nothing of it stays")
  func copySenderFails() async throws {
    let connection = try await open()
    try await connection.execute("CREATE TEMP TABLE c (n int)")
    await #expect(throws: ReaderFailed.self) {
      var sent = false
      _ = try await connection.copyIn("COPY c FROM STDIN") {
        if sent { throw ReaderFailed() }
        sent = true
        return Array("1\n2\n".utf8)
      }
    }
    #expect(try await connection.query("SELECT count(*) FROM c").value == "0")
  }

  @Test("bad rows are refused with the server's words")
  func badCopy() async throws {
    let connection = try await open()
    try await connection.execute("CREATE TEMP TABLE d (n int)")
    var next = [Array("1\nnonsense\n".utf8)].makeIterator()
    let error = await #expect(throws: PostgreSQLError.self) { try await connection.copyIn("COPY d FROM STDIN") { next.next() } }
    #expect(error?.state == SQLState("22P02"))
  }

  @Test("a deadline ends a statement, a cancelled task too, and the connection goes on")
  func interruptions() async throws {
    let connection = try await open()
    let late = await #expect(throws: PostgreSQLError.self) {
      try await connection.query("SELECT pg_sleep(60)", deadline: .milliseconds(50))
    }
    #expect(late?.kind == .timedOut)
    let task = Task { try await connection.query("SELECT pg_sleep(60)") }
    task.cancel()
    let cancelled = await #expect(throws: PostgreSQLError.self) { try await task.value }
    #expect(cancelled?.kind == .cancelled)
    #expect(try await connection.query("SELECT 1").value == "1")
  }

  @Test("many connections that wait hold up nobody else", .timeLimit(.minutes(10)))
  func waiting() async throws {
    let holder = try await open()
    try await holder.query("SELECT pg_advisory_lock(42)")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<12 {
        group.addTask {
          let connection = try await open()
          try await connection.query("SELECT pg_advisory_lock(42)")
          await connection.close()
        }
      }
      let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
      while try await holder.query(waiting).value != "12" { try await Task.sleep(for: .milliseconds(5)) }
      try await holder.query("SELECT pg_advisory_unlock(42)")
      try await group.waitForAll()
    }
  }

  @Test("a session that the server ends is gone, and says so")
  func terminated() async throws {
    let (victim, other) = (try await open(), try await open())
    try await other.query("SELECT pg_terminate_backend($1::int)", [String(victim.backendPID)])
    for _ in 1...2 {
      let error = await #expect(throws: PostgreSQLError.self) { try await victim.query("SELECT 1") }
      #expect(error?.kind == .serverGone)
    }
  }

  @Test("no server, no database and no role are told apart, and nothing shows the password")
  func cannotConnect() async throws {
    let server = try server.get()
    let cases: [(String, PostgreSQLError.Kind)] = [
      (server.tcpURL(encodedPassword: "wr0ng%2Fpw"), .authentication),
      ("postgresql://postgres@127.0.0.1:\(server.port)/postgres", .authentication),
      (server.tcpURL("absent"), .sql(.invalidCatalogName)),
      ("postgresql://postgres:wr0ng%2Fpw@127.0.0.1:1/postgres", .cannotConnect),
      ("postgresql://postgres:wr0ng%2Fpw@no-such-host.invalid/postgres", .cannotConnect),
      ("postgresql://postgres:wr0ng/pw@127.0.0.1/postgres", .cannotConnect),
      ("postgresql://postgres:wr0ng@pw@127.0.0.1/postgres", .cannotConnect),
      ("postgresql://postgres:wr0ng%zzpw@127.0.0.1/postgres", .cannotConnect),
      ("wr0ng", .cannotConnect),
    ]
    for (url, kind) in cases {
      let error = await #expect(throws: PostgreSQLError.self) { _ = try await open(url) }
      #expect(error?.kind == kind, "\(error.map { "\($0)" } ?? "no error")")
      for secret in ["wr0ng", PostgreSQLServer.password, PostgreSQLServer.encodedPassword] {
        #expect("\(error.map { "\($0)" } ?? "")".contains(secret) == false)
      }
    }
    #expect(try await open(server.tcpURL()).query("SELECT 1").value == "1")
  }

  @Test("an address prints without its password and gives tools what they need")
  func address() throws {
    let address = try ServerAddress(url: "postgresql://me:p%40ss@db.example:5433/shop?sslmode=require&keepalives_idle=7")
    #expect("\(address)" == "me@db.example:5433/shop")
    #expect(address.redact("p@ss or p%40ss") == "*** or ***")
    #expect(address.with(database: "o'ther").toolConnectionString == "dbname='o\\'ther' keepalives_idle='7'")
    #expect(
      address.toolEnvironment == [
        "PGHOST": "db.example", "PGPORT": "5433", "PGUSER": "me", "PGPASSWORD": "p@ss", "PGDATABASE": "shop", "PGSSLMODE": "require",
      ])
  }

  @Test("the reading half cannot write, however it is asked")
  func readOnly() async throws {
    let database = try await ReadOnlyDatabase.open(ServerAddress(url: server.get().url()), application: "test")
    let writes = [
      "CREATE TABLE written (n int)", "BEGIN READ WRITE; CREATE TABLE written (n int); COMMIT",
      "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE; CREATE TABLE written (n int)",
      "DO $$ BEGIN EXECUTE 'CREATE TABLE written (n int)'; END $$",
    ]
    for sql in writes { await #expect(throws: PostgreSQLError.self) { try await database.query(sql) } }
    for sql in ["SELECT lo_create(0)", "SET transaction_read_only = off", "COMMIT", "SET default_transaction_read_only = off"] {
      _ = try? await database.query(sql)
    }
    await #expect(throws: PostgreSQLError.self) { try await database.query("CREATE TABLE written (n int)") }
    #expect(try await database.query("SELECT to_regclass('written'), count(*) FROM pg_largeobject_metadata").rows == [[nil, "0"]])
  }
}
