internal import CanonicalJSON
internal import Reporting

/// Of `status --format json`.
enum StatusSchema {
  static var document: JSONValue { status.document("status.v1.json", title: "sie-dr status", definitions: [:]) }

  private static let status = Schema.object([
    .required("formatVersion", .version(upTo: 1), "The version of this format."), .required("plan", .name, "Which plan it is of."), .required("at", .timestamp, "When the disaster is supposed to strike."),
    .required("disasters", .list(of: .object(disaster)), "One a scenario."), .required("overdue", .list(of: .object(overdue)), "What should have been done by then."),
    .required("owed", .list(of: .object([.required("run", .text, "The run's id."), .required("duty", .object(IncidentReportSchema.duty), "What is owed.")])), "What is still to be done after an incident."),
    .required("openRuns", .list(of: .object(openRun)), "Newest first."), .required("lock", .object(lock), "Who works on the state directory."),
    .required("unreachable", .list(of: .text), "Stores and managed databases that did not answer."), .required("unseen", .list(of: .text), "Protections that nobody looked at: they count as the plan states them."),
  ])

  private static let disaster: [Schema.Member] = [
    .required("scenario", .text, "Which."), .required("losses", .list(of: .object(loss)), "One a data class that it touches."),
    .optional(
      "recovery",
      .object([
        .required("expected", .timeSpan, "From the disaster on."), .required("guaranteed", .timeSpan, "However long each step takes."),
        .optional("target", .timeSpan, "What the plan asks for."), .optional("verdict", .choice(MeasuredObjective.Verdict.self), "Whether it would be met."),
      ]), "How long recovery would take; the scenario has no steps if not there."),
  ]

  private static let loss: [Schema.Member] = [
    .required("dataClass", .name, "Which data."), .required("basis", .choice(PlanStatus.Loss.Basis.self), "On what the figure rests."),
    .optional("point", .text, "The newest usable point that survives."), .optional("protection", .name, "What made it."),
    .required("stores", .list(of: .text), "Where it is, and survives."), .optional("consistentAt", .timestamp, "Up to when it holds every change."),
    .optional("loss", .timeSpan, "What would be lost; no figure if not there."), .optional("target", .timeSpan, "What the plan asks for."),
    .optional("computed", .timeSpan, "The worst case, as lint computes it."), .optional("verdict", .choice(MeasuredObjective.Verdict.self), "Whether the target would be met."),
    .required("note", .text, "Why it is so."),
  ]

  private static let overdue: [Schema.Member] = [
    .required("kind", .choice(PlanStatus.Overdue.Kind.self), "What kind of thing."), .required("subject", .text, "Which."),
    .optional("since", .timestamp, "Since when; it was never done if not there."), .required("text", .text, "In words."),
  ]

  private static let openRun: [Schema.Member] = [
    .required("run", .text, "The run's id."), .required("purpose", .text, "What it is for."), .required("result", .text, "How it stands."),
    .required("started", .timestamp, "Its first record."), .required("lastRecord", .timestamp, "Its last one."),
  ]

  private static let lock: [Schema.Member] = [
    .required("state", .choice(PlanStatus.Lock.State.self), "Whether somebody holds it; unknown where the last holder worked on another machine."),
    .optional("who", .text, "The holder."), .optional("host", .text, "Its machine."), .optional("run", .text, "Its run."), .optional("since", .timestamp, "Since when."),
  ]
}
