/// The keys of `detect`.
extension PlanKeys {
  static let detection = [
    PlanKey("probe", .text, "A probe."), PlanKey("failing", .timeSpan, "For how long it fails before it counts; one success begins anew."),
    PlanKey(
      "failures",
      .object([PlanKey("atLeast", .integer(1...1_000), required: true, "So many"), PlanKey("of", .integer(1...1_000), required: true, "of the last so many failed.")]),
      "How many of the last probes fail before it counts."),
    PlanKey("from", .names, "The sites from which it is asked."), PlanKey("agreeing", .integer(1...100), "In how many of them it must hold; 1 if not given."),
    PlanKey("evaluate", .timeSpan, "How often that is looked at; after each probe if not given."),
    PlanKey("coolDown", .timeSpan, "How long nothing is triggered again."),
    PlanKey("alert", .text, "An alert of a monitoring system, as Prometheus raises it."), PlanKey("within", .timeSpan, "After how long it is raised, at the latest."),
    PlanKey("noticedWithin", .timeSpan, "A person notices, at the latest after this long."),
  ]
}
