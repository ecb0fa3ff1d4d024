internal import Diagnostics
internal import PlanModel
internal import ProviderInterface
internal import Scheduling
internal import Units

/// What each data class loses in one scenario, and how long it takes to come back.
struct ClassAssessor {
  let plan: Plan
  let protections: [ProtectionAssessment]
  let scenario: Scenario
  let survival: Survival
  let recovery: ScenarioAssessment.Recovery?

  func assess() -> [ClassAssessment] { plan.dataClasses.compactMap { assess($0, derivedBy: []) } }

  /// - Parameter path: the classes that are derived from this one; a circle has been reported.
  private func assess(_ dataClass: DataClass, derivedBy path: [DataClassName]) -> ClassAssessment? {
    if let derivation = dataClass.derivation, let rebuild = derivation.rebuild, let source = plan.dataClass(derivation.source.value), !path.contains(source.name.value) {
      return derived(dataClass, from: source, rebuild, assess(source, derivedBy: path + [dataClass.name.value]))
    }
    guard let cause = cause(of: dataClass) else { return nil }
    if let ephemeral = dataClass.ephemeral { return assessment(dataClass, cause, protections: [], candidates: [], loss: .exempt(ephemeral.instead)) }
    return protected(dataClass, cause)
  }

  private func cause(of dataClass: DataClass) -> ClassAssessment.Cause? {
    if let corruption = scenario.corrupts, corruption.dataClasses.contains(where: { $0.value == dataClass.name.value }) { return .corrupted(corruption) }
    if let site = dataClass.git?.site { return survival.sites.contains(site.value) ? .lost : nil }
    return dataClass.servers.contains { survival.servers.contains($0.value) } ? .lost : nil
  }

  /// Steps that bring it back in different ways can lose differently much: the worst of them counts.
  func protected(_ dataClass: DataClass, _ cause: ClassAssessment.Cause) -> ClassAssessment {
    let periodic = protections.filter { $0.dataClass.name.value == dataClass.name.value }.map(\.backup)
    let all = periodic + continuousModels(of: dataClass)
    let uses = RecoveryUses(of: dataClass, all, recovery)
    let worst = uses.ways.map { protected(dataClass, cause, by: $0.map { all[$0] }) }.max { $0.loss.total < $1.loss.total }
    guard var worst else { return protected(dataClass, cause, by: all) }
    worst.unused = surviving(uses.unused.map { all[$0] }, cause)
    return worst
  }

  private func protected(_ dataClass: DataClass, _ cause: ClassAssessment.Cause, by all: [any ProtectionModel]) -> ClassAssessment {
    // Where corruption is noticed late, only a protection that reaches back that far helps.
    let kept = all.filter { protection in
      guard case .corrupted(let corruption) = cause else { return true }
      return protection.reachesBack(to: corruption, reaction: reaction)
    }
    var candidates = surviving(kept.isEmpty ? all : kept, cause).map { candidate in
      var candidate = candidate
      // What another protection has can be newer at that moment.
      candidate.figure.isBound = candidate.figure.isBound || all.count > 1
      return candidate
    }
    let branches = recovery?.losses(of: dataClass, candidates) ?? []
    // At worst it comes back by the branch that loses most.
    if let worst = branches.max(by: { $0.candidate.figure.total < $1.candidate.figure.total })?.candidate, let place = candidates.firstIndex(where: { $0.isSame(as: worst) }) {
      candidates.insert(candidates.remove(at: place), at: 0)
    }
    let loss: WorstCase =
      if let best = candidates.first, !kept.isEmpty { .bounded(best.figure) }
      else if !candidates.isEmpty { .unbounded(reason: "no point is kept until it is noticed and repaired") }
      else { .unbounded(reason: noHelp(of: all, for: dataClass, cause)) }
    var result = assessment(dataClass, cause, protections: all, candidates: candidates, loss: loss)
    result.branches = branches
    return result
  }

