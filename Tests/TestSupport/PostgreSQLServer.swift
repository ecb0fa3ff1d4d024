internal import Glibc

/// A PostgreSQL of a test's own, in a temporary folder, on a free port. It ends with the process that started it, however that ends.
public final class PostgreSQLServer: Sendable {
  /// The password of `postgres` over TCP; with characters that a URL must encode.
  public static let password = "s3cret/pa:ss@word"
  public static let encodedPassword = "s3cret%2Fpa%3Ass%40word"
  /// Where Debian keeps the server's programs.
  public static let programs = "/usr/lib/postgresql/15/bin"

  public let folder: String
  public let port: Int
  private let lifeline: Int32

  /// Of a server started with TLS: the certificate to trust, for `localhost`.
  public var certificate: String { "\(folder)/certificate.pem" }

  /// Starts a server. `settings` are lines of postgresql.conf. With TLS, its certificate is one that it has signed itself.
  public static func start(settings: [String] = [], tls: Bool = false) throws -> PostgreSQLServer {
    let folder = try temporaryFolder("pg")
    do {
      var settings = settings
      if tls {
        try runProgram([
          "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "\(folder)/key.pem", "-out", "\(folder)/certificate.pem", "-days", "2",
          "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        ])
        settings += ["ssl = on", "ssl_cert_file = '\(folder)/certificate.pem'", "ssl_key_file = '\(folder)/key.pem'"]
      }
      try own(folder)
      try asOwner(["cp", "-a", "\(template.get().folder)/data", folder])
      // A free port may be taken before the server has it: once more then.
      do { return try run(folder, settings) } catch { return try run(folder, settings) }
    } catch {
      removeFolder(folder)
      throw error
    }
  }

  /// A server of another version, from the folder of its programs.
  public static func start(programs: String) throws -> PostgreSQLServer {
    let folder = try temporaryFolder("pg")
    do {
      try own(folder)
      try initialize(folder, programs)
      return try run(folder, [], programs)
    } catch {
      removeFolder(folder)
      throw error
    }
  }

  /// A hot standby that has caught up with `primary`.
  public static func standby(of primary: PostgreSQLServer, settings: [String] = []) throws -> PostgreSQLServer {
    let folder = try temporaryFolder("pg")
    do {
      try own(folder)
      try asOwner([
        "\(programs)/pg_basebackup", "-h", primary.folder, "-p", "\(primary.port)", "-U", "postgres", "-D", "\(folder)/data", "-R", "-c",
        "fast", "--no-sync",
      ])
      return try run(folder, ["hot_standby = on"] + settings)
    } catch {
      removeFolder(folder)
      throw error
    }
  }

  /// A data folder that every server of this process starts as a copy of: initdb takes longer than all the rest.
  private struct Template { var folder: String; var lifeline: Int32 }
  private static let template = Result {
    let folder = try temporaryFolder("initdb")
    let lifeline = try Guardian.start("read line; rm -rf '\(folder)'")
    try initialize(folder, programs)
    return Template(folder: folder, lifeline: lifeline)
  }

  private static func initialize(_ folder: String, _ programs: String) throws {
    try writeFile("\(folder)/password", password)
    try own(folder)
    try asOwner([
      "\(programs)/initdb", "-D", "\(folder)/data", "-U", "postgres", "--pwfile=\(folder)/password", "--auth-local=trust",
      "--auth-host=scram-sha-256", "--no-sync", "--no-locale", "-E", "UTF8",
    ])
    try asOwner(["sh", "-c", "echo \"include '../test.conf'\" >> \(folder)/data/postgresql.conf"])
  }

  private static func run(_ folder: String, _ settings: [String], _ programs: String = programs) throws -> PostgreSQLServer {
    let port = freePort()
    let lines =
      settings + [
        "fsync = off", "shared_buffers = 32MB", "max_connections = 300", "listen_addresses = '127.0.0.1'", "port = \(port)",
        "unix_socket_directories = '\(folder)'", "log_min_messages = warning",
      ]
    try writeFile("\(folder)/test.conf", lines.joined(separator: "\n"))
    try runProgram(["chmod", "644", "\(folder)/test.conf"])
    try asOwner(["\(programs)/pg_ctl", "-D", "\(folder)/data", "-l", "\(folder)/log", "-w", "-t", "30", "start"])
    let stop = asOwnerWords(["\(programs)/pg_ctl", "-D", "\(folder)/data", "-m", "immediate", "-w", "stop"]).joined(separator: " ")
    return PostgreSQLServer(folder: folder, port: port, lifeline: try Guardian.start("read line; cd /; \(stop); rm -rf '\(folder)'"))
  }

  private init(folder: String, port: Int, lifeline: Int32) {
    self.folder = folder
    self.port = port
    self.lifeline = lifeline
  }

  deinit { close(lifeline) }

  // MARK: Use

  /// By the Unix socket, where everyone is trusted.
  public func url(_ database: String = "postgres", user: String = "postgres") -> String {
    "postgresql://\(user)@/\(database)?host=\(folder)&port=\(port)"
  }

  /// By TCP, where a password is asked for.
  public func tcpURL(_ database: String = "postgres", user: String = "postgres", encodedPassword: String = encodedPassword) -> String {
    "postgresql://\(user):\(encodedPassword)@127.0.0.1:\(port)/\(database)"
  }

  /// By TCP and with TLS, the server's certificate and name checked.
  public func tlsURL(_ database: String, options: String = "") -> String {
    tcpURL(database).replacing("127.0.0.1", with: "localhost") + "?sslmode=verify-full" + options
  }

  /// Runs SQL with psql and gives its unaligned output.
  @discardableResult
  public func psql(_ sql: String, database: String = "postgres") throws -> String {
    try tool("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", "-"], input: sql).output
  }

  /// One of PostgreSQL's own programs, connected as `postgres`.
  @discardableResult
  public func tool(_ name: String, _ arguments: [String], input: String = "", mayFail: Bool = false) throws -> ProgramResult {
    try runProgram(
      ["\(Self.programs)/\(name)"] + arguments,
      environment: ["PGHOST": folder, "PGPORT": String(port), "PGUSER": "postgres", "PGOPTIONS": "-c statement_timeout=0"],
      input: input, mayFail: mayFail)
  }

  /// Ends the server at once, as a crash does, or in order.
  public func stop(mode: String = "immediate") throws {
    try Self.asOwner(["\(Self.programs)/pg_ctl", "-D", "\(folder)/data", "-m", mode, "-w", "stop"])
  }

  public func restart() throws {
    try Self.asOwner(["\(Self.programs)/pg_ctl", "-D", "\(folder)/data", "-l", "\(folder)/log", "-w", "-t", "30", "start"])
  }

  /// The server's own log.
  public func log() throws -> String { try readFile("\(folder)/log") }

  // MARK: The server's user

  private static func own(_ folder: String) throws {
    if geteuid() == 0 { try runProgram(["chown", "-R", "postgres", folder]) }
    try runProgram(["chmod", "711", folder])
  }

  private static func asOwnerWords(_ arguments: [String]) -> [String] {
    geteuid() == 0 ? ["runuser", "-u", "postgres", "--"] + arguments : arguments
  }

  private static func asOwner(_ arguments: [String]) throws { try runProgram(asOwnerWords(arguments)) }

  private static func freePort() -> Int {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(listener, $0, size)
        _ = getsockname(listener, $0, &size)
      }
    }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}
