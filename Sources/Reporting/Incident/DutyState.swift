public import PlanModel
public import Units

/// A person's word that something which is owed after an incident has been done.
public struct DutyRecord: Hashable, Sendable, Codable {
  public var kind: PostIncident.Duty.Kind
  public var at: Timestamp
  public var who: String
  public var note: String
  public init(kind: PostIncident.Duty.Kind, at: Timestamp, who: String, note: String) { self.kind = kind; self.at = at; self.who = who; self.note = note }
}

/// Something that is owed after an incident, and whether it has been done.
public struct DutyState: Sendable, Encodable {
  public var kind: PostIncident.Duty.Kind
  /// Nil: nobody said by when, or the incident is not over.
  public var due: Timestamp?
  public var by, place: String?
  public var done: DutyRecord?

  /// - Parameter end: of the incident; nil: it goes on.
  public init(_ duty: PostIncident.Duty, end: Timestamp?, done: [DutyRecord]) {
    kind = duty.kind; by = duty.by; place = duty.place
    due = duty.within.flatMap { within in end.map { $0 + within } }
    self.done = done.last { $0.kind == duty.kind }
  }

  public func isOverdue(at now: Timestamp) -> Bool { done == nil && (due.map { $0 < now } ?? false) }

  func words(at now: Timestamp?) -> String {
    if let done { return "done \(done.at) by \(done.who)" + (done.note.isEmpty ? "" : ": \(done.note)") }
    guard let due else { return "owed" }
    guard let now else { return "due \(due)" }
    return now > due ? "overdue since \(due), for \((now - due).rounded)" : "due \(due), in \((due - now).rounded)"
  }
}

extension PostIncident.Duty.Kind {
  /// For people.
  var words: String {
    switch self {
    case .report: "incident report"
    case .runbook: "runbook and plan mended"
    case .postmortem: "post-mortem"
    case .tickets: "tickets for what prevents the next one"
    }
  }
}
