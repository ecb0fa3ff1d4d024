internal import ArgumentParser
internal import ChangePlanning
internal import ChildProcess
internal import Diagnostics
internal import ExecutionShell
internal import Glibc
internal import HTTPClient
internal import HTTPListener
internal import PlanModel
internal import ProviderInterface
internal import Units
internal import Watching

struct WatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Protect when it is due, and start scenarios when they are triggered.",
    discussion: """
      Asks the plan's probes, listens to Alertmanager, runs protection when it is due, and starts a scenario when its `detect` says so, or asks \
      people where the plan has them decide. Ends with SIGTERM or Ctrl-C: the first lets running steps end, the second cancels them. What it was \
      about survives its end. A line an event, on standard error.
      """)

  @Argument(help: "The plan file.")
  var plan: String
  @OptionGroup var composition: CompositionOptions
  @Option(help: ArgumentHelp("In which of the plan's sites this watch is.", valueName: "site"))
  var from: String?
  @Option(help: ArgumentHelp("Only ask the probes, and report to the watch that listens there; with `--from`.", valueName: "URL"))
  var report: String?
  @Option(help: ArgumentHelp("Touch nothing: show what the plan would have done with this recorded log.", valueName: "file"))
  var replay: String?
  @Flag(help: "Only probes and triggers: another program calls `apply` for protection.")
  var noProtection = false
  @Option(help: ArgumentHelp("How many steps of a run may be at work at once. [env: SIE_DR_PARALLELISM]", valueName: "n"))
  var parallelism: Int?
  @Option(help: ArgumentHelp("How long one look at a server or store may take.", valueName: "time span"))
  var observeTimeout: String = "5s"
  @OptionGroup var state: StateOption
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if report != nil, from == nil { throw ValidationError("'--report' needs '--from': who is told must know from where it was asked") }
    if report != nil, replay != nil { throw ValidationError("'--replay' reports to nobody") }
  }

  func run() async throws {
    try await CommandSession.guarded(global) { console in
      let loaded = try LoadedPlan.load(plan, composition, console)
      let here = try from.map { try site($0, loaded) }
      if let replay { return try WatchReplay(loaded, here: here, planFile: plan).run(replay, console) }
      let environment = CommandSession.environment
      let sources = SecretSources(environment: environment, children: ChildRunner(), folder: loaded.identity.folder)
      if let report, let here { return try await PlaceWatch(loaded, here, report, RememberedSecrets(sources), console).run() }
      let world = World(environment: environment, folder: loaded.identity.folder)
      let directory = loaded.stateDirectory(state, environment)
      let name = loaded.plan.metadata.name
      let reservation: Reservation
      do throws(EngineFailure) {
        let holder = LockHolder(who: world.who, host: world.host, pid: getpid(), run: RunID(rawValue: "watch"), since: SystemClock.now())
        reservation = try await directory.reserve(name, as: holder)
      } catch { throw CommandFailure(error.failure, status: ExitStatus(rawValue: error.exitCode) ?? .error) }
      defer { withExtendedLifetime(reservation) {} }
      let files = WatchFiles(directory.path, plan: name)
      let scenarios = WatchedScenario.all(in: loaded.plan, here: here)
      let machine = WatchMachine(scenarios, plan: name, former: try files.state())
      if !noProtection { loaded.tellOfUnmadeProtections(console) }
      let runs = WatchRuns(
        loaded: loaded, directory: directory, console: console, environment: environment, timeout: try TimeoutOption.read(observeTimeout, of: "--observe-timeout"),
        width: try PlanningOptions.width(parallelism, environment))
      let watcher = Watcher(machine, files, runs, planFile: plan, here: here, rhythm: noProtection ? nil : ProtectionRhythm(loaded.plan))
      return try await watcher.run(secrets: RememberedSecrets(sources))
    }
  }

  private func site(_ name: String, _ loaded: LoadedPlan) throws(CommandFailure) -> SiteName {
    if let site = loaded.plan.sites.first(where: { $0.name.value.rawValue == name }) { return site.name.value }
    throw CommandFailure(
      "wrong-usage", "\(loaded.file.path) has no site `\(name)`", status: .usage,
      helps: ["it has " + loaded.plan.sites.map { "`\($0.name.value)`" }.joined(separator: ", ")])
  }
}
