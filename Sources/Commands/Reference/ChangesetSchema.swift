internal import CanonicalJSON
internal import ChangePlanning
internal import PlanModel
internal import ProviderInterface

/// Of a saved changeset: `plan --out FILE`, and the first record of a journal.
enum ChangesetSchema {
  static var document: JSONValue { changeset.document("changeset.v1.json", title: "sie-dr changeset", definitions: definitions) }

  static let changeset = Schema.object([
    .required("formatVersion", .version(upTo: Changeset.currentFormat), "The version of this format."),
    .required("toolVersion", .text, "The sie-dr that made it."),
    .required("plan", .object(plan), "Which plan it is of."),
    .optional("scenario", .text(like: "^[a-z][a-z0-9-]*(/[a-z][a-z0-9-]*)?$"), "Which scenario, perhaps in which mode, it recovers from; protection if not there."),
    .required("plannedAt", .timestamp, "When it was planned."),
    .optional("observedAt", .timestamp, "When the facts were recorded; they were looked at when it was planned if not there."),
    .required("parallelism", .integer(from: 1), "At most so many steps at once."),
    .required("onFailure", .choice(FailurePolicy.self), "What a failing step does to the run."),
    .optional("provisional", .object([.required("duration", .timeSpan, "How long it is tried."), .required("ending", .choice(Provisional.Ending.self), "What comes then.")]), "It is only tried at first; kept at once if not there."),
    .optional("approval", .definition("approvalRule"), "Whose signatures it waits for before its first step; nobody's if not there."),
    .optional("signers", .list(of: .text), "The lines of the file of signers that matter here."),
    .required("steps", .list(of: .definition("step")), "In the author's order."),
    .optional("rollbackBefore", .definition("specification"), "Run before anything is undone."),
    .optional("rollbackAfter", .definition("specification"), "Run when everything is undone."),
    .required("prediction", .object(prediction), "What was computed before the run."),
    .optional("duties", .list(of: .object(duty)), "What people owe when the incident is over; nothing if not there."),
    .optional("communication", .list(of: .object(audience)), "Those whom the run tells by itself; nobody if not there."),
    .required("digest", .sha256, "Over all that was reviewed."),
  ])

  private static let audience: [Schema.Member] = [
    .required("name", .name, "The audience."), .required("ways", .list(of: .object(way)), "The next is tried where one does not take a message."),
    .required(
      "updates",
      .oneMember([
        .alternative("every", with: [.value(.timeSpan, "How often.")], "By the clock."), .alternative("on", with: [.value(.choice(Audience.Occasion.self), "Which.")], "On an occasion."),
      ]), "When it hears."),
    .required("isPublic", .bool, "No internal name may reach it."), .optional("template", .text, "What a message says while the run goes on."),
    .optional("ending", .text, "What the last one says at a good end."),
  ]

  private static let way: [Schema.Member] = [
    .required("by", .choice(Audience.Channel.self), "The channel."), .optional("key", .object(secret), "What opens it."), .optional("from", .text, "Of mail: the sender."),
    .required(
      "to",
      .oneMember([
        .alternative("text", with: [.value(.text, "The text.")], "An address, a URL."), .alternative("secret", with: [.value(.object(secret), "The reference.")], "A secret."),
        .alternative("output", with: [.required("step", .name, "The step."), .required("name", .text, "Its output.")], "Another step's output."),
      ]), "Where."),
  ]

  /// A reference to a secret, here and in journals.
  static let secret: [Schema.Member] = [
    .required("name", .name, "The secret's name."),
    .required(
      "source",
      .oneMember([
        .alternative("env", with: [.value(.text, "Its name.")], "An environment variable."),
        .alternative("file", with: [.value(.text, "Its path.")], "A file."),
        .alternative("command", with: [.value(.list(of: .text), "Its argument list.")], "A program."),
      ]), "Where its value is found."),
  ]

  private static let duty: [Schema.Member] = [
    .required("kind", .choice(PostIncident.Duty.Kind.self), "What is owed."), .optional("within", .timeSpan, "How soon, from the end of the run on."),
    .optional("by", .text, "Whose duty it is."), .optional("place", .text, "Where it is kept."),
  ]

  static let definitions: [String: Schema] = [
    "step": .object(step), "specification": .object(specification), "undo": .oneMember(undo), "footprint": .object(footprint),
    "requirement": .oneMember(requirement), "change": .object(change), "basis": .oneMember(basis), "approvalRule": .object(approvalRule),
  ]

  static let plan: [Schema.Member] = [
    .required("name", .name, "The plan's name."), .required("file", .text, "The file it was read from."),
    .required("folder", .text, "From which relative paths count. Not part of the digest."),
    .optional("environment", .text, "Which of the plan's environments; none: the plan as it stands."),
  ]

  private static let step: [Schema.Member] = [
    .required("specification", .definition("specification"), "The step, without the plan file."),
    .required("change", .definition("change"), "What it would do."),
    .required("basis", .definition("basis"), "What the change rests on; looked at again just before the step acts."),
    .required("measurements", .values, "Seen on the way; never compared."),
    .required(
      "duration",
      .object([
        .required("amount", .timeSpan, "How long."),
        .required("source", .choice(PredictedDuration.Source.self), "Evidence, an estimate, or the time-out with all retries where there is neither."),
      ]), "How long it is predicted to take."),
    .required("starts", .timeSpan, "From the start of the run, as predicted."), .required("ends", .timeSpan, "From the start of the run, as predicted."),
  ]

