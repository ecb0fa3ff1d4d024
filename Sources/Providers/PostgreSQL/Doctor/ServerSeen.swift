internal import PostgreSQLClient
internal import ProviderInterface

/// What a plan wants of a server.
public struct ServerDuties: Hashable, Sendable {
  public var isBackedUp: Bool
  public var isRestoredTo: Bool
  public init(isBackedUp: Bool, isRestoredTo: Bool) { self.isBackedUp = isBackedUp; self.isRestoredTo = isRestoredTo }
}

/// What `doctor` saw of a server that let it in.
struct ServerSeen: Sendable {
  /// The place and the role, as messages say them.
  var address: String
  var user: String
  var version: String
  var major: Int
  var isStandby = false
  var isSuperuser = false
  var createsDatabases = false
  var readsPasswords = false
  /// Nil where the connection leads to the server itself.
  var pooler: StepFailure?
  var clock: ClockComparison
  /// The database that the URL names is there.
  var hasDatabase = true
  /// Of the checks that come before a backup: what each found, nil for nothing.
  var problems: [BackupChecks.Part: StepFailure] = [:]
}

extension ServerSeen {
  private static let look = "look at the server, then run `sie-dr doctor` again"

  /// The names of the checks after `connection`, in the order they are shown.
  static func names(_ duties: ServerDuties) -> [String] {
    ["version", "pooler", "clock"] + (duties.isBackedUp ? BackupChecks.Part.allCases.map(\.rawValue) + ["role passwords"] : [])
      + (duties.isRestoredTo ? ["new databases"] : [])
  }

  func outcomes(_ duties: ServerDuties, tools: PostgreSQLTools) -> [CheckOutcome] {
    let place = "\(user) at \(address), \(isStandby ? "a standby" : "a primary")"
    var outcomes = [CheckOutcome("connection", .ok, place), versionOutcome(duties, tools)]
    outcomes.append(pooler.map { CheckOutcome("pooler", $0, otherwise: Self.look) } ?? CheckOutcome("pooler", .ok, "none in between"))
    outcomes.append(clock.outcome(of: "the server"))
    if duties.isBackedUp { outcomes += BackupChecks.Part.allCases.map(outcome) + [passwords] }
    if duties.isRestoredTo { outcomes.append(newDatabases) }
    return outcomes
  }

  private func versionOutcome(_ duties: ServerDuties, _ tools: PostgreSQLTools) -> CheckOutcome {
    guard major >= BackupChecks.oldest else {
      return CheckOutcome(
        "version", duties.isBackedUp ? .failed : .warning, "PostgreSQL \(version); backups are made of servers from \(BackupChecks.oldest) on",
        helps: ["upgrade the server"])
    }
    guard duties.isBackedUp || duties.isRestoredTo else { return CheckOutcome("version", .ok, "PostgreSQL \(version)") }
    guard let tool = tools.best(for: major) else {
      return CheckOutcome(
        "version", .failed, "PostgreSQL \(version), and \(tools.newest.map { "the newest pg_dump here is \($0.version)" } ?? "there is no pg_dump here")",
        helps: [PostgreSQLTools.install(major)])
    }
    return CheckOutcome("version", .ok, "PostgreSQL \(version), with pg_dump \(tool.version) from \(tool.folder)")
  }

  private func outcome(_ part: BackupChecks.Part) -> CheckOutcome {
    guard hasDatabase else { return CheckOutcome(part.rawValue, .notChecked, "the database is not there: it is what a restore makes") }
    return problems[part].map { CheckOutcome(part.rawValue, $0, otherwise: Self.look) } ?? CheckOutcome(part.rawValue, .ok, part.whenFine)
  }

  private var passwords: CheckOutcome {
    readsPasswords
      ? CheckOutcome("role passwords", .ok, "\(user) may read them: points hold roles with their password hashes")
      : CheckOutcome(
        "role passwords", .warning, "\(user) may not read pg_authid: points hold roles without passwords, as on managed servers",
        helps: ["after a restore set them anew: ALTER ROLE … PASSWORD …; a superuser's backup would hold their hashes"])
  }

  private var newDatabases: CheckOutcome {
    guard !isStandby else { return CheckOutcome("new databases", .failed, "a standby takes none: a restore needs a primary", helps: ["promote it, or restore elsewhere"]) }
    return isSuperuser || createsDatabases
      ? CheckOutcome("new databases", .ok, "\(user) may create them" + (isSuperuser ? "" : "; what only a superuser may create is refused"))
      : CheckOutcome("new databases", .failed, "\(user) may not create databases, and a restore fills one of its own", helps: ["ALTER ROLE \(SQL.identifier(user)) CREATEDB;"])
  }
}

extension BackupChecks.Part {
  fileprivate var whenFine: String {
    switch self {
    case .rights: "every table and sequence may be read"
    case .rowSecurity: "hides no rows from this role"
    case .lockSlots: "there are enough of them for the backup and everybody else"
    }
  }
}
