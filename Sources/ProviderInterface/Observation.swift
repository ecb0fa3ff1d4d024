public import CanonicalJSON

/// What the world is now, as far as one step is concerned.
///
/// **Facts** (identity, role, version, existence, what is installed) are compared before the step acts and are part of the changeset's
/// digest. **Measurements** (size, lag, free space) are shown and never compared. Without that split every living server "has moved" at
/// every look.
public struct Observation: Hashable, Sendable, Codable {
  public enum Reach: Hashable, Sendable, Codable {
    case observed
    /// Not an error: a plan for a burning site must come out all the same. The reason is for people.
    case unreachable(reason: String)
    /// The kind has nothing to look at.
    case nothingToObserve
  }
  public var reach: Reach
  public var facts: [String: JSONValue]
  public var measurements: [String: JSONValue]

  public init(_ reach: Reach = .observed, facts: [String: JSONValue] = [:], measurements: [String: JSONValue] = [:]) {
    self.reach = reach; self.facts = facts; self.measurements = measurements
  }
  public static func unreachable(_ reason: String) -> Observation { Observation(.unreachable(reason: reason)) }
  public static let nothing = Observation(.nothingToObserve)
}

/// What a step would do to the world as observed.
public struct Change: Hashable, Sendable, Codable {
  public enum Action: String, Hashable, Sendable, Codable, CaseIterable {
    case create, update, delete
    /// An effect that cannot be compared: a program is run, a person is asked.
    case run
    /// Only looks: changes nothing.
    case check
    /// The goal holds already.
    case none
    /// Cannot be known before the run: something was out of reach, or an earlier step decides.
    case unknown

    /// As people see it: `+ ~ - > ? =`.
    public var symbol: String {
      switch self {
      case .create: "+"
      case .update: "~"
      case .delete: "-"
      case .run: ">"
      case .check: "?"
      case .none: "="
      case .unknown: "*"
      }
    }
    /// Whether the world is another one afterwards.
    public var changesTheWorld: Bool { self != .none && self != .check }
  }
  public var action: Action
  /// One line, why: "the newest point is 42m old, one is due every 30m".
  public var reason: String
  public var before: [String: JSONValue]
  public var after: [String: JSONValue]
  /// What will be lost by it, for the risk panel.
  public var losses: [String]

  public init(_ action: Action, reason: String, before: [String: JSONValue] = [:], after: [String: JSONValue] = [:], losses: [String] = []) {
    self.action = action; self.reason = reason; self.before = before; self.after = after; self.losses = losses
  }
}

/// What a step reads, writes and needs: for order, for survival, for verification.
public struct Footprint: Hashable, Sendable, Codable {
  public var reads: Set<Resource>
  public var writes: Set<Resource>
  /// Must survive the scenario that the step serves.
  public var requires: Set<Requirement>
  /// The data class that the step brings back.
  public var recovers: String?
  /// Which of its databases; nil: all there is of it.
  public var recoversDatabase: String?
  /// What the step proves to be in order.
  public var verifies: Set<Resource>

  public init(
    reads: Set<Resource> = [], writes: Set<Resource> = [], requires: Set<Requirement> = [], recovers: String? = nil, recoversDatabase: String? = nil,
    verifies: Set<Resource> = []
  ) {
    self.reads = reads; self.writes = writes; self.requires = requires; self.recovers = recovers; self.recoversDatabase = recoversDatabase; self.verifies = verifies
  }

  /// Sorted: a set has another order in every process, and a changeset's bytes and digest must not.
  public func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(reads.sorted(), forKey: .reads)
    try members.encode(writes.sorted(), forKey: .writes)
    try members.encode(requires.sorted(), forKey: .requires)
    try members.encodeIfPresent(recovers, forKey: .recovers)
    try members.encodeIfPresent(recoversDatabase, forKey: .recoversDatabase)
    try members.encode(verifies.sorted(), forKey: .verifies)
  }

  private enum CodingKeys: String, CodingKey { case reads, writes, requires, recovers, recoversDatabase, verifies }
}

/// Something in the world that two steps could both touch: `server:pg-new`, `point:insights@east`.
public struct Resource: Hashable, Comparable, Sendable, Codable, RawRepresentable, CustomStringConvertible {
  public var rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }
  public var description: String { rawValue }
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  public init(from decoder: any Decoder) throws { rawValue = try decoder.singleValueContainer().decode(String.self) }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

extension Resource {
  public static func server(_ name: some CustomStringConvertible) -> Resource { Resource(rawValue: "server:\(name)") }
  public static func points(of dataClass: some CustomStringConvertible, in store: some CustomStringConvertible) -> Resource {
    Resource(rawValue: "points:\(dataClass)@\(store)")
  }
  public static func probe(_ name: some CustomStringConvertible) -> Resource { Resource(rawValue: "probe:\(name)") }
  /// What an author names in `reads:` and `writes:`.
  public static func named(_ name: String) -> Resource { Resource(rawValue: name) }
}
