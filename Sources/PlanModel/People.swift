public import Units

public typealias AudienceName = Name<Audience>
public typealias DrillName = Name<Drill>

/// Who is told during an incident, where, and how often.
public struct Audience: Sendable {
  public var name: Located<AudienceName>
  public var channel: Channel
  /// The channel itself: `#sie-incidents`, an address, a page.
  public var place: Located<String>
  public var updates: Updates
  /// How a run tells it by itself: the first way, and the one that is tried where that takes no message. None: people tell it.
  public var ways: [Way] = []
  /// Nothing that only those who run the service may know is told.
  public var isPublic = false
  /// What a message says while the recovery goes on, and the last one at a good end; with words in braces that are filled in.
  public var template, ending: Located<String>?

  public struct Way: Sendable {
    public enum Place: Sendable {
      case text(Located<String>)
      case secret(Located<SecretName>)
    }
    public var by: Channel
    public var to: Place
    /// What opens it: the mail server's URL, the key of the status page.
    public var key: Located<SecretName>?
    /// Of mail: the sender.
    public var from: Located<String>?
  }

  public enum Channel: String, Hashable, Sendable, Codable, CaseIterable { case slack, teams, email, phone, statusPage, other }
  public enum Updates: Sendable {
    case every(Located<TimeSpan>)
    case on(Occasion)
  }
  public enum Occasion: String, Hashable, Sendable, Codable, CaseIterable { case majorChanges, startAndEnd }
}

/// An exercise that is held again and again. What came of it stands in files of evidence, never here.
public struct Drill: Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    /// Points are restored somewhere, and looked at.
    case restore
    /// The service moves to the other side, and back.
    case failover
    /// Everything, people included.
    case full
    /// People talk it through; no machine takes part.
    case tabletop
  }
  public var name: Located<DrillName>
  public var kind: Kind
  public var scenarios: [Located<ScenarioName>]
  public var every: Located<TimeSpan>
  /// The day by which it is held for the first time.
  public var first: Located<Timestamp>?
  public var description: String?
}

extension Drill {
  /// Whether it shows that the steps work: talking restores nothing.
  public var isPractical: Bool { kind != .tabletop }
}

/// What people owe when an incident is over.
public struct PostIncident: Sendable {
  public struct Duty: Hashable, Sendable, Codable {
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable { case report, runbook, postmortem, tickets }
    public var kind: Kind
    public var within: TimeSpan?
    /// Whose duty it is.
    public var by: String?
    /// Where it is kept: a page, a tracker, a calendar.
    public var place: String?
    public init(kind: Kind, within: TimeSpan? = nil, by: String? = nil, place: String? = nil) {
      self.kind = kind; self.within = within; self.by = by; self.place = place
    }
  }
  /// In the order in which they are due.
  public var duties: [Duty]
}

/// Who must agree before a scenario is carried out, or before one step of it acts: so many of these people or roles.
public struct Approval: Sendable {
  public var approvers: [Located<String>]
  public var atLeast: Int
  /// How long that takes at the longest: part of the recovery time.
  public var within: Located<TimeSpan>
  /// Who may go ahead alone when that time is over; nil: then it waits for a person.
  public var breakGlass: BreakGlass?

  public struct BreakGlass: Sendable {
    public var people: [Located<String>]
    /// How long that takes at the longest, from the end of the approval's time on.
    public var within: Located<TimeSpan>
  }

  /// Without its places in the file, as a changeset holds it.
  public var rule: ApprovalRule {
    ApprovalRule(
      by: approvers.map(\.value), atLeast: atLeast, within: within.value,
      breakGlass: breakGlass.map { ApprovalRule.BreakGlass(by: $0.people.map(\.value), within: $0.within.value) })
  }
}

/// Whose signatures a run waits for.
public struct ApprovalRule: Hashable, Sendable, Codable {
  /// As the file of signers names them.
  public var by: [String]
  public var atLeast: Int
  public var within: TimeSpan
  public var breakGlass: BreakGlass?

  public struct BreakGlass: Hashable, Sendable, Codable {
    public var by: [String]
    /// From the end of the approval's time on.
    public var within: TimeSpan
    public init(by: [String], within: TimeSpan) { self.by = by; self.within = within }
  }

  public init(by: [String], atLeast: Int, within: TimeSpan, breakGlass: BreakGlass? = nil) {
    self.by = by; self.atLeast = atLeast; self.within = within; self.breakGlass = breakGlass
  }

  /// Until it pauses the run.
  public var longest: TimeSpan { within + (breakGlass?.within ?? .zero) }
  /// All who can be asked, each once.
  public var everybody: [String] { by + (breakGlass?.by ?? []).filter { !by.contains($0) } }
}
