internal import CanonicalJSON
internal import DNSClient
internal import PlanModel
public import ProviderInterface
public import Units

/// Changes a record as compare-and-set, and waits until the world sees it.
public struct DNSRecordPerformer: StepPerformer {
  public typealias Kind = DNSRecordKind
  private let network: DNSNetwork
  /// How long a server of the zone may give another answer: it is told of the change and fetches it, which takes seconds.
  private let patience: TimeSpan

  public init(_ network: DNSNetwork, patience: TimeSpan = .minutes(1)) { self.network = network; self.patience = patience }

  public func perform(_ arguments: DNSRecordKind.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let began = ContinuousClock.now
    if Task.isCancelled { throw .cancelled }
    let goal = try await goal(arguments, context)
    let place = try await place(arguments, context)
    let seen = try await place.look()
    let work = ChangeOfRecord(place: place, goal: goal, context: context)
    let changed = try await work.change(seen)
    let mark = changed.mark(of: context.mark)
    let spread = try await settleIn(work, changed)
    let waited = try await waitOut(mark, isFirst: !seen.meets(goal), work, left: context.timeout - TimeSpan(began.duration(to: .now)))
    var warnings = spread.silent + waited.warnings
    warnings += try await resolverWarnings(work, changed, isWaitedOut: waited.warnings.isEmpty)
    let former = mark?.former.shown ?? ""
    var summary = mark.map { "\(place.shown) \(goal.shown)" + ($0.former.answers.isEmpty ? ", and is new" : goal.answer == nil ? "" : ", and pointed to \(former)") }
      ?? (goal.answer.map { "\(place.shown) pointed to \($0) already" } ?? "\(place.shown) \(goal.shown) already")
    summary += work.spreadShown(spread) + (waited.time > .zero ? ", and the old answer's \(waited.time.rounded) are over" : "")
    return StepResult(
      summary: ([summary] + warnings.map { "WARNING: \($0)" }).joined(separator: "; "), outputs: ["former": .text(former)],
      undoRecord: mark.flatMap { try? CanonicalJSON.value($0.former) } ?? .null, measurements: ["nameServers": .int(Int64(spread.new.count)), "waited": .string("\(waited.time)")])
  }

  private func goal(_ arguments: DNSRecordKind.Arguments, _ context: PerformingContext) async throws(StepFailure) -> Goal {
    guard let to = arguments.to else { return Goal(member: arguments.member) }
    let text = try await context.resolve(to).reveal()
    guard let target = arguments.type.data(text) else {
      throw StepFailure("answer-not-usable", "`\(text.prefix(200))` is nothing that a \(arguments.type.rawValue) record can say", helps: ["it must be \(arguments.type.example)"])
    }
    return Goal(answer: target, member: arguments.member)
  }

  private func place(_ arguments: DNSRecordKind.Arguments, _ context: PerformingContext) async throws(StepFailure) -> ZonePlace {
    try await ZonePlace(
      arguments, network, context.secrets, now: context.now, timeout: .milliseconds(context.timeout.milliseconds / 2), report: context.report)
  }

  /// Short enough to say what was found before the step's own time is over.
  private func patience(in context: PerformingContext) -> TimeSpan { min(patience, .milliseconds(context.timeout.milliseconds / 2)) }

  /// Returns when no server of the zone gives another answer any more.
  private func settleIn(_ work: ChangeOfRecord, _ standing: Standing) async throws(StepFailure) -> Propagation {
    let servers = await work.place.authoritative()
    guard !servers.isEmpty else { return Propagation(seen: []) }
    let spread = try await work.place.spread(of: standing.served(work.place.arguments.type), among: servers, patience: patience(in: work.context)) { found in
      work.context.report(StepProgress(phase: "\(found.new.count) of \(found.seen.count) name servers give the new answer"))
    }
    let dig = work.place.keeper.zoneQuestion
    guard spread.old.isEmpty else {
      throw StepFailure(
        "old-answer", "\(spread.old.count) of \(spread.seen.count) name servers of `\(work.place.zone)` still give the old answer of `\(work.place.name)`",
        details: spread.old.map { "\($0.server) says \($0.answer)" } + ["the zone itself is changed: clients that ask one of them go to the old place"],
        helps: ["does it fetch the zone? compare its serial with that of \(dig)", "resume the run to look again"], transient: true)
    }
    guard !spread.new.isEmpty else {
      throw StepFailure(
        "name-servers-silent", "no name server of `\(work.place.zone)` answers for `\(work.place.name)`", details: spread.silent + ["the zone itself is changed, and nobody can be told"],
        helps: ["are they reachable from here? if others serve the zone, name them under `authoritative`", "resume the run to look again"], transient: true)
    }
    return spread
  }

