internal import PostgreSQLClient
internal import ProviderInterface

/// What a plan wants of a server.
public struct ServerDuties: Hashable, Sendable {
  /// The databases that are backed up; nil stands for the one that the URL names.
  public var backedUp: [String?]
  public var isRestoredTo: Bool
  /// Whether it is fenced, promoted, or made a replica or one's primary.
  public var changesRole: Bool
  public init(backedUp: [String?], isRestoredTo: Bool, changesRole: Bool = false) {
    self.backedUp = backedUp; self.isRestoredTo = isRestoredTo; self.changesRole = changesRole
  }
  public var isBackedUp: Bool { !backedUp.isEmpty }
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
  /// Those that are backed up.
  var databases: [DatabaseSeen] = []
}

/// What `doctor` saw of one database.
struct DatabaseSeen: Sendable {
  /// As in `ServerDuties`.
  var name: String?
  var state = State.open
  /// Of the checks that come before a backup: what each found, nil for nothing.
  var problems: [BackupChecks.Part: StepFailure] = [:]

  enum State: Sendable {
    case open
    /// Not there, which is right where a restore is to make it.
    case absent
    case closed(StepFailure)
  }
}

extension ServerSeen {
  private static let look = "look at the server, then run `sie-dr doctor` again"

  /// The names of the checks after `connection`, in the order they are shown.
  static func names(_ duties: ServerDuties) -> [String] {
    ["version", "pooler", "clock"] + (duties.isBackedUp ? duties.backedUp.flatMap { database in BackupChecks.Part.allCases.map { $0.name(in: database) } } + ["role passwords"] : [])
      + (duties.isRestoredTo ? ["new databases"] : []) + (duties.changesRole ? ["change of role"] : [])
  }

  func outcomes(_ duties: ServerDuties, tools: PostgreSQLTools) -> [CheckOutcome] {
    let place = "\(user) at \(address), \(isStandby ? "a standby" : "a primary")"
    var outcomes = [CheckOutcome("connection", .ok, place), versionOutcome(duties, tools)]
    outcomes.append(pooler.map { CheckOutcome("pooler", $0, otherwise: Self.look) } ?? CheckOutcome("pooler", .ok, "none in between"))
    outcomes.append(clock.outcome(of: "the server"))
    if duties.isBackedUp { outcomes += databases.flatMap(verdicts(of:)) + [passwords] }
    if duties.isRestoredTo { outcomes.append(newDatabases) }
    if duties.changesRole { outcomes.append(changeOfRole) }
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

  private func verdicts(of database: DatabaseSeen) -> [CheckOutcome] {
    BackupChecks.Part.allCases.map { part in
      let name = part.name(in: database.name)
      return switch database.state {
      case .absent: CheckOutcome(name, .notChecked, "the database is not there: it is what a restore makes")
      case .closed(let failure):
        part == BackupChecks.Part.allCases.first
          ? CheckOutcome(name, failure, otherwise: "create the database, or correct its name in the plan")
          : CheckOutcome(name, .notChecked, "there is no connection to the database")
      case .open: database.problems[part].map { CheckOutcome(name, $0, otherwise: Self.look) } ?? CheckOutcome(name, .ok, part.whenFine)
      }
    }
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

extension ServerSeen {
  private var changeOfRole: CheckOutcome {
    isSuperuser
      ? CheckOutcome("change of role", .ok, "\(user) is a superuser, who may fence and promote")
      : CheckOutcome(
        "change of role", .failed, "\(user) is no superuser, and only a superuser may fence a server and promote it",
        helps: ["put the URL of a superuser into the server's secret; a managed server is fenced by a program: `by: […]`"])
  }
}

extension BackupChecks.Part {
  fileprivate func name(in database: String?) -> String { rawValue + (database.map { " in \($0)" } ?? "") }

  fileprivate var whenFine: String {
    switch self {
    case .rights: "every table and sequence may be read"
    case .rowSecurity: "hides no rows from this role"
    case .lockSlots: "there are enough of them for the backup and everybody else"
    }
  }
}
