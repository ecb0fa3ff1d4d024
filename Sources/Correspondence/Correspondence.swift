public import ChangePlanning
public import Journaling
internal import PlanModel
public import ProviderInterface
public import Units

/// What a run tells whom: records of its journal in, messages out. It has no clock and sends nothing. The same records give the same messages with
/// the same names, so that nothing is told twice after a crash.
public struct Correspondence: Sendable {
  public enum Occasion: String, Sendable, CaseIterable {
    case start
    /// By the clock.
    case update
    /// Something that changes what people can expect.
    case change
    /// The run waits for a person, or goes on again.
    case held, resumed
    case end
  }
  public struct Message: Hashable, Sendable {
    /// Of this run, of no other message.
    public var name: String
    public var audience: AudienceSpecification
    public var occasion: Occasion
    public var at: Timestamp
    public var text: String
    /// The service is back.
    public var isResolved: Bool
  }

  public let changeset: Changeset
  let audiences: [AudienceSpecification]
  /// As its first record says.
  public private(set) var run = RunID(rawValue: "")
  /// Nil before the first record and after the last one: then the clock tells nothing.
  private(set) var started: Timestamp?
  private var isOpen = false
  private(set) var running: [StepName] = []
  private var satisfied: Set<StepName> = []
  private var recovered: Set<String> = []
  /// Of each audience: the number of its last update by the clock.
  private var updates: [AudienceName: Int64] = [:]
  /// Of the last moment: how many messages it has given.
  private var moment: (at: Timestamp, count: Int)?

  /// Protection tells nobody: it is no incident.
  public init(_ changeset: Changeset) {
    self.changeset = changeset
    audiences = changeset.scenario == nil ? [] : changeset.communication ?? []
  }

  /// Whether there is anybody to tell.
  public var isEmpty: Bool { audiences.isEmpty }

  /// Takes the next record and gives what is to be told of it.
  public mutating func take(_ entry: Entry) -> [Message] {
    guard !isEmpty else { return [] }
    switch entry.event {
    case .runStarted(let start):
      (run, started, isOpen) = (start.run, entry.at, true)
      return tell(.start, .started, entry.at)
    case .resumed:
      isOpen = true
      running = []
      // What the clock would have told meanwhile is past.
      for audience in audiences { updates[audience.name] = number(of: audience, at: entry.at) }
      return tell(.resumed, .resumed, entry.at)
    case .intent(let job):
      if job.activity == .perform { running.append(job.step) }
      return []
    case .outcome(let outcome):
      running.removeAll { $0 == outcome.job.step }
      guard outcome.job.activity == .perform else {
        if outcome.job.activity == .undo, case .done = outcome.ending { satisfied.remove(outcome.job.step) }
        return []
      }
      switch outcome.ending {
      case .done, .unchanged: return satisfy(outcome.job.step, entry.at)
      case .failed, .timedOut, .cancelled: return []
      }
    case .confirmed(let confirmed): return confirmed.job.activity == .perform ? satisfy(confirmed.job.step, entry.at) : []
    case .skipped(let skipped): return satisfy(skipped.step, entry.at)
    case .settled(let settled):
      if case .done = settled.settlement { return satisfy(settled.job.step, entry.at) }
      return []
    case .branchGivenUp(let given): return tell(.change, .branchGivenUp(given.choice, given.branch), entry.at)
    case .rollbackStarted: return tell(.change, .rollback, entry.at)
    case .finished(let result):
      isOpen = false
      running = []
      return switch result {
      case .done: tell(.end, .done, entry.at)
      case .rolledBack: tell(.end, .rolledBack, entry.at)
      case .failed, .rollbackIncomplete: tell(.end, .failed, entry.at)
      case .paused(.stepFailed(let step)): tell(.held, .paused(step), entry.at)
      default: tell(.held, .paused(nil), entry.at)
      }
    default: return []
    }
  }

  /// What the clock wants to be told by now.
  public mutating func tick(at now: Timestamp) -> [Message] {
    guard isOpen, started != nil else { return [] }
    return audiences.compactMap { audience in
      let number = number(of: audience, at: now)
      guard number > updates[audience.name] ?? 0 else { return nil }
      updates[audience.name] = number
      return message(to: audience, .update, .goesOn, now, name: "update-\(number)")
    }
  }

  /// When the clock will next have something to be told; nil: never as it stands.
  public var nextTick: Timestamp? {
    guard isOpen, let started else { return nil }
    return audiences.compactMap { audience in
      guard case .every(let every) = audience.updates, every > .zero else { return nil }
      return started + every * ((updates[audience.name] ?? 0) + 1)
    }.min()
  }

