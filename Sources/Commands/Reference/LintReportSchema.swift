internal import CanonicalJSON
internal import Diagnostics
internal import PlanLinting
internal import Reporting

/// Of `lint --format json`.
enum LintReportSchema {
  static var document: JSONValue { report.document("lint-report.v1.json", title: "sie-dr lint report", definitions: definitions) }

  private static let report = Schema.object([
    .required("formatVersion", .version(upTo: 1), "The version of this format."),
    .required("findings", .list(of: .definition("finding")), "In the order of files and places."),
    .required("ignored", .list(of: .object(ignored)), "What the plan or a baseline hides."),
    .required("plans", .list(of: .object(plan)), "The figures of each plan."),
    .required("replaced", .list(of: .text), "Each `--set`, as it was given, and each `--without` behind that word: the figures are for these values."),
    .optional("recordedAt", .timestamp, "When the measurements of `--observations` were taken."),
    .required("comparisons", .list(of: .object(comparison)), "With the former plans of `--diff`."),
  ])

  private static let definitions: [String: Schema] = [
    "finding": .object(finding), "span": .object([.required("path", .text, "The file."), .required("start", mark, "Its first character."), .required("end", mark, "Behind its last one.")]),
    "side": .object(side),
  ]

  private static let mark = Schema.object([
    .required("line", .integer(from: 1), "From 1."), .required("column", .integer(from: 1), "From 1, in Unicode scalars."),
  ])

  private static let finding: [Schema.Member] = [
    .required("code", .text, "Its stable name."), .required("severity", .choice(Severity.self), "How grave it is."),
    .required("summary", .text, "One line."), .optional("span", .definition("span"), "Where; the whole file if not there."), .required("label", .text, "What stands under the place."),
    .required("related", .list(of: .object([.required("span", .definition("span"), "Where."), .required("label", .text, "What is there.")])), "Other places."),
    .required("notes", .list(of: .text), "Why; the sums."), .required("helps", .list(of: .text), "What to do."),
    .required(
      "fixes",
      .list(
        of: .object([
          .required("span", .definition("span"), "What is replaced; where it ends at its start, something is put in."), .required("replacement", .text, "What is written there."),
          .required("isSafe", .bool, "Whether `lint --fix` makes it."),
        ])), "Changes of the text, of which any one mends it."),
  ]

  private static let ignored: [Schema.Member] = [
    .required("finding", .definition("finding"), "What is ignored."), .required("by", .choice(IgnoredFinding.Place.self), "Where it is said."),
    .required("reason", .text, "Why."), .optional("until", .timestamp, "From when on it is reported again."),
  ]

  private static let plan: [Schema.Member] = [
    .required("path", .text, "The plan's file."), .optional("environment", .text, "Which of its environments; none: the plan as it stands."),
    .required("objectives", .list(of: .object(objective)), "What can be lost, and how long recovery takes."),
    .required("unjudged", .list(of: .text), "Rules that only `--now` lets judge."),
  ]

  private static let identity: [Schema.Member] = [
    .required("scenario", .text, "Which disaster."), .required("subject", .text, "Which data class; `service` for all."), .required("objective", Schema(["enum": ["rpo", "rto"]]), "Which objective."),
  ]

  private static let objective: [Schema.Member] = identity + [
    .optional("target", .timeSpan, "What the plan asks for."), .optional("computed", .timeSpan, "The worst case; unbounded if not there."),
    .optional("guaranteed", .timeSpan, "However long each step takes."),
    .optional("expected", .object([.required("branch", .name, "The branch."), .required("computed", .timeSpan, "What is lost by it.")]), "By the branch that is expected, where another one that may be taken is worse."),
    .optional("withOneMiss", .timeSpan, "What is lost if one run more is missed than the plan allows for, or the newest point is no good; where points of runs are used."),
    .optional("unboundedBecause", .text, "Why nothing limits it."), .optional("exemptBecause", .text, "Why nothing is counted: it may be lost."),
    .required("isBreached", .bool, "Whether the target is missed."), .required("isBound", .bool, "The worst case may be better than what is computed, never worse."),
    .required("uses", .text, "From what it is computed."),
    .required(
      "terms",
      .list(
        of: .object([
          .required("name", .text, "What takes the time."), .required("amount", .timeSpan, "How long."),
          .required("source", Schema(["enum": ["plan", "estimate", "measured", "promise", "timeout"]]), "Where it comes from."), .optional("place", .text, "FILE:LINE:COLUMN."),
        ])), "Their sum is what is computed."),
    .optional(
      "counterexample",
      .list(
        of: .object([
          .required("at", .timeSpan, "From the disaster, or from the notice of a corruption."), .required("kind", .text, "What kind of thing happens."),
          .required("text", .text, "What happens."),
        ])), "How the target is missed."),
  ]

  static let comparison: [Schema.Member] = [
    .optional("path", .text, "The plan as it is; gone if not there."), .optional("base", .text, "The plan as it was; new if not there."),
    .optional("environment", .text, "Which of its environments; none: the plan as it stands."),
    .required(
      "objectives",
      .list(
        of: .object(
          identity + [
            .required("verdict", .choice(ObjectiveChange.Verdict.self), "What the change does to it."), .optional("before", .definition("side"), "As it was."),
            .optional("after", .definition("side"), "As it is."),
            .required(
              "terms",
              .list(
                of: .object([
                  .required("name", .text, "What takes the time."), .optional("before", .timeSpan, "No part of the sum if not there."),
                  .optional("after", .timeSpan, "No part of the sum if not there."),
                ])), "The parts of the sum that moved."),
          ])), "The worse first."),
  ]

  static let side: [Schema.Member] = [
    .optional("target", .timeSpan, "What the plan asks for."), .optional("computed", .timeSpan, "The worst case; unbounded if not there."),
    .optional("guaranteed", .timeSpan, "However long each step takes."), .required("isBreached", .bool, "Whether the target is missed."),
  ]
}
