/// A five-character SQLSTATE, as PostgreSQL's appendix A lists them: `42P01`.
public struct SQLState: Hashable, Sendable, CustomStringConvertible {
  public let code: String
  public init(_ code: String) { self.code = code }
  public var description: String { code }

  public static let lockNotAvailable = SQLState("55P03")
  public static let queryCancelled = SQLState("57014")
  public static let undefinedTable = SQLState("42P01")
  public static let invalidCatalogName = SQLState("3D000")
  public static let insufficientPrivilege = SQLState("42501")
  public static let objectNotInPrerequisiteState = SQLState("55000")
  public static let undefinedObject = SQLState("42704")

  var isAuthentication: Bool { code.hasPrefix("28") }
  /// The server is going down, is not up yet, or the connection broke: class 08 and 57P0x.
  var isServerGone: Bool { code.hasPrefix("08") || code.hasPrefix("57P0") }
}

/// What went wrong between this process and a PostgreSQL server. It holds no password: every text is cleaned of it before it gets here.
public struct PostgreSQLError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// No connection: the address is wrong, nothing listens there, or nothing answered in time.
    case cannotConnect
    /// The server answered and refused the user or the password.
    case authentication
    /// A connection that was there ended: the server was stopped, crashed, or terminated the session.
    case serverGone
    /// The server refused a statement.
    case sql(SQLState)
    /// The task was cancelled.
    case cancelled
    /// The deadline given for the call passed.
    case timedOut
    /// libpq is not installed on this host, or the answer was not one this client can use.
    case unusable
  }

  public var kind: Kind
  /// The first line, for a person.
  public var message: String
  /// The server's detail, where it gave one.
  public var detail: String?
  /// The server's or our hint: what to do next.
  public var hint: String?

  public init(_ kind: Kind, _ message: String, detail: String? = nil, hint: String? = nil) {
    self.kind = kind
    self.message = message
    self.detail = detail
    self.hint = hint
  }

  /// The server's SQLSTATE, where it refused a statement.
  public var state: SQLState? { if case .sql(let state) = kind { state } else { nil } }

  public var description: String {
    var text = message
    if case .sql(let state) = kind { text += " (SQLSTATE \(state))" }
    if let detail { text += "; \(detail)" }
    if let hint { text += "; hint: \(hint)" }
    return text
  }
}