  private func number(of audience: AudienceSpecification, at now: Timestamp) -> Int64 {
    guard case .every(let every) = audience.updates, every > .zero, let started else { return 0 }
    return max(0, (now - started).milliseconds / every.milliseconds)
  }

  // MARK: Data that is back

  private mutating func satisfy(_ step: StepName, _ at: Timestamp) -> [Message] {
    satisfied.insert(step)
    guard let data = changeset[step]?.specification.footprint.recovers, !recovered.contains(data), isBack(data) else { return [] }
    recovered.insert(data)
    return tell(.change, .recovered(data), at)
  }

  /// All steps that bring it back are done, those of a choice in one of its branches.
  private func isBack(_ data: String) -> Bool {
    let steps = changeset.steps.map(\.specification).filter { $0.footprint.recovers == data }
    guard steps.allSatisfy({ $0.branch != nil || satisfied.contains($0.name) }) else { return false }
    for choice in Set(steps.compactMap(\.branch?.choice)) {
      let branches = Dictionary(grouping: steps.filter { $0.branch?.choice == choice }) { $0.branch?.branch }
      guard branches.values.contains(where: { $0.allSatisfy { satisfied.contains($0.name) } }) else { return false }
    }
    return true
  }

  // MARK: Messages

  private mutating func tell(_ occasion: Occasion, _ news: News, _ at: Timestamp) -> [Message] {
    let count = moment.map { $0.at == at ? $0.count + 1 : 0 } ?? 0
    moment = (at, count)
    let stamp = "\(at.compact.dropLast())\(String(at.milliseconds % 1_000 + 1_000).dropFirst())" + (count == 0 ? "" : "-\(count)")
    return audiences.filter { $0.hears(occasion) }.map { message(to: $0, occasion, news, at, name: "\(occasion.rawValue)-\(stamp)") }
  }

  private func message(to audience: AudienceSpecification, _ occasion: Occasion, _ news: News, _ at: Timestamp, name: String) -> Message {
    let isResolved = news == .done
    // The author's words are of a recovery that goes on, or has come to a good end: of no other.
    let written: String? = isResolved ? audience.ending : occasion == .end || occasion == .held ? nil : audience.template
    let text = MessageTemplate.filled(written ?? audience.ownWords(occasion)) { value(of: $0, news, audience, at) }
    return Message(name: "to.\(audience.name).\(name)", audience: audience, occasion: occasion, at: at, text: text, isResolved: isResolved)
  }

  private func value(of word: MessageTemplate.Word, _ news: News, _ audience: AudienceSpecification, _ at: Timestamp) -> String {
    let elapsed = started.map { max(.zero, at - $0) } ?? .zero
    let predicted = changeset.prediction.duration
    switch word {
    case .news: return audience.isPublic ? news.publicWords : news.words(changeset)
    case .time: return "\(at.timeOfDay.prefix(5)) UTC"
    case .elapsed: return elapsed.rounded
    case .remaining: return max(.zero, predicted - elapsed).rounded
    case .end:
      let end = (started ?? at) + predicted
      return "\(end.timeOfDay.prefix(5)) UTC" + (end < at ? ", which is past" : "")
    case .plan: return changeset.plan.name
    case .scenario: return changeset.scenario?.rawValue ?? ""
    case .run: return run.rawValue
    case .steps:
      let done = changeset.steps.count { satisfied.contains($0.specification.name) }
      return "\(done) of \(changeset.steps.count) steps are done"
    case .running: return running.isEmpty ? "nothing" : running.map(\.rawValue).joined(separator: ", ")
    }
  }
}

extension AudienceSpecification {
  func hears(_ occasion: Correspondence.Occasion) -> Bool {
    switch (occasion, updates) {
    case (.start, _), (.end, _): true
    case (.held, .on(.startAndEnd)), (.resumed, .on(.startAndEnd)): false
    // That a person is waited for is nothing for people outside.
    case (.held, _), (.resumed, _): !isPublic
    case (.change, .on(.majorChanges)): true
    case (.change, _): false
    case (.update, .every): true
    case (.update, _): false
    }
  }

  func ownWords(_ occasion: Correspondence.Occasion) -> String {
    if isPublic { return "{news}" }
    return switch occasion {
    case .start: "{news} Predicted to take {remaining}, until {end}."
    case .update: "{news} {steps}, {elapsed} after the beginning; at work: {running}. Predicted end: {end}."
    case .change, .held, .resumed: "{news} {steps}, {elapsed} after the beginning."
    case .end: "{news} It took {elapsed}; {steps}."
    }
  }
}
