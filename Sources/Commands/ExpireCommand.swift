internal import ArgumentParser
internal import ChangePlanning
internal import ExecutionShell
internal import Journaling
internal import PlanModel
internal import ProviderInterface
internal import RecoveryPoints
internal import Reporting
internal import Units

struct ExpireCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "expire", abstract: "Remove the recovery points that retention no longer keeps.",
    discussion: """
      Shows every point of every store with what becomes of it and why, asks, and removes what has expired: the same decision, and the same \
      steps, as at the end of `apply`. The newest usable point never goes, nor one that is held, nor any point after a failed run or while a \
      store of the data class does not answer.
      """)

  @Argument(help: "The plan file.")
  var plan: String
  @Option(help: ArgumentHelp("Only this data class.", valueName: "class"))
  var data: String?
  @Flag(help: "Only show what would become of each point.")
  var dryRun = false
  @Flag(name: .shortAndLong, help: "Do not ask before beginning.")
  var yes = false
  @OptionGroup var composition: CompositionOptions
  @OptionGroup var state: StateOption
  @OptionGroup var format: FormatOption
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if format.format == .json, !dryRun { throw ValidationError("`--format json` shows decisions: write `--dry-run` with it") }
  }

  func run() async throws {
    try await CommandSession.guarded(global) { console in
      let environment = CommandSession.environment
      var loaded = try LoadedPlan.load(plan, composition, console)
      let directory = loaded.stateDirectory(state, environment)
      let last: LastRuns
      do throws(EngineFailure) { last = try await LastRuns.read(loaded.typed, directory) } catch { throw CommandFailure(error.failure) }
      let now = SystemClock.now()
      let judged = try await PointsReading.catalogues(loaded, data).map { dataClass, catalogue in
        let protections = loaded.typed.protection.filter { $0.dataClass.name.value == dataClass }
        return JudgedPoints(
          dataClass, catalogue, protections.map { ($0.protection, failedRun: last.failure(of: $0)?.run.rawValue) }, now: now)
      }
      console.write(try expiryReport(judged, now: now, as: format.format, console.style))
      guard !dryRun, judged.contains(where: \.expires) else { return judged.contains { !$0.unreachable.isEmpty } ? .error : .done }
      if !yes { guard try console.agreed(to: "removed") else { return .error } }
      loaded.typed = loaded.typed.onlyExpiry(of: Set(judged.map(\.dataClass))) { last.failure(of: $0) == nil }
      let changeset = try await makeChangeset(
        loaded, for: .protection, ReadOnlyWorld(environment: environment, folder: loaded.identity.folder), now: now, timeout: .seconds(30), width: 4)
      return try await RunCarrying(console, World(environment: environment, folder: loaded.identity.folder), directory).apply(changeset, parallelism: nil)
    }
  }
}

extension TypedPlan {
  /// The same plan with nothing but the expiry steps of some protections.
  fileprivate func onlyExpiry(of classes: Set<DataClassName>, where mayExpire: (TypedProtection) -> Bool) -> TypedPlan {
    var plan = self
    plan.protection = protection.filter { classes.contains($0.dataClass.name.value) && mayExpire($0) }.map { typed in
      var typed = typed
      typed.steps = typed.steps.filter { $0.specification.kind == Providers.expiry }.map { step in
        var specification = step.specification
        specification.needs = []
        return TypedStep(specification: specification, span: step.span, estimated: step.estimated, timeoutSpan: step.timeoutSpan, step: step.step)
      }
      return typed
    }
    return plan
  }
}
