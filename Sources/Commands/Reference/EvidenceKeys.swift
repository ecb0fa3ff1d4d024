internal import PlanModel

/// A file of measurements.
extension PlanKeys {
  static let evidence: [PlanKey] = [
    PlanKey("apiVersion", .constant("sie-dr/v1"), required: true, "The version of the language."),
    PlanKey("kind", .constant("RecoveryEvidence"), required: true, "What the file is."),
    PlanKey("plan", .text, required: true, "The name of the plan that was measured."),
    PlanKey("runs", .list(.object(run)), required: true, "Drills, incidents and benchmarks, in any order."),
  ]
  private static let run = [
    PlanKey("date", .date, required: true, "The day, or the time, in UTC."), PlanKey("drill", .text, "Which drill of the plan it was."),
    PlanKey("incident", .text, "Which incident it was."), PlanKey("benchmark", .text, "What measured it, if it was neither."),
    PlanKey("outcome", .choice(EvidenceRun.Outcome.allCases.map(\.rawValue)), required: true, "Only what was passed counts."),
    PlanKey("scenario", .text, "Which scenario was carried out; the drill's, if it has one only."),
    PlanKey("recovery", .timeSpan, "From the beginning of the run until the service was verified."),
    PlanKey("steps", .map(.timeSpan), "How long steps of the scenario took."),
    PlanKey("data", .map(.object(phases)), "How long backups, copies and restores of data classes took."),
  ]
  private static let phases = [
    PlanKey("dump", .timeSpan, "The dump."), PlanKey("upload", .timeSpan, "What uploading added to it."),
    PlanKey("copy", .timeSpan, "A copy to a further store."), PlanKey("restore", .timeSpan, "A restore of the whole class."),
  ]
}
