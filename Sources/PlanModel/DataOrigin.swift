public import Diagnostics
public import Units

/// Data that is made from other data, such as a search index: it is as new as its source, and need not be backed up.
public struct Derivation: Sendable {
  public var source: Located<DataClassName>
  /// How long it takes to make it anew; nil: the plan does not say that it can be.
  public var rebuild: Located<Pace>?
}

/// Data that may be lost, such as messages under way.
public struct Ephemeral: Sendable {
  /// Nil: the plan does not say.
  public var onLoss: OnLoss?
  public var span: SourceSpan

  /// What becomes of what is lost.
  public enum OnLoss: Sendable {
    /// It is queued again, from what this class says.
    case requeue(from: Located<DataClassName>)
    case accepted(reason: Located<String>)
  }
}

/// Data in Git, such as configuration: its history is its backup, and a mirror its copy.
public struct GitRepository: Sendable {
  public var remote: Located<String>
  /// Where its host is; nil: no disaster of the plan takes it along.
  public var site: Located<SiteName>?
  public var mirrors: [Mirror]

  public struct Mirror: Sendable {
    public var name: Located<Name<Mirror>>
    public var remote: Located<String>
    public var site: Located<SiteName>?
    /// How far it can be behind.
    public var lag: Located<TimeSpan>
  }
}

extension DataClass {
  /// Whether it comes back without a protection of its own.
  public var comesBackByItself: Bool { derivation?.rebuild != nil || ephemeral != nil || git != nil }
}
