internal import ArgumentParser
internal import CanonicalJSON
internal import ChangePlanning
internal import Diagnostics
internal import PlanModel
internal import ProviderInterface
internal import RecoveryPoints
internal import Reporting
internal import Units

/// What to plan and when: the same for `plan` and `apply`.
struct PlanningOptions: ParsableArguments {
  @Option(help: "Recover from this scenario. Without it: protection, that is backups that are due, copies that are missing, points that have expired.")
  var scenario: String?
  @Option(help: "In this mode of the scenario; as `--scenario NAME/MODE`.")
  var mode: String?
  @Option(help: ArgumentHelp("Restore this point of this data class, whatever the plan says; again for further classes.", valueName: "class=point"))
  var point: [String] = []
  @Option(help: ArgumentHelp("How many steps may run at once. [env: SIE_DR_PARALLELISM]", valueName: "n"))
  var parallelism: Int?
  @Option(help: ArgumentHelp("Plan as if it were this time (RFC 3339).", valueName: "time"))
  var now: String?
  @Option(help: ArgumentHelp("How long one look at a server or store may take.", valueName: "time span"))
  var observeTimeout: String = "5s"

  func width(_ environment: [String: String]) throws(CommandFailure) -> Int { try Self.width(parallelism, environment) }

  static func width(_ parallelism: Int?, _ environment: [String: String]) throws(CommandFailure) -> Int {
    let text = environment["SIE_DR_PARALLELISM"]
    let width = parallelism ?? text.flatMap { Int($0) } ?? (text == nil ? 4 : 0)
    guard (1...256).contains(width) else {
      throw CommandFailure("wrong-usage", "the parallelism is not a number from 1 to 256", status: .usage, helps: ["write `--parallelism 4`"])
    }
    return width
  }

  func points() throws(CommandFailure) -> [DataClassName: String] {
    var chosen: [DataClassName: String] = [:]
    for text in point {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, PointID(parts[1]) != nil else {
        throw CommandFailure(
          "wrong-usage", "`--point \(text)` does not name a point of a data class", status: .usage, helps: ["write `--point CLASS=POINT`, with an id from `sie-dr points list PLAN`"])
      }
      chosen[DataClassName(rawValue: parts[0])] = parts[1]
    }
    return chosen
  }

  func time() throws(CommandFailure) -> Timestamp {
    guard let now else { return SystemClock.now() }
    guard let time = Timestamp(now) else {
      throw CommandFailure("wrong-usage", "`--now \(now)` is not a time", status: .usage, helps: ["write it as `2026-11-24T08:15:34Z`"])
    }
    return time
  }

  func timeout() throws(CommandFailure) -> TimeSpan { try TimeoutOption.read(observeTimeout, of: "--observe-timeout") }
}

/// Plans against the world as it is. Gets hold of a `ReadOnlyWorld` and of nothing that writes.
func makeChangeset(_ loaded: LoadedPlan, _ options: PlanningOptions, _ world: ReadOnlyWorld, _ environment: [String: String]) async throws -> Changeset {
  try await makeChangeset(
    loaded, for: loaded.purpose(options.scenario, mode: options.mode), world, now: options.time(), timeout: options.timeout(), width: options.width(environment))
}

func makeChangeset(
  _ loaded: LoadedPlan, for purpose: Purpose, _ world: ReadOnlyWorld, now: Timestamp, timeout: TimeSpan, width: Int
) async throws -> Changeset {
  let request = PlanningRequest(toolVersion: Version.number, identity: loaded.identity, now: now, parallelism: width)
  return try await makeChangeset(loaded, for: purpose, request) { await world.observers.observeAll($0, in: world.context(timeout: timeout, now: now)) }
}

