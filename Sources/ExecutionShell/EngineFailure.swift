public import ChangePlanning
public import ExecutionCore
public import Journaling
public import PlanModel
public import ProviderInterface
public import Units

/// Why a run did not begin, or not go on. Nothing has been done to the world.
public enum EngineFailure: Error, Hashable, Sendable {
  case stateUnusable(SystemFailure)
  /// Another run is at work. The holder is nil where it has not yet said who it is.
  case lockHeld(LockHolder?, path: String, now: Timestamp)
  case noSuchRun(RunID, known: [RunID])
  case journalDamaged(RunID, JournalDamage, path: String)
  case refused(RunID, RunRefused)
  /// The run has come to an end that nothing can be added to.
  case over(RunID, RunResult)
  /// Steps by the kind that nobody here can perform.
  case providersMissing([StepKindName: [StepName]])

  /// Nobody could ever approve it.
  case unsignable([Unsignable])

  /// The exit status of a command that met it.
  public var exitCode: Int32 { if case .lockHeld = self { 7 } else { 1 } }

  /// In words, for the person at 03:00.
  public var failure: StepFailure {
    switch self {
    case .stateUnusable(let system):
      StepFailure(
        "state-unusable", "\(system)", details: ["without its state directory a run could not be resumed, so none is begun"],
        helps: ["name another one with `--state`, or make this one writable"])
    case .lockHeld(let holder, let path, let now): Self.lockHeld(holder, path, now)
    case .noSuchRun(let run, let known):
      StepFailure(
        "no-such-run", "there is no run `\(run)` in this state directory",
        details: [known.last.map { "the latest is `\($0)`" } ?? "it holds no runs"], helps: ["list them with `sie-dr runs`"])
    case .journalDamaged(let run, let damage, let path):
      StepFailure(damage.code, "\(damage)", details: ["the journal of run `\(run)` is \(path)"], helps: damage.helps)
    case .refused(let run, let refusal): StepFailure("order-refused", "run `\(run)` cannot go on like that: \(refusal)")
    case .over(let run, let result):
      StepFailure(
        "run-over", "run `\(run)` is over: \(result == .rolledBack ? "it was rolled back" : "it is done")",
        helps: result == .done ? ["take it back with `sie-dr rollback \(run)`, or plan anew"] : ["plan anew"])
    case .providersMissing(let steps): Self.providersMissing(steps)
    case .unsignable(let gates):
      StepFailure(
        "signers-missing", "nobody could approve this: nothing was begun", details: gates.map(\.problem),
        helps: [
          "add a line `NAME KEYTYPE KEY` for each of them to the plan's file of signers (`signers:`, else `allowed_signers` beside the plan), and plan again",
          "`NAME` is theirs under `approve: { by: … }`; the rest is what stands in their `~/.ssh/id_ed25519.pub`",
        ])
    }
  }

  private static func providersMissing(_ steps: [StepKindName: [StepName]]) -> StepFailure {
    let kinds = steps.keys.sorted()
    return StepFailure(
      "provider-missing", "this version of sie-dr cannot carry out \(kinds.map { "`\($0)`" }.joined(separator: ", ")): nothing was begun",
      details: kinds.map { kind in "`\(kind)`: " + (steps[kind] ?? []).map { "`\($0)`" }.joined(separator: ", ") },
      helps: ["another version planned it: use that one, or plan anew with this one", "`docs/step-kinds.md` says which kinds this version carries out"])
  }

  private static func lockHeld(_ holder: LockHolder?, _ path: String, _ now: Timestamp) -> StepFailure {
    guard let holder else { return StepFailure("locked", "another run is just beginning in \(path)", helps: ["try again in a moment"]) }
    return StepFailure(
      "locked", "another run is at work in \(path)",
      details: [
        "run `\(holder.run)`, started by \(holder.who) on \(holder.host) (process \(holder.pid))",
        "since \(holder.since), for \((now - holder.since).rounded)",
      ],
      helps: ["wait for it, or stop it with `kill -INT \(holder.pid)` on \(holder.host): it ends in good order and can be resumed"])
  }
}
