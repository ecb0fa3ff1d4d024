internal import CanonicalJSON
internal import Journaling
internal import PlanModel

/// Of one line of a journal.
enum JournalSchema {
  static var document: JSONValue {
    Schema.object(record).document("journal-record.v1.json", title: "a line of a sie-dr journal", definitions: definitions)
  }

  private static let record: [Schema.Member] = [
    .required("seq", .integer(from: 1), "Counted from 1, without a gap."),
    .required("prev", .sha256, "The digest of the line before; zeros in the first."),
    .required("at", .timestamp, "When it was written."), .required("who", .text, "The user that ran the tool."),
    .required("host", .text, "The machine it ran on."),
    .required("event", .oneMember(event), "What happened."), .required("sha256", .sha256, "The digest of the line without this member."),
  ]

  private static let event: [Schema.Member] = [
    .required("run-started", .object(runStarted), "The first record of every journal."),
    .required("resumed", .object(resumed), "Another process goes on with the run."),
    .required("intent", .definition("job"), "From here on the job may have acted."),
    .required("outcome", .oneOf(outcomes), "How an attempt ended."),
    .required("moved", .object(moved), "The world was another one than planned, so the step did not run."),
    .required("settled", .object(settled), "What became of an attempt nobody saw the end of."),
    .required("confirmed", .object([job, by]), "A person said yes."),
    .required("skipped", .object([step, by, .required("reason", .text, "Why.")]), "A person decided to go on without the step."),
    .required("branch-given-up", .oneOf(branchesGivenUp), "The next branch of a choice begins as soon as nothing of this one runs any more."),
    .required("interrupted", .choice(Interruption.self), "A signal came: nothing new is started."),
    .required("paused", .definition("pauseReason"), "Nothing new is started until a person decides."),
    .required("rollback-started", .oneOf(rollbackReasons), "From here on, what was done is undone."),
    .required("awaited", .object(gate), "The run waits for signatures there."),
    .required(
      "gate-opened",
      .object([gateMember, .required("by", .list(of: .text), "Who has agreed."), .required("glassBroken", .bool, "One person went ahead alone, in place of those who did not answer.")]),
      "Enough people have agreed."),
    .required("said", .object([.required("word", .object(word), "What."), .optional("key", .text, "The fingerprint of the key that signed an approval.")]), "A person said something from another terminal, and it was taken up."),
    .required("word-refused", .object([.required("word", .object(word), "What."), .required("code", .text, "Stable."), .required("why", .text, "In words.")]), "It was not taken up."),
    .required(
      "trial-began", .object([.required("until", .timestamp, "When it is over."), .required("then", .choice(Provisional.Ending.self), "What happens then.")]),
      "Every step is done; the recovery is looked at before it is kept."),
    .required("trial-over", .choice(Provisional.Ending.self), "Nobody has said anything about it, so this is done."),
    .required("finished", .oneOf(results), "The process has ended the run."),
  ]

  private static let definitions: [String: Schema] = ChangesetSchema.definitions.merging([
    "changeset": ChangesetSchema.changeset, "job": .object(jobMembers), "result": .object(result), "failure": .object(failure),
    "secret": .object(ChangesetSchema.secret), "pauseReason": .oneOf(pauseReasons),
  ]) { first, _ in first }

  private static let job = Schema.Member.required("job", .definition("job"), "The attempt.")
  private static let step = Schema.Member.required("step", .name, "The step.")
  private static let by = Schema.Member.required("by", .text, "The person.")

  private static let jobMembers: [Schema.Member] = [
    step, .required("activity", .choice(Job.Activity.self), "What is done with the step."),
    .required("attempt", .integer(from: 1), "Counted from 1 over the whole run, for each activity by itself."),
  ]

  private static let runStarted: [Schema.Member] = [
    .required("formatVersion", .version(upTo: RunStarted.currentFormat), "Of the journal."), .required("run", .text, "The run's id."),
    .required("toolVersion", .text, "The sie-dr that wrote it."), .required("parallelism", .integer(from: 1), "At most so many steps at once."),
    .required("changeset", .definition("changeset"), "All that the run will do."),
  ]

  private static let gate: [Schema.Member] = [.optional("step", .name, "Before this step; before the first one if not there.")]
  private static let gateMember = Schema.Member.required("gate", .object(gate), "Where.")

  private static let word: [Schema.Member] = [
    .required("id", .text(like: "^[a-z0-9-]{1,64}$"), "No two words have the same."), .required("by", .text, "The account that said it."), .required("host", .text, "Where."),
    .required("at", .timestamp, "When."), .required("reason", .text, "Why."),
    .required(
      "order",
      .oneMember([
        .alternative("approve", with: [.value(.object(approval), "The approval.")], "It may be carried out."),
        .alternative("skip", with: [.value(.name, "The step.")], "Go on without the step."), .alternative("retry", with: [.value(.name, "The step.")], "Try the step again."),
        .alternative("commit", "Keep what is on trial."), .alternative("rollback", "Take the run back."),
      ]), "What."),
  ]