/// From what was recorded elsewhere: nothing is looked at, and no secret is needed.
func makeChangeset(_ loaded: LoadedPlan, _ options: PlanningOptions, from path: String, _ console: Console, _ environment: [String: String]) async throws -> Changeset {
  let observations = try ObservationsFile(path)
  let now = try options.time()
  if let problem = observations.problem(for: loaded.plan, now: now) {
    console.writeError(DiagnosticRenderer(sources: [loaded.file], options: .init(color: console.style.color, width: console.style.width)).render(problem) + "\n")
    throw CommandFailure("observations-unusable", "\(path) cannot be used for \(loaded.file.path)", helps: problem.helps)
  }
  let request = PlanningRequest(
    toolVersion: Version.number, identity: loaded.identity, now: now, parallelism: try options.width(environment), observedAt: observations.record.observedAt)
  return try await makeChangeset(loaded, for: loaded.purpose(options.scenario, mode: options.mode), request) { observations.record.observations(of: $0, in: path) }
}

private func makeChangeset(
  _ loaded: LoadedPlan, for purpose: Purpose, _ request: PlanningRequest, observe: ([StepSpecification]) async -> [StepName: Observation]
) async throws -> Changeset {
  let steps: [StepSpecification] =
    switch purpose {
    case .protection: loaded.typed.protectionSteps.map(\.specification)
    case .recovery(let scenario): scenario.steps.map(\.specification)
    }
  let read = Set(steps.flatMap(\.footprint.reads))
  for dataClass in loaded.plan.chosenPoints.keys.sorted() where !loaded.plan.stores.contains(where: { read.contains(.points(of: dataClass, in: $0.name.value)) }) {
    let what = if case .recovery(let typed) = purpose { "no step of the scenario `\(typed.scenario.name.value)` restores it" } else { "protection restores nothing" }
    throw CommandFailure("wrong-usage", "a point of `\(dataClass)` is chosen, but \(what)", status: .usage, helps: ["choose the scenario that does: `--scenario NAME`"])
  }
  var request = request
  if case .recovery = purpose { request.signers = try loaded.signers() }
  return try planChanges(loaded.typed, loaded.assessment, for: purpose, observations: await observe(steps), request)
}

struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show what `apply` would do to the world as it is now. Reads only.",
    discussion: """
      Observes servers and stores (in parallel, with time-outs; what cannot be reached is shown as such), compares, and prints every change \
      with its reason and its undo, the objectives, the predicted timeline and the risks. `--out` saves the changeset: `apply FILE` then does \
      exactly that.
      """)

  @Argument(help: "The plan file.")
  var plan: String
  @OptionGroup var composition: CompositionOptions
  @OptionGroup var planning: PlanningOptions
  @Option(help: ArgumentHelp("Look at nothing: plan with what `observe` has recorded. Needs no credentials.", valueName: "file"))
  var observations: String?
  @Option(help: ArgumentHelp("The former plan: shows what the change does to every objective and to the changeset; `-` for standard input.", valueName: "base"))
  var diff: String?
  @Option(help: ArgumentHelp("Save the changeset for `apply`.", valueName: "file"))
  var out: String?
  @Flag(help: "Exit with 2 if there are changes.")
  var detailedExitcode = false
  @OptionGroup var format: FormatOption
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if diff == "-", plan == "-" { throw ValidationError("standard input is either the plan or the former plan") }
  }

  func run() async throws {
    try await CommandSession.guarded(global) { console in
      let environment = CommandSession.environment
      let loaded = try LoadedPlan.load(plan, composition, console, points: planning.points())
      if planning.scenario == nil { loaded.tellOfUnmadeProtections(console) }
      let world = ReadOnlyWorld(environment: environment, folder: loaded.identity.folder)
      func made(_ loaded: LoadedPlan) async throws -> Changeset {
        if let observations { return try await makeChangeset(loaded, planning, from: observations, console, environment) }
        return try await makeChangeset(loaded, planning, world, environment)
      }
      let former = try diff.map { try PlanDiff($0, of: loaded, composition, console, points: planning.points()) }
      let changeset = try await made(loaded)
      if let out { try Files.write(try CanonicalJSON.bytes(changeset), to: out) }
      if let former {
        console.write(try planReport(try await former.comparison(of: loaded, plan, changeset, scenario: planning.scenario, made: made), as: format.format, console.style))
      } else { console.write(try planReport(changeset, as: format.format, console.style)) }
      return detailedExitcode && changeset.changesTheWorld ? .changesPending : .done
    }
  }
}
