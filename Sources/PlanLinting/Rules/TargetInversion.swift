internal import Diagnostics
internal import PlanModel
internal import Units

extension LintRule {
  static let targetInversion = LintRule(
    "target-inversion", .error, "A data class may lose more, or take longer, than what depends on it.",
    explanation: """
      Targets flow backwards: the service needs each of its classes, and derived data needs its source. A class whose target is looser than that of
      the service, or of a class that is derived from it, makes the stricter target a wish.
      """,
    formula: "target of a class ≤ the least of the targets of the service and of what is derived from it",
    example: """
      The service's RPO is 1h, that of `search` 24h: whoever searches after a disaster misses a day. Declared as derived and rebuilt, it is as new
      as its source and needs no RPO of its own.
      """,
    source: "NIST SP 800-34 Rev. 1, section 3.2.1, for what RPO and RTO mean",
    fix: "State a target as strict as the one that depends on it, or remove the looser one: then the service's counts."
  ) { context in
    let service = context.plan.objectives
    return context.plan.dataClasses.flatMap { dataClass in
      [
        looser(dataClass, "rpo", dataClass.objectives.rpo, than: service.rpo), looser(dataClass, "rto", dataClass.objectives.rto, than: service.rto),
      ].compactMap { $0 } + (context.plan.source(of: dataClass).map { inverted(dataClass, from: $0, service) } ?? [])
    }
  }

  private static func looser(_ dataClass: DataClass, _ what: String, _ own: Located<TimeSpan>?, than service: Located<TimeSpan>?) -> Diagnostic? {
    guard let own, let service, own.value > service.value else { return nil }
    return Diagnostic(
      "target-inversion", "the \(what) of `\(dataClass.name.value)` is \(own.value.rounded), that of the service \(service.value.rounded)", at: own.span,
      label: "looser than what the service demands", related: [.init(span: service.span, label: "the service's target")],
      helps: ["write `\(what): \(service.value)` or less, or remove it: then the service's counts"])
  }

  /// The source of derived data may be no looser than that.
  private static func inverted(_ dataClass: DataClass, from source: DataClass, _ service: RecoveryObjectives) -> [Diagnostic] {
    let pairs = [
      ("rpo", dataClass.objectives.rpo, source.objectives.rpo ?? service.rpo), ("rto", dataClass.objectives.rto, source.objectives.rto ?? service.rto),
    ]
    return pairs.compactMap { what, own, its -> Diagnostic? in
      guard let own, let its, its.value > own.value else { return nil }
      return Diagnostic(
        "target-inversion",
        "the \(what) of `\(source.name.value)` is \(its.value.rounded), that of `\(dataClass.name.value)`, which is derived from it, \(own.value.rounded)", at: own.span,
        label: "stricter than its source", related: [.init(span: its.span, label: "the target of `\(source.name.value)`")],
        helps: ["derived data is no newer and no sooner back than its source: state the same target for both"])
    }
  }
}

extension Plan {
  fileprivate func source(of dataClass: DataClass) -> DataClass? { dataClass.derivation.flatMap { self.dataClass($0.source.value) } }
}
