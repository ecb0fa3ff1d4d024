internal import CanonicalJSON
public import PlanModel
public import ProviderInterface
public import Units

/// What a person says to a run from another terminal: a file in the run's inbox, then a record of its journal.
public struct Word: Hashable, Sendable, Codable {
  public enum Order: Hashable, Sendable, Codable {
    case approve(SignedApproval)
    /// Go on without this step.
    case skip(StepName)
    /// Try this step again.
    case retry(StepName)
    /// Keep what is on trial.
    case commit
    /// Take the run back.
    case rollback
  }
  /// Lower-case letters, digits and `-`; no two words have the same.
  public var id: String
  /// The account that said it, and where.
  public var by: String
  public var host: String
  public var at: Timestamp
  public var reason: String
  public var order: Order

  public init(id: String, by: String, host: String, at: Timestamp, reason: String, order: Order) {
    self.id = id; self.by = by; self.host = host; self.at = at; self.reason = reason; self.order = order
  }

  public static func isProper(_ id: String) -> Bool {
    (1...64).contains(id.utf8.count) && id.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
  }

  /// The person: who signed, or else the account.
  public var person: String { if case .approve(let approval) = order { approval.statement.name } else { by } }
}

/// Where a run waits for signatures: before its first step, or before one step acts.
public struct Gate: Hashable, Sendable, Codable {
  /// Nil: before the first step.
  public var step: StepName?
  public init(step: StepName? = nil) { self.step = step }
  public static let beginning = Gate()
}

/// What an approver signs: the digest stands for everything that was reviewed.
public struct ApprovalStatement: Hashable, Sendable, Codable {
  public static let currentFormat = 1
  /// What `ssh-keygen -Y` calls the namespace: a signature made for anything else is none here.
  public static let namespace = "sie-dr-approval"

  public var formatVersion: Int
  /// Of the changeset.
  public var digest: String
  /// Nil: any run of the changeset.
  public var run: RunID?
  public var gate: Gate
  /// As the file of signers and the plan name the one who signs.
  public var name: String
  public var at: Timestamp
  /// After this it counts no more, if it has not been counted.
  public var until: Timestamp
  public var reason: String
  /// Alone, in place of those who do not answer.
  public var breaksGlass: Bool

  public init(digest: String, run: RunID?, gate: Gate, name: String, at: Timestamp, until: Timestamp, reason: String, breaksGlass: Bool) {
    formatVersion = Self.currentFormat
    self.digest = digest; self.run = run; self.gate = gate; self.name = name; self.at = at; self.until = until; self.reason = reason
    self.breaksGlass = breaksGlass
  }

  /// The bytes under the signature.
  public func signedBytes() throws -> [UInt8] { try CanonicalJSON.bytes(self) }
}

/// A statement with its signature, as `ssh-keygen -Y sign` writes it: a file that can be handed over.
public struct SignedApproval: Hashable, Sendable, Codable {
  public var statement: ApprovalStatement
  public var signature: String
  public init(_ statement: ApprovalStatement, signature: String) { self.statement = statement; self.signature = signature }
}

/// A word that was taken up.
public struct Said: Hashable, Sendable, Codable {
  public var word: Word
  /// The fingerprint of the key that signed an approval.
  public var key: String?
  public init(_ word: Word, key: String? = nil) { self.word = word; self.key = key }
}

/// A word that was not, and why.
public struct WordRefused: Hashable, Sendable, Codable {
  public var word: Word
  public var code: String
  public var why: String
  public init(_ word: Word, code: String, why: String) { self.word = word; self.code = code; self.why = why }
}

/// Why a word is not taken up.
public struct WordRefusal: Error, Hashable, Sendable {
  /// Stable.
  public var code: String
  public var why: String
  public init(_ code: String, _ why: String) { self.code = code; self.why = why }
}
