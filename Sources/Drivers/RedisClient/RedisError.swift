/// What went wrong between this process and a Redis server. It holds no password: every text is cleaned of it before it gets here.
public struct RedisError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// No connection: the address is wrong, nothing listens there, or nothing answered in time.
    case cannotConnect
    /// The server answered and refused the user or the password.
    case authentication
    /// A connection that was there ended.
    case serverGone
    /// The server refused a command; the word that its error begins with: `READONLY`, `OOM`, `ERR`.
    case refused(String)
    case cancelled
    /// The deadline given for the call passed.
    case timedOut
    /// The answer was not one that a Redis server gives, or this client cannot do what the URL asks for.
    case unusable
  }
  public var kind: Kind
  /// For a person, one line.
  public var message: String
  /// What to do next.
  public var hint: String?
  public init(_ kind: Kind, _ message: String, hint: String? = nil) { self.kind = kind; self.message = message; self.hint = hint }

  /// The first word of the server's refusal.
  public var code: String? { if case .refused(let code) = kind { code } else { nil } }
  public var description: String { message + (hint.map { "; hint: \($0)" } ?? "") }
}

extension RedisError {
  static func badURL(_ reason: String) -> RedisError {
    RedisError(
      .cannotConnect, "the connection URL is not usable: \(reason)",
      hint: "write redis://USER:PASSWORD@HOST:PORT/DATABASE, with reserved characters percent-encoded")
  }
  static let needsTLS = RedisError(
    .unusable, "the connection URL asks for TLS (rediss://), which this version does not speak to Redis",
    hint: "let the URL lead to a port without TLS, or to a tunnel such as stunnel on this host")
}