  /// What survives of them, best first.
  private func surviving(_ protections: [any ProtectionModel], _ cause: ClassAssessment.Cause) -> [ClassAssessment.Candidate] {
    protections.flatMap { protection in
      protection.places.map(\.value).filter { $0.survives(survival) }.compactMap { place in
        protection.loss(from: place, cause).map { ClassAssessment.Candidate(protection: protection, place: place, figure: $0) }
      }
    }.sorted { $0.figure.total < $1.figure.total }
  }

  private func noHelp(of all: [any ProtectionModel], for dataClass: DataClass, _ cause: ClassAssessment.Cause) -> String {
    if all.isEmpty { return "nothing protects `\(dataClass.name.value)`" }
    if all.contains(where: { ($0 as? WALArchive)?.isOutpaced ?? false }) { return "WAL is written faster than it is brought away" }
    if dataClass.git != nil { return "no copy of its history survives" }
    if all.contains(where: { !($0 is Replica) }) { return "no store that holds its points survives" }
    if case .corrupted = cause { return "only replicas protect it, and the corruption has reached them" }
    return "no replica of it survives"
  }

  /// It loses what its source loses, and is back when it has been made anew from that (objectives 4.5).
  private func derived(_ dataClass: DataClass, from source: DataClass, _ rebuild: Located<Pace>, _ lost: ClassAssessment?) -> ClassAssessment? {
    guard let cause = lost?.cause ?? cause(of: dataClass) else { return nil }
    var result = assessment(dataClass, cause, protections: [], candidates: lost?.candidates ?? [], loss: lost?.loss ?? .bounded(Figure([])))
    guard let recovery, result.recoveryTime == nil else { return result }
    let time = rebuild.value.time(for: dataClass.estimate.size?.value) ?? defaultStepTimeout
    let term = Term("rebuild of `\(dataClass.name.value)`", time, .estimate(rebuild.span))
    let before = lost?.recoveryTime ?? (lost == nil ? Figure(recovery.beforeRun) : nil)
    result.recoveryTime = before.map { Figure($0.terms + [term]) }
    result.rebuild = ClassAssessment.Rebuild(source: lost?.rebuild?.source ?? source, terms: (lost?.rebuild?.terms ?? []) + [term])
    return result
  }

  private func assessment(
    _ dataClass: DataClass, _ cause: ClassAssessment.Cause, protections: [any ProtectionModel], candidates: [ClassAssessment.Candidate], loss: WorstCase
  ) -> ClassAssessment {
    ClassAssessment(
      dataClass: dataClass, cause: cause, protections: protections, candidates: candidates, loss: loss,
      lossTarget: dataClass.ephemeral == nil ? dataClass.objectives.rpo ?? plan.objectives.rpo : nil,
      recoveryTime: recovery.flatMap { recoveryTime(of: dataClass, $0) }, recoveryTarget: dataClass.objectives.rto ?? plan.objectives.rto)
  }

  /// From the notice until the restore has read the point, at the longest.
  private var reaction: [Term] { recovery.map { [Term("recovery", $0.guaranteed, .plan($0.span))] } ?? [] }

  private func recoveryTime(of dataClass: DataClass, _ recovery: ScenarioAssessment.Recovery) -> Figure? {
    guard let last = recovery.lastStep(bringingBack: dataClass) else { return nil }
    let end = recovery.timeline.entries[last].end
    return Figure(recovery.beforeRun + [Term("steps up to `\(recovery.network.steps[last].name)`", end, .plan(dataClass.name.span))])
  }
}

extension Ephemeral {
  /// What is said in place of a figure.
  fileprivate var instead: String {
    switch onLoss {
    case .requeue(let source): "what was under way is queued again from `\(source.value)`"
    case .accepted(let reason): "accepted: \(reason.value)"
    case nil: "the plan does not say what becomes of what was under way"
    }
  }
}
