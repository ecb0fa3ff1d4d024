public import Units

/// A message of a run, as its outbox has kept it.
public struct ToldMessage: Sendable, Encodable {
  /// Of the step or the audience that it belongs to.
  public var name: String
  public var text: String
  public var posted: Timestamp
  /// The channel that took it, and when; nil where none did for certain.
  public var sentBy: String?
  public var sentAt: Timestamp?
  /// One line: what became of it.
  public var outcome: String

  public init(name: String, text: String, posted: Timestamp, sentBy: String?, sentAt: Timestamp?, outcome: String) {
    self.name = name; self.text = text; self.posted = posted; self.sentBy = sentBy; self.sentAt = sentAt; self.outcome = outcome
  }
  public var isSent: Bool { sentAt != nil }
}
