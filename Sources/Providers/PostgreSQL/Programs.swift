internal import ChildProcess
internal import Glibc
internal import PostgreSQLClient
internal import ProviderInterface
internal import Units

/// Where PostgreSQL's own programs are looked for.
public struct ProgramFolders: Sendable {
  /// In order of preference.
  public var folders: [String]
  /// Variables that the programs get besides what the connection URL says.
  var inherited: [String: String]

  /// `environment`: this process's own, from which the programs get what they need to connect as libpq here does.
  public init(_ folders: [String], environment: [String: String] = [:]) {
    self.folders = folders
    inherited = environment.filter { Self.passedOn.contains($0.key) }
  }

  /// What libpq, and OpenSSL below it, read of how to trust a server and to be trusted by it. `HOME` is where their files lie by default.
  private static let passedOn: Set<String> = [
    "HOME", "PGSSLMODE", "PGREQUIRESSL", "PGSSLNEGOTIATION", "PGSSLROOTCERT", "PGSSLCRL", "PGSSLCRLDIR", "PGSSLCERT", "PGSSLKEY", "PGSSLCERTMODE",
    "PGSSLCOMPRESSION", "PGSSLSNI", "PGSSLMINPROTOCOLVERSION", "PGSSLMAXPROTOCOLVERSION", "PGCHANNELBINDING", "PGREQUIREAUTH", "PGREQUIREPEER",
    "PGGSSENCMODE", "PGGSSLIB", "PGGSSDELEGATION", "PGKRBSRVNAME", "KRB5CCNAME", "KRB5_CONFIG", "OPENSSL_CONF", "SSL_CERT_FILE", "SSL_CERT_DIR",
  ]

  /// The folders of Debian's and Red Hat's packages, newest first, then `PATH`.
  public static func standard(environment: [String: String]) -> ProgramFolders {
    let versions = (13...29).reversed()
    return ProgramFolders(
      versions.map { "/usr/lib/postgresql/\($0)/bin" } + versions.map { "/usr/pgsql-\($0)/bin" }
        + (environment["PATH"] ?? "").split(separator: ":").map(String.init),
      environment: environment)
  }
}

/// `pg_dump`, `pg_dumpall` and `pg_restore` of one version.
struct Programs: Sendable {
  let folder: String
  /// As the program says it: `15.20`.
  let version: String
  let major: Int
  let children: ChildRunner
  /// What they get besides the connection URL's.
  var inherited: [String: String] = [:]

  /// Each folder's, in the order of the folders.
  static func all(in places: ProgramFolders, children: ChildRunner) async -> [Programs] {
    var found: [Programs] = []
    for folder in places.folders where ["pg_dump", "pg_dumpall", "pg_restore"].allSatisfy({ access("\(folder)/\($0)", X_OK) == 0 }) {
      let command = ChildCommand("\(folder)/pg_dump", ["--version"], environment: toolEnvironment(), deadline: .seconds(10))
      guard let output = try? await children.run(command), output.succeeded, let version = version(in: output.text) else { continue }
      found.append(Programs(folder: folder, version: version.text, major: version.major, children: children, inherited: places.inherited))
    }
    return found
  }

  /// The lowest version found that is at least `major`.
  static func find(atLeast major: Int, in places: ProgramFolders, children: ChildRunner, for purpose: String) async throws(StepFailure)
    -> Programs
  {
    let found = await all(in: places, children: children)
    if let best = found.filter({ $0.major >= major }).min(by: { $0.major < $1.major }) { return best }
    let newest = found.max { $0.major < $1.major }
    throw StepFailure(
      "tools-too-old",
      newest.map { "pg_dump \($0.version) in \($0.folder) is older than PostgreSQL \(major), which \(purpose)" }
        ?? "no folder on this host holds pg_dump, pg_dumpall and pg_restore, and \(purpose) needs version \(major) or newer",
      details: ["looked in the folders of the distribution's packages and in PATH"],
      helps: [PostgreSQLTools.install(major)])
  }

  /// `pg_dump (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)`.
  static func version(in text: String) -> (text: String, major: Int)? {
    let words = text.split(whereSeparator: \.isWhitespace)
    guard let word = words.dropFirst(2).first, let digits = word.prefix(while: \.isNumber) as Substring?, let major = Int(digits) else {
      return nil
    }
    return (String(word), major)
  }

  private static func toolEnvironment() -> [String: String] { ChildCommand.toolDefaults(from: [:]) }

  /// Settings that a database or a role may have, and that would stop a tool.
  static let sessionOptions = "-c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=0 -c lc_monetary=C"

  /// A command that connects as `address` does: the password in its environment, nothing of it among the arguments.
  func command(_ name: String, _ arguments: [String], on address: ServerAddress, application: String, deadline: TimeSpan) -> ChildCommand {
    var environment = Self.toolEnvironment().merging(inherited) { _, own in own }.merging(address.toolEnvironment) { _, given in given }
    environment["PGAPPNAME"] = application
    environment["PGOPTIONS"] = [environment["PGOPTIONS"], Self.sessionOptions].compactMap { $0 }.joined(separator: " ")
    environment["PGCLIENTENCODING"] = "UTF8"
    environment["PGCONNECT_TIMEOUT"] = "15"
    var command = ChildCommand(
      "\(folder)/\(name)", arguments + ["--no-password", "--dbname=\(address.toolConnectionString)"], environment: environment,
      deadline: deadline)
    command.secrets = address.secretValues
    return command
  }

  /// What a failed program said, without statements: those may hold passwords of user mappings and subscriptions.
  static func words(in text: String, program: String) -> [String] {
    let lines = text.split(separator: "\n").filter { $0.hasPrefix("\(program): ") && !$0.contains("Command was:") }
    return lines.suffix(6).map(String.init)
  }
}
