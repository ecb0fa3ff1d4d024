public import Units

/// Why a server gave no answer that can be used. Holds no secret.
public struct DNSError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: Error, Hashable, Sendable {
    /// The server's own name has no address.
    case cannotResolve
    /// Nothing listens there.
    case refusedConnection
    case cannotConnect
    case timedOut
    /// The connection ended in the middle.
    case broken
    case malformed
    case cancelled
    /// The answer is not signed as it must be: it is not from the server, or somebody has changed it.
    case unproven
    /// The server does not know a key of that name.
    case unknownKey
    /// The server knows the key, and its secret is another one.
    case wrongKey
    /// The server's clock, where it says so: it takes no signature of another time.
    case wrongTime(theirs: Timestamp?)
    /// The server has understood and says no.
    case said(DNSCode)
  }
  public var reason: Reason
  /// `ns1.sie.example`, or with a port that is not the usual one.
  public var server: String
  /// What the system said, where it did.
  public var detail: String?

  public init(_ reason: Reason, server: String, detail: String? = nil) { self.reason = reason; self.server = server; self.detail = detail }

  /// Whether nobody knows what the server has done with what was sent.
  public var leavesDoubt: Bool {
    switch reason {
    case .timedOut, .broken, .malformed, .cancelled, .unproven: true
    default: false
    }
  }

  public var description: String {
    let words =
      switch reason {
      case .cannotResolve: "its name has no address"
      case .refusedConnection: "nothing listens there"
      case .cannotConnect: "it cannot be reached"
      case .timedOut: "it does not answer"
      case .broken: "the connection ended in the middle of the answer"
      case .malformed: "what it answered is no DNS message"
      case .cancelled: "it was not waited for"
      case .unproven: "its answer is not signed with our key"
      case .unknownKey: "it knows no key of that name"
      case .wrongKey: "it knows the key under another secret"
      case .wrongTime: "its clock is another one than ours"
      case .said(let code): "it says \(code)"
      }
    return "\(server): \(words)" + (detail.map { " (\($0))" } ?? "")
  }
}