  private static let specification: [Schema.Member] = [
    .required("name", .name, "The step's name."), .required("kind", .kindName, "What it does, as PROVIDER.VERB."),
    .required("arguments", .values, "As its kind understands them. Secrets are references."),
    .required("needs", .list(of: .name), "Steps that come before."), .required("undo", .definition("undo"), "How it is taken back."),
    .required("timeout", .timeSpan, "For one attempt."), .required("retries", .count, "After a transient failure."),
    .required("onFailure", .choice(FailurePolicy.self), "What its failure does to the run."),
    .required("priority", .count, "The higher goes first."), .required("footprint", .definition("footprint"), "What it touches and needs."),
    .optional("question", .text, "Asked instead of performed."),
    .optional("branch", .object(branch), "Where it stands in a choice; done in any case if not there."),
    .optional("uses", .list(of: .object(use)), "What it takes of limits that steps share, while it is at work."),
    .optional("approval", .definition("approvalRule"), "Whose signatures it waits for just before it acts; nobody's if not there."),
  ]

  private static let use: [Schema.Member] = [
    .required("limit", .name, "The limit."), .required("amount", .text, "A number of turns, or a rate."), .required("capacity", .text, "What there is of it."),
  ]

  private static let approvalRule: [Schema.Member] = [
    .required("by", .list(of: .text), "People or roles."), .required("atLeast", .integer(from: 1), "How many of them."), .required("within", .timeSpan, "How long that takes at the longest."),
    .optional(
      "breakGlass",
      .object([.required("by", .list(of: .text), "People or roles, any one of whom is enough."), .required("within", .timeSpan, "How long that takes at the longest.")]),
      "Who may go ahead alone when that time is over; the run pauses if not there."),
  ]

  private static let branch: [Schema.Member] = [
    .required("choice", .name, "The choice."), .required("branch", .name, "Its branch."), .required("number", .count, "In the order of preference, from 0."),
    .optional("until", .timeSpan, "From its beginning until the next one begins."), .required("needs", .list(of: .name), "Before the first branch begins."),
    .required("isLost", .bool, "What a step of it needs is gone in this scenario, so it is not tried."),
  ]

  private static let undo: [Schema.Member] = [
    .alternative("nothingToUndo", "It changes nothing."),
    .alternative("byKind", with: [.value(.text, "What the undo does.")], "The kind takes its own effect back."),
    .alternative("step", with: [.value(.object(undoStep), "The step.")], "A step of the author's."),
    .alternative("irreversible", with: [.required("reason", .text, "Why.")], "It cannot be taken back."),
    .alternative("unknown", "Nobody said how."),
  ]

  private static let undoStep: [Schema.Member] = [
    .required("kind", .kindName, "What it does."), .required("arguments", .values, "As its kind understands them."),
    .required("timeout", .timeSpan, "For one attempt."), .required("retries", .count, "After a transient failure."),
  ]

  private static let footprint: [Schema.Member] = [
    .required("reads", .list(of: .text), "What it looks at."), .required("writes", .list(of: .text), "What it changes."),
    .required("requires", .list(of: .definition("requirement")), "What must survive the disaster."),
    .optional("recovers", .name, "The data class that it brings back."), .optional("recoversDatabase", .text, "Which of its databases; all if not there."), .required("verifies", .list(of: .text), "What it proves to be in order."),
  ]

  private static let requirement: [Schema.Member] = [
    .alternative("secret", with: [.value(.name, "Its name.")], "A secret."), .alternative("server", with: [.value(.name, "Its name.")], "A server."),
    .alternative("anyStore", with: [.value(.list(of: .name), "Their names.")], "One of several stores."),
    .alternative("store", with: [.value(.name, "Its name.")], "A store."),
  ]

  private static let change: [Schema.Member] = [
    .required("action", .choice(Change.Action.self), "What is done."), .required("reason", .text, "Why, in one line."),
    .required("before", .values, "What is there now."), .required("after", .values, "What will be there."),
    .required("losses", .list(of: .text), "What will be lost by it."),
  ]

  private static let basis: [Schema.Member] = [
    .alternative("facts", with: [.value(.values, "By name.")], "What was observed."),
    .alternative("decidedByEarlierSteps", "An earlier step of the run changes what this one looks at."),
    .alternative("unreachable", with: [.required("reason", .text, "Why.")], "It could not be observed."),
    .alternative("nothingToObserve", "The kind has nothing to look at."),
  ]

  private static let prediction: [Schema.Member] = [
    .required("duration", .timeSpan, "From the start of the run to its last step."),
    .required("guaranteed", .timeSpan, "With every time-out and all retries."),
    .required("criticalPath", .list(of: .name), "The steps that decide the duration."), .required("beforeRun", .timeSpan, "Detection and decision."),
    .required(
      "objectives",
      .list(
        of: .object([
          .required("kind", .choice(PredictedObjective.Kind.self), "Which objective."),
          .optional("dataClass", .name, "Whose; the service's if not there."),
          .optional("target", .timeSpan, "What the plan asks for."), .optional("computed", .timeSpan, "The worst case; unbounded if not there."),
        ])), "Targets and worst cases."),
  ]
}
