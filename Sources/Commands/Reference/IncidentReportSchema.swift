internal import CanonicalJSON
internal import ChangePlanning
internal import Journaling
internal import PlanModel
internal import Reporting

/// Of `report --format json`.
enum IncidentReportSchema {
  static var document: JSONValue { report.document("incident-report.v1.json", title: "sie-dr incident report", definitions: ["moment": .object(moment)]) }

  private static let report = Schema.object([
    .required("formatVersion", .version(upTo: 1), "The version of this format."),
    .required("run", .text, "The run's id."), .required("plan", .object(ChangesetSchema.plan), "Which plan it is of."),
    .optional("scenario", .text, "Which scenario it recovers from; protection if not there."), .required("toolVersion", .text, "The sie-dr that planned it."),
    .required("result", Schema(["enum": ["unfinished", "done", "failed", "paused", "rolled-back", "rollback-incomplete", "interrupted"]]), "How the run stands."),
    .optional("disaster", .timestamp, "When it happened, if a person said so."), .required("started", .timestamp, "The first record."), .required("ended", .timestamp, "The last one."),
    .required("took", .timeSpan, "From the first record to the last."), .required("predicted", .timeSpan, "How long the run was predicted to take."),
    .required("objectives", .list(of: .object(objective)), "What was asked for, computed and measured."), .required("steps", .list(of: .object(step)), "In the author's order."),
    .required("timeline", .list(of: .definition("moment")), "By time."), .required("decisions", .list(of: .definition("moment")), "Those of people, and of the run where a branch was given up."),
    .required("undo", .list(of: .definition("moment")), "What was taken back."), .required("byHand", .list(of: .text), "What no rollback could take back."),
    .required("messages", .list(of: .object(message)), "Oldest first."), .required("duties", .list(of: .object(duty)), "What is owed after the incident."),
    .required("lessons", .object(lessons), "What the journal can teach."),
  ])

  private static let objective: [Schema.Member] = [
    .required("kind", .choice(PredictedObjective.Kind.self), "Which objective."), .optional("dataClass", .name, "Whose; the service's if not there."),
    .optional("target", .timeSpan, "What the plan asks for."), .optional("computed", .timeSpan, "The worst case; unbounded if not there."),
    .optional("measured", .timeSpan, "What came of it; unknown if not there."), .required("isAtMost", .bool, "It may have been less than was measured."),
    .optional("verdict", .choice(MeasuredObjective.Verdict.self), "Whether the target was met; nothing was asked for if not there."),
    .optional("isAsComputed", .bool, "Whether it stayed within what was computed; not measured if not there."), .required("how", .text, "From what it was measured, or why not."),
  ]

  private static let step: [Schema.Member] = [
    .required("step", .name, "The step."), .required("kind", .kindName, "What it does."), .required("state", .choice(StepState.self), "How it stands."),
    .required("attempts", .count, "How often it began."), .optional("took", .timeSpan, "The attempt that was done."), .required("predicted", .timeSpan, "How long it was predicted to take."),
    .required("source", .choice(PredictedDuration.Source.self), "From what."), .required("detail", .text, "What it left, or why it failed."),
  ]

  private static let moment: [Schema.Member] = [
    .required("at", .timestamp, "When."), .required("sinceStart", .timeSpan, "From the beginning of the run on."), .required("kind", .choice(IncidentReport.Moment.Kind.self), "What kind of thing."),
    .optional("who", .text, "Who ran the tool; nobody, of a message."), .optional("host", .text, "On which machine."), .required("text", .text, "What happened."),
  ]

  private static let message: [Schema.Member] = [
    .required("name", .text, "Of the step or audience."), .required("text", .text, "What it says."), .required("posted", .timestamp, "When it was written."),
    .optional("sentBy", .text, "The channel that took it; none for certain if not there."), .optional("sentAt", .timestamp, "When."), .required("outcome", .text, "What became of it."),
  ]

  static let duty: [Schema.Member] = [
    .required("kind", .choice(PostIncident.Duty.Kind.self), "What is owed."), .optional("due", .timestamp, "By when."), .optional("by", .text, "Whose duty it is."),
    .optional("place", .text, "Where it is kept."),
    .optional(
      "done",
      .object([
        .required("kind", .choice(PostIncident.Duty.Kind.self), "What was done."), .required("at", .timestamp, "When somebody said so."), .required("who", .text, "Who."),
        .required("note", .text, "What else was said."),
      ]), "A person's word that it has been done."),
  ]

  private static let lessons: [Schema.Member] = [
    .required(
      "measured",
      .list(
        of: .object([
          .required("step", .name, "The step."), .optional("choice", .name, "The choice that it stands in."), .optional("branch", .name, "Its branch."),
          .required("predicted", .timeSpan, "How long it was predicted to take."), .required("source", .choice(PredictedDuration.Source.self), "From what."),
          .required("took", .timeSpan, "How long it took."),
        ])), "Durations that can take the place of what the plan believes."),
    .required(
      "tickets",
      .list(of: .object([.required("slug", .text, "For the name of a file."), .required("title", .text, "One line."), .required("facts", .list(of: .text), "What is known.")])),
      "What did not go as it should."),
  ]
}