  private static let approval: [Schema.Member] = [
    .required("signature", .text, "As `ssh-keygen -Y sign` writes it, over the statement as canonical JSON."),
    .required(
      "statement",
      .object([
        .required("formatVersion", .version(upTo: ApprovalStatement.currentFormat), "Of the statement."), .required("digest", .sha256, "Of the changeset."),
        .optional("run", .text, "Only this run; any run of the changeset if not there."), gateMember, .required("name", .text, "Who signs, as the file of signers names them."),
        .required("at", .timestamp, "When."), .required("until", .timestamp, "How long it counts if it is not used."), .required("reason", .text, "Why."),
        .required("breaksGlass", .bool, "Alone, in place of those who do not answer."),
      ]), "What is signed."),
  ]

  private static let branchesGivenUp: [Schema] = [
    Schema.Member.required("failed", .name, "The step that failed for good."), .required("deadline", .timeSpan, "Its time, which was over."),
  ].map { .object([.required("choice", .name, "The choice."), .required("branch", .name, "Its branch."), $0]) }

  private static let resumed: [Schema.Member] = [
    .required("toolVersion", .text, "The sie-dr that goes on."), .required("parallelism", .integer(from: 1), "At most so many steps at once."),
    .required("tornBytes", .count, "How much of a torn last record was cut off."),
  ]

  private static let outcomes: [Schema] = [
    ending("done", with: [.optional("result", .definition("result"), "Of a performed step.")], "The goal is reached."),
    ending("unchanged", "The goal held already."),
    ending("failed", with: [.required("failure", .definition("failure"), "Why.")], "It failed."),
    ending("timed-out", with: [.required("failure", .definition("failure"), "What was going on.")], "Its time was over."),
    ending("cancelled", "It was told to stop."),
  ]
  private static func ending(_ name: String, with members: [Schema.Member] = [], _ meaning: String) -> Schema {
    .object([job, .constant("ending", name, meaning)] + members)
  }

  private static let result: [Schema.Member] = [
    .required("summary", .text, "In one line."), .required("outputs", .map(of: .oneMember(output)), "By name."),
    .required("undoRecord", .anything, "What undo needs to know."), .required("measurements", .values, "By name."),
  ]

  private static let output: [Schema.Member] = [
    .alternative("text", with: [.value(.text, "The text.")], "A text."),
    .alternative("secret", with: [.value(.definition("secret"), "The reference.")], "A secret, never its value."),
  ]

  private static let failure: [Schema.Member] = [
    .required("code", .text, "Stable."), .required("message", .text, "What is wrong, and where."),
    .required("details", .list(of: .text), "What was found."),
    .required("helps", .list(of: .text), "What to do next."), .required("isTransient", .bool, "Whether trying again could help."),
  ]

  private static let moved: [Schema.Member] = [
    step, .required("planned", .values, "The facts that the change rests on."),
    .required("found", .object(observation), "What was observed instead."),
  ]

  static let observation: [Schema.Member] = [
    .required("reach", .oneMember(reach), "Whether it could be observed."), .required("facts", .values, "By name."), .required("measurements", .values, "By name."),
  ]

  private static let reach: [Schema.Member] = [
    .alternative("observed", "It was observed."), .alternative("unreachable", with: [.required("reason", .text, "Why.")], "It could not be observed."),
    .alternative("nothingToObserve", "The kind has nothing to look at."),
  ]

  private static let settled: [Schema.Member] = [
    job, .optional("by", .text, "The person who decided; not there where the step kind could tell."),
    .required(
      "settlement",
      .oneMember([
        .alternative("done", with: [.value(.definition("result"), "What it left.")], "It reached its goal."), .alternative("notDone", "It had no effect."),
        .alternative("unknown", with: [.value(.text, "What to look at.")], "A person must decide."),
      ]), "What became of it."),
  ]

  private static let pauseReasons: [Schema] = [
    named("step-failed", with: [step], "The step failed, and its policy leaves the choice to a person."),
    named("moved", with: [step], "The world has moved since the changeset was made."),
    named("in-doubt", with: [.required("steps", .list(of: .name), "The steps.")], "Nobody can tell what became of these steps."),
    named("unanswered", with: [step], "A question could be put to nobody."), named("did-not-stop", with: [step], "The step may still be acting."),
    named("rollback-held-back", with: [step], "The step before the rollback failed, so nothing was undone."), named("unapproved", with: gate, "Too few people have agreed in time."),
  ]

  private static let rollbackReasons: [Schema] = [
    named("step-failed", with: [step], "The step failed, and its policy is to roll back."), named("requested", with: [by], "A person asked for it."),
    named("trial-over", "It was on trial, nobody kept it, and then the plan takes it back."),
  ]

  private static let results: [Schema] = [
    named("done", "Every step is done, unchanged or skipped."), named("failed", "Some steps failed for good."),
    named("paused", with: [.required("reason", .definition("pauseReason"), "Why.")], "A person must decide."),
    named("rolled-back", "Everything that was done is undone."),
    named("rollback-incomplete", "Something could not be undone, or not be known."),
    named("interrupted", with: [.required("signal", .choice(Interruption.self), "Which.")], "A signal stopped it in good order."),
  ]

  private static func named(_ name: String, with members: [Schema.Member] = [], _ meaning: String) -> Schema {
    .object([.constant("name", name, meaning)] + members)
  }
}
