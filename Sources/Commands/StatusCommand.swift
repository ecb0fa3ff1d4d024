internal import ArgumentParser
internal import ChangePlanning
internal import ExecutionShell
internal import Journaling
internal import PlanModel
internal import ProviderInterface
internal import RecoveryPoints
internal import Reporting
internal import Units

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "If disaster struck now: what would be lost, from which point, how long recovery would take. Reads only.",
    discussion: """
      For each scenario and data class the newest usable point that survives and its age; what goes on all the time (a replica, an archive) counts as the plan states it, \
      and what a provider promises of a server that the plan names is held against what it keeps. \
      Then what is overdue (backups, copies, drills, what is owed after an incident), open runs, and who holds the lock. Exits with 3 if an objective would be missed \
      or nobody can tell, else with 1 if something is overdue or a store or journal cannot be read.
      """)

  @Argument(help: "The plan file.")
  var plan: String
  @OptionGroup var composition: CompositionOptions
  @Option(help: ArgumentHelp("As if it were this time (RFC 3339).", valueName: "time"))
  var now: String?
  @OptionGroup var state: StateOption
  @OptionGroup var format: FormatOption
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await CommandSession.guarded(global) { console in
      let environment = CommandSession.environment
      let time = try time()
      let loaded = try LoadedPlan.load(plan, composition, console)
      let directory = loaded.stateDirectory(state, environment)
      let withPoints = loaded.plan.dataClasses.filter { !$0.stores.isEmpty }
      let read = withPoints.isEmpty ? [] : try await PointsReading.catalogues(loaded, nil)
      let catalogues = Dictionary(read.map { ($0.dataClass, $0.catalogue) }) { first, _ in first }
      let (runs, isDamaged) = try await runs(of: loaded, directory, console)
      let done = Dictionary(runs.map { ($0.run, IncidentFiles(directory, $0.run).duties) }) { first, _ in first }
      let lock = PlanStatus.Lock(await directory.lockSeen(from: World.hostName()))
      let promised = await PromiseLook.all(of: loaded.typed, ReadOnlyWorld(environment: environment, folder: loaded.identity.folder), timeout: .seconds(10), now: time).map(\.status)
      let status = PlanStatus(loaded.typed, loaded.assessment, catalogues: catalogues, promised: promised, runs: runs, done: done, lock: lock, now: time)
      console.write(try statusReport(status, as: format.format, console.style))
      if status.isBreached { return .objectiveBreached }
      return isDamaged || !status.overdue.isEmpty || !status.unreachable.isEmpty ? .error : .done
    }
  }

  private func time() throws(CommandFailure) -> Timestamp {
    guard let now else { return SystemClock.now() }
    guard let time = Timestamp(now) else {
      throw CommandFailure("wrong-usage", "`--now \(now)` is not a time", status: .usage, helps: ["write it as `2026-11-24T08:15:34Z`"])
    }
    return time
  }

  /// Of this plan; a journal that cannot be read is told of and hides no other.
  private func runs(of loaded: LoadedPlan, _ directory: StateDirectory, _ console: Console) async throws -> (runs: [RunState], isDamaged: Bool) {
    var states: [RunState] = []
    var isDamaged = false
    do throws(EngineFailure) {
      for run in try await directory.runs().reversed().prefix(1_000) {
        do throws(EngineFailure) { states.append(try await directory.state(of: run)) } catch {
          // Killed before its first record: it did nothing.
          if case .journalDamaged(_, let damage, _) = error, damage.kind == .empty { continue }
          console.writeError(error.failure.text(color: console.style.color))
          isDamaged = true
        }
      }
    } catch { throw CommandFailure(error.failure) }
    return (states.filter { $0.changeset.plan.name == loaded.plan.metadata.name }, isDamaged)
  }
}

extension PlanStatus.Lock {
  fileprivate init(_ seen: StateDirectory.LockSeen) {
    func of(_ state: State, _ holder: LockHolder?) -> Self { Self(state, who: holder?.who, host: holder?.host, run: holder?.run, since: holder?.since) }
    self = switch seen {
    case .free: of(.free, nil)
    case .held(let holder): of(.held, holder)
    case .lastHeldElsewhere(let holder): of(.unknown, holder)
    }
  }
}
