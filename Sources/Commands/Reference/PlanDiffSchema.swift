internal import CanonicalJSON
internal import Reporting

/// Of `plan --diff --format json`.
enum PlanDiffSchema {
  static var document: JSONValue {
    diff.document(
      "plan-diff.v1.json", title: "sie-dr plan diff", definitions: ChangesetSchema.definitions.merging(["side": .object(LintReportSchema.side)]) { first, _ in first })
  }

  private static let diff = Schema.object([
    .required("formatVersion", .version(upTo: 1), "The version of this format."),
    .required("comparison", .object(LintReportSchema.comparison), "What the change does to every objective."),
    .required("steps", .list(of: .object(step)), "The steps that are not what they were."),
    .required("duration", .object(pair(of: .timeSpan)), "Of the run, as predicted."),
    .required("guaranteed", .object(pair(of: .timeSpan)), "Of the run, whatever hangs."),
    .required("digest", .object(pair(of: .sha256)), "The same where the same would be done."),
    .required("changeset", ChangesetSchema.changeset, "Of the plan as it is."),
  ])

  private static func pair(of value: Schema) -> [Schema.Member] {
    [.optional("before", value, "As it was; none if the former plan has nothing of the kind."), .required("after", value, "As it is.")]
  }

  private static let step: [Schema.Member] = [
    .required("step", .name, "The step."), .required("verdict", .choice(ChangesetComparison.StepChange.Verdict.self), "What became of it."),
    .required(
      "differences",
      .list(
        of: .object([
          .required("at", .text, "Where in the step."), .optional("before", .anything, "As it was; not there if not here."),
          .optional("after", .anything, "As it is; not there if not here."),
        ])), "What moved."),
  ]
}
