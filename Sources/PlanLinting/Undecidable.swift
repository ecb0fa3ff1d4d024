/// What the evidence asks for and no plan text, no evidence and no recorded observation can decide: listed, so that nobody takes silence for proof.
public struct UndecidedQuestion: Sendable {
  public let question: String
  public let why: String
  /// What decides it instead.
  public let instead: String
}

public let undecidedQuestions: [UndecidedQuestion] = [
  .init(
    question: "Is the database that a restore goes into empty?", why: "What is in a server is not in the plan.",
    instead: "`doctor`, `plan`, and the step itself, which looks again before it acts; `restore-target-unsafe` says what the plan itself tells"),
  .init(
    question: "Do two clusters archive their WAL under one prefix?", why: "The archiver's own configuration says where it writes.",
    instead: "a drill that restores and starts the server; look at `archive_command`"),
  .init(
    question: "May the identity that writes backups delete them, where the plan names no credentials?", why: "Rights are given by roles and policies of the store.",
    instead: "`doctor` tries what it may; `writer-can-delete` judges what the plan names"),
  .init(
    question: "Does a base backup come from a standby that does not wait for its last segment?", why: "The plan says how often there is a base backup, not who makes it and with which options.",
    instead: "a drill that restores the newest base backup; `archive-not-awaited` reads scripts"),
  .init(
    question: "Does a second WAL store hold up the first?", why: "Whether segments are pushed asynchronously is the archiver's configuration.",
    instead: "an alarm on the length of the archive queue; a drill with one store turned off"),
  .init(
    question: "Does somebody's alarm count a backup's age from its end?", why: "Alarms stand elsewhere. sie-dr's own metric is the consistent moment.",
    instead: "alert on `sie_dr_point_consistent_timestamp_seconds`, as docs/language.md shows"),
  .init(
    question: "Is a probe really asked from the places that `from` names?", why: "Whatever asks it stands elsewhere; the plan says what is meant.",
    instead: "turn one of the places off and look who is told; `trigger-fragile` says where one answer decides"),
  .init(
    question: "Do programs, container images and their registry survive the disaster?", why: "A plan names programs and manifests, not where they are fetched from.",
    instead: "`doctor` on the host that would carry the recovery out; a drill with the lost site's registry blocked"),
  .init(
    question: "Is a promise kept: of a provider's backups, of a replica's lag, of a copy between stores?", why: "A promise is what the plan states; figures that rest on one say so.",
    instead: "`observe`, and drills as `evidence`"),
  .init(
    question: "Which versions do servers run, and do dumps fit them?", why: "A plan states at most the version of a search server.",
    instead: "`doctor` and `observe` compare PostgreSQL's; `index-version-mismatch` compares what is stated"),
  .init(
    question: "Do clients respect a name's time to live?", why: "Resolvers clamp and some serve what has expired.", instead: "a failover drill, measured at clients; the figure counts one time to live"),
  .init(
    question: "Does a script do what its name says?", why: "Shell texts are read for patterns that are always wrong; programs are not read at all.", instead: "a drill that uses what it made"),
  .init(
    question: "Do the people who approve answer in time?", why: "`within` is what the plan hopes for.", instead: "drills with the people who are on call that night"),
]