  /// Waits until the answer from before the change is over: as long as it could be kept, and no longer than the plan counts with.
  private func waitOut(_ mark: RecordMark?, isFirst: Bool, _ work: ChangeOfRecord, left: TimeSpan) async throws(StepFailure) -> (time: TimeSpan, warnings: [String]) {
    guard let mark else { return (.zero, []) }
    let now = work.context.now
    // Servers that took the change a moment later gave the old answer until then. Who resumes was not there: the change itself counts.
    let from = isFirst ? now() : mark.at
    let old = mark.former.ttl
    let planned = min(old, work.place.arguments.ttl ?? .zero)
    // A name that has been moved is nothing to fail for because of a time-out that is too short.
    let until = min(from + planned, now() + max(.zero, left - .seconds(1)))
    while case let rest = until - now(), rest > .zero {
      work.context.report(StepProgress(phase: "waiting \(rest.rounded) for the old answer to be over"))
      do { try await Task.sleep(for: min(rest, .seconds(5)).duration) } catch { throw .cancelled }
    }
    let over = from + old
    guard over > now() else { return (old, []) }
    return (until - from, ["clients may keep the old answer until \(over): its time to live is \(old.rounded)" + (work.place.arguments.ttl.map { ", and the plan counts with \($0.rounded)" } ?? "")])
  }

  /// What resolvers of the plan still say. They are others' and may keep what they like, so it is no failure.
  private func resolverWarnings(_ work: ChangeOfRecord, _ standing: Standing, isWaitedOut: Bool) async throws(StepFailure) -> [String] {
    let resolvers = work.place.arguments.zone.resolvers.map(\.address)
    guard !resolvers.isEmpty else { return [] }
    let patience = isWaitedOut ? TimeSpan.seconds(3) : .zero
    let found = try await work.place.spread(of: standing.served(work.place.arguments.type), among: resolvers, patience: patience, recursion: true) { _ in }
    return found.old.map { "the resolver \($0.server) still says \($0.answer)" } + found.silent.map { "the resolver \($0)" }
  }

  /// Looks at record and mark. What is not done for certain is done again, which changes nothing that is changed already, and waits out what is left.
  public func settle(_ arguments: DNSRecordKind.Arguments, in context: PerformingContext) async -> Settlement {
    do throws(StepFailure) {
      let goal = try await goal(arguments, context)
      let place = try await place(arguments, context)
      let seen = try await place.look()
      guard seen.meets(goal), let mark = seen.mark(of: context.mark), place.keeper.isEverywhere(mark) else { return .notDone }
      let spread = await place.propagation(of: seen.served(arguments.type), among: place.authoritative())
      guard spread.old.isEmpty, spread.seen.isEmpty || !spread.new.isEmpty, context.now() >= mark.at + min(mark.former.ttl, arguments.ttl ?? .zero) else { return .notDone }
      return .done(
        StepResult(
          summary: "\(place.shown) \(goal.shown)\(ChangeOfRecord(place: place, goal: goal, context: context).spreadShown(spread))", outputs: ["former": .text(mark.former.shown)],
          undoRecord: (try? CanonicalJSON.value(mark.former)) ?? .null))
    } catch { return .notDone }
  }

  public func undo(_ arguments: DNSRecordKind.Arguments, result: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    let place = try await place(arguments, context)
    let seen = try await place.look()
    let work = ChangeOfRecord(place: place, goal: try await goal(arguments, context), context: context)
    guard let former = try await work.takeBack(seen, result) else { return }
    _ = try await settleIn(work, former)
  }
}

extension ChangeOfRecord {
  /// Who says so, as the end of a sentence.
  func spreadShown(_ spread: Propagation) -> String {
    let said = place.arguments.zone.hasMembers ? "; Route 53 has told all of its servers" : ""
    return spread.seen.isEmpty ? said : said + "; \(spread.new.count) of \(spread.seen.count) name servers say so"
  }
}

extension Standing {
  /// What a server of the zone may answer now: of a record with members, what any of them says.
  func served(_ type: DNSRecordKind.RecordType) -> Set<Set<DNSData>> {
    guard let sets, sets.own?.member != nil || !sets.others.isEmpty else { return [answers] }
    return Set((sets.others + [sets.own].compactMap { $0 }).map { $0.answers(type) })
  }
}

extension TimeSpan {
  init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    self = .seconds(seconds) + .milliseconds(attoseconds / 1_000_000_000_000_000)
  }
}
