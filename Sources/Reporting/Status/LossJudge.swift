internal import Calendar
internal import ObjectStore
internal import Objectives
internal import PlanModel
internal import ProviderInterface
internal import RecoveryPoints
internal import Units

/// What the catalogues say, held against what the plan wants. Pure.
struct LossJudge {
  let catalogues: [DataClassName: Catalogue]
  /// `CLASS/PROTECTION` of those that nobody here makes.
  let unmade: Set<String>
  /// Of each `CLASS/PROTECTION` that somebody else makes and that was looked at.
  let promised: [String: PlanStatus.Promised]
  let now: Timestamp

  // MARK: What would be lost

  func losses(_ scenario: ScenarioAssessment) -> [PlanStatus.Loss] {
    var found: [PlanStatus.Loss] = []
    for data in scenario.classes { found.append(loss(data, scenario, known: found)) }
    return found
  }

  private func loss(_ data: ClassAssessment, _ scenario: ScenarioAssessment, known: [PlanStatus.Loss]) -> PlanStatus.Loss {
    let name = data.dataClass.name.value
    func made(_ basis: PlanStatus.Loss.Basis, _ loss: TimeSpan? = nil, _ note: String) -> PlanStatus.Loss {
      PlanStatus.Loss(
        dataClass: name, basis: basis, loss: loss, target: data.lossTarget?.value, computed: data.loss.figure?.total,
        verdict: verdict(basis, loss, data.lossTarget?.value), note: note)
    }
    if case .exempt(let instead) = data.loss { return made(.exempt, nil, instead) }
    let choices = data.candidates.map { option(of: $0, data, scenario) }
    let best = choices.filter { $0.loss != nil }.min { ($0.loss ?? .longest) < ($1.loss ?? .longest) }
    if let best {
      var result = made(best.basis, best.loss, best.note)
      (result.point, result.protection, result.stores, result.consistentAt) = (best.point, best.protection, best.stores, best.consistentAt)
      return result
    }
    if let source = data.rebuild?.source.name.value ?? (data.candidates.isEmpty ? data.dataClass.derivation?.source.value : nil), data.loss.figure != nil {
      // It is as good as what it is made from; where that is not lost, nothing is.
      let loss = known.first { $0.dataClass == source }?.loss ?? (scenario.classes.contains { $0.dataClass.name.value == source } ? data.loss.figure?.total : .zero)
      return made(.rebuilt, loss, "made anew from `\(source)`")
    }
    if let unknown = choices.first(where: { $0.basis == .unknown }) { return made(.unknown, nil, unknown.note) }
    return made(.nothing, nil, choices.first?.note ?? data.loss.explanation)
  }

  private struct Option {
    var basis: PlanStatus.Loss.Basis
    var loss: TimeSpan?
    var point: PointID?
    var protection: ProtectionName?
    var stores: [String] = []
    var consistentAt: Timestamp?
    var note: String
  }

  private func option(of candidate: ClassAssessment.Candidate, _ data: ClassAssessment, _ scenario: ScenarioAssessment) -> Option {
    let name = data.dataClass.name.value
    guard case .store(let store) = candidate.place, let backup = candidate.backup, !unmade.contains("\(name)/\(backup.protection.name.value)"), let catalogue = catalogues[name] else {
      let seen = promised["\(name)/\(candidate.protection.name)"]
      let words = seen.map { $0.broken.isEmpty ? ", and as it was seen" : ", which does not hold" } ?? ": nobody looked"
      let age = candidate.protection.restoresAnyMoment ? seen?.granularity : seen?.every
      return Option(
        basis: .stated, loss: max(candidate.figure.total, age ?? .zero), protection: candidate.protection.name, stores: ["\(candidate.place)"], note: "\(candidate.title), as the plan states it\(words)")
    }
    // A point from after the corruption is as wrong as the data.
    let latest: Timestamp =
      switch data.cause {
      case .lost: now
      case .corrupted(let corruption): now - corruption.noticedWithin.value
      }
    let points = catalogue.points.filter { $0.isUsable && $0.manifest.protection == backup.protection.name.value && $0.stores.contains(store.rawValue) && $0.manifest.consistentAt <= latest }
    guard let point = points.first else {
      if let silent = catalogue.unreachable.first(where: { $0.store == store.rawValue }) { return Option(basis: .unknown, note: "\(silent)") }
      return Option(basis: .nothing, note: "`\(store)` holds no usable point of `\(backup.protection.name.value)`" + (latest < now ? " from before \(latest)" : ""))
    }
    let surviving = point.stores.filter { !scenario.survival.stores.contains(StoreName(rawValue: $0)) }
    return Option(
      basis: .point, loss: max(.zero, now - point.manifest.consistentAt), point: point.manifest.id, protection: backup.protection.name.value, stores: surviving,
      consistentAt: point.manifest.consistentAt, note: latest < now ? "from before a corruption that is noticed now" : "")
  }

  private func verdict(_ basis: PlanStatus.Loss.Basis, _ loss: TimeSpan?, _ target: TimeSpan?) -> MeasuredObjective.Verdict? {
    guard let target, basis != .exempt else { return nil }
    if let loss { return loss <= target ? .met : .missed }
    return basis == .unknown ? .notKnown : .missed
  }

  // MARK: What is late

  /// Late after its own interval, the start that may be late, and its own run: a weekly backup is not missed on the second day.
  func overdue(_ assessed: ProtectionAssessment) -> [PlanStatus.Overdue] {
    let (dataClass, protection) = (assessed.dataClass.name.value, assessed.backup.protection)
    let name = "\(dataClass)/\(protection.name.value)"
    guard !unmade.contains(name), let catalogue = catalogues[dataClass] else { return [] }
    let points = catalogue.points.filter { $0.isUsable && $0.manifest.protection == protection.name.value }
    guard let newest = points.first else {
      // What does not answer is told of as such.
      guard catalogue.unreachable.isEmpty else { return [] }
      return [.init(kind: .backup, subject: name, since: nil, text: "`\(name)` has never made a usable point")]
    }
    let slack = (protection.jitter?.value ?? .zero) + assessed.backup.cycleTime
    let due = protection.schedule.value.due(after: newest.manifest.consistentAt)
    var found: [PlanStatus.Overdue] = []
    if now > due + slack {
      found.append(
        .init(kind: .backup, subject: name, since: due, text: "the next point of `\(name)` was due \(due), \((now - due).rounded) ago; the newest is of \(newest.manifest.consistentAt)"))
    }
    for store in [protection.store] + protection.copies {
      let isSilent = catalogue.unreachable.contains { $0.store == store.value.rawValue }
      let late = newest.manifest.available + (assessed.backup.copy?.amount ?? .zero)
      guard !isSilent, !newest.stores.contains(store.value.rawValue), now > late else { continue }
      found.append(.init(kind: .copy, subject: name, since: late, text: "the newest point of `\(name)`, \(newest.manifest.id), is not in `\(store.value)`"))
    }
    return found
  }
}
