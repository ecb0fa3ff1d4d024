extension PlanKeys {
  /// A test of a plan.
  static let planTest: [PlanKey] = [
    PlanKey("apiVersion", .constant("sie-dr/v1"), required: true, "The version of the language."),
    PlanKey("kind", .constant("PlanTest"), required: true, "What the file is."),
    PlanKey("plan", .text, required: true, "The plan's file, from this file's folder on."),
    PlanKey("now", .text, "What day or time it is, in every case that does not say it."),
    PlanKey("cases", .map(.object(testCase)), required: true, "What must stay true, by name."),
  ]

  private static let testCase = [
    PlanKey("description", .text, "For people."), PlanKey("scenario", .text, "The disaster; needed for all but findings."),
    PlanKey("now", .text, "What day or time it is."), PlanKey("set", .anything, "Values in the place of the plan's, by address: `data.NAME.estimate.size: 500GB`."),
    PlanKey("environment", .text, "The plan for this environment: one of its `overlays`."), PlanKey("variables", .map(.text), "Values of the plan's variables."),
    PlanKey("parallelism", .integer(1...256), "How many steps may run at once; 4 if not given."),
    PlanKey("expect", .object(expectations), required: true, "What must come out."),
  ]
  private static let expectations = [
    PlanKey("rto", .object(limits), "Until the service is back, from the disaster on."), PlanKey("guaranteed", .object(limits), "The same, however long each step takes."),
    PlanKey(
      "data", .map(.object([PlanKey("rpo", .object(limits), "What can be lost of it."), PlanKey("rto", .object(limits), "Until it is back and verified.")])),
      "Of single data classes."),
    PlanKey("steps", .list(.text), "Exactly these steps, in the plan's order."), PlanKey("criticalPath", .list(.text), "The steps that decide how long it takes."),
    PlanKey("order", .list(.list(.text)), "In each list every step ends before the next begins."),
    PlanKey(
      "findings", .object([PlanKey("present", .names, "Codes that lint must report."), PlanKey("absent", .names, "Codes that it must not.")]), "What lint finds."),
  ]
  private static let limits = [
    PlanKey("exactly", .timeSpan, "No more and no less."), PlanKey("atMost", .timeSpan, "No more."), PlanKey("atLeast", .timeSpan, "No less."),
    PlanKey("unbounded", .bool, "Whether nothing limits it."),
  ]
}
