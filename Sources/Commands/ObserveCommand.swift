internal import ArgumentParser
internal import CanonicalJSON
internal import ChangePlanning
internal import ObjectStore
internal import PlanModel
internal import ProviderInterface
internal import RecoveryPoints
internal import Reporting
internal import Units

struct ObserveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "observe", abstract: "Record the world for `plan` and `lint` elsewhere, without credentials. Reads only.",
    discussion: """
      Looks at everything that protection and every scenario of the plan would look at, measures sizes and the durations of the last backups, and \
      writes it down. `plan --observations FILE` and `lint --observations FILE` then need no credentials and open no connection. No secret is in the \
      file; names of servers, databases, roles and points are.
      """)

  @Argument(help: "The plan file.")
  var plan: String
  @Option(help: ArgumentHelp("Where to write it.", valueName: "file"))
  var out: String
  @Option(help: ArgumentHelp("How long one look at a server or store may take.", valueName: "time span"))
  var observeTimeout = "5s"
  @OptionGroup var composition: CompositionOptions
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await CommandSession.guarded(global) { console in
      let loaded = try LoadedPlan.load(plan, composition, console)
      let world = ReadOnlyWorld(environment: CommandSession.environment, folder: loaded.identity.folder)
      let context = world.context(timeout: try TimeoutOption.read(observeTimeout, of: "--observe-timeout"), now: SystemClock.now())
      let steps = Self.looks(of: loaded)
      let seen = await world.observers.observeAll(steps, in: context)
      let recorded = steps.map { RecordedObservations.Step(kind: $0.kind, arguments: $0.arguments.json, observation: seen[$0.name] ?? .nothing) }
      var measured: [DataClassName: RecordedObservations.Measured] = [:]
      for protection in loaded.typed.protection {
        let name = protection.dataClass.name.value
        guard measured[name] == nil else { continue }
        let sizes = protection.steps.compactMap { step in
          recorded.first { $0.kind == step.specification.kind && $0.arguments == step.specification.arguments.json }?.observation.measurements["size"]?.string
        }
        let found = RecordedObservations.Measured(size: sizes.first.flatMap { ByteCount($0) }, dump: await Self.longestBackup(of: protection.dataClass, loaded, world))
        if found != RecordedObservations.Measured() { measured[name] = found }
      }
      var promises: [DataClassName: [ProtectionName: RecordedObservations.Promise]] = [:]
      for check in loaded.typed.checks {
        let look = recorded.first { $0.kind == check.step.specification.kind && $0.arguments == check.step.specification.arguments.json }?.observation
        if let promise = PromiseLook(check, look, at: context.now()).recorded { promises[check.dataClass.name.value, default: [:]][check.protection.name.value] = promise }
      }
      let record = RecordedObservations(
        toolVersion: Version.number, plan: loaded.identity.name, observedAt: context.now(), steps: recorded, measured: measured, promises: promises.isEmpty ? nil : promises)
      try Files.write(Array(try CanonicalJSON.prettyText(record).utf8), to: out)
      let lost = recorded.count { if case .unreachable = $0.observation.reach { true } else { false } }
      console.write("\(out): \(recorded.count) looks\(lost == 0 ? "" : ", \(lost) of them without an answer")\n")
      return .done
    }
  }

  /// Every step once, whichever scenario it is of.
  private static func looks(of loaded: LoadedPlan) -> [StepSpecification] {
    let all = loaded.typed.protectionSteps + loaded.typed.scenarios.flatMap { $0.steps + [$0.rollbackBefore, $0.rollbackAfter].compactMap { $0 } }
    var steps: [StepSpecification] = []
    for step in all.map(\.specification) where !steps.contains(where: { $0.kind == step.kind && $0.arguments == step.arguments }) {
      var step = step
      step.name = StepName(rawValue: "look-\(steps.count)")
      steps.append(step)
    }
    return steps
  }

  /// Of the last five good points; a bound on what comes is a longer one. Nil where there is none, or none can be seen.
  private static func longestBackup(of dataClass: DataClass, _ loaded: LoadedPlan, _ world: ReadOnlyWorld) async -> TimeSpan? {
    var stores: [any ObjectReading] = []
    for name in dataClass.stores {
      guard let reference = loaded.plan.reference(to: name), let store = try? await world.stores.reading(reference) else { continue }
      stores.append(store)
    }
    let points = await Catalogue.read(dataClass.name.value, in: stores).points.filter(\.isUsable).prefix(5)
    return points.map { $0.manifest.available - $0.manifest.started }.max()
  }
}
