internal import ArgumentParser
internal import ChangePlanning
internal import ObjectStore
internal import PlanModel
internal import ProviderInterface
internal import RecoveryPoints

struct PointsHoldCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hold", abstract: "Keep a recovery point whatever retention says, until it is released.",
    discussion: """
      Puts a note beside the point in every store that holds it. While an incident is open, hold the last point that is known to be good. \
      Exits with 1 if a store did not answer: type it again when it does.
      """)

  @OptionGroup var target: NotedPoint
  @Option(help: ArgumentHelp("Why: shown by `points list` and `expire --dry-run`.", valueName: "text"))
  var reason: String
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if reason.isEmpty { throw ValidationError("a hold without a reason is released by nobody: write `--reason TEXT`") }
  }

  func run() async throws {
    try await CommandSession.guarded(global) { console in
      try await target.everywhere(console) { note, place, store throws(StoreError) in
        try await note(reason).put(.hold, beside: place, in: store) ? "held" : "was held already"
      }
    }
  }
}

struct PointsReleaseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release", abstract: "Give a held recovery point back to retention.",
    discussion: "Exits with 1 if a store did not answer: a hold that stands there keeps the point in all stores, so type it again when it does.")

  @OptionGroup var target: NotedPoint
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await CommandSession.guarded(global) { console in
      try await target.everywhere(console) { _, place, store throws(StoreError) in
        try await PointNote.remove(.hold, from: place, in: store)
        return "not held any more"
      }
    }
  }
}

struct PointsAcceptCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accept", abstract: "Trust a suspect recovery point.",
    discussion: """
      A backup that holds far less than the last good one is suspect: no restore takes it by itself, and nothing expires because of it. If the \
      data was meant to go, accept the point: from then on it is as good as any other.
      """)

  @OptionGroup var target: NotedPoint
  @Option(help: ArgumentHelp("Why: kept beside the point.", valueName: "text"))
  var reason: String = ""
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await CommandSession.guarded(global) { console in
      try await target.everywhere(console, refusing: { $0.manifest.suspect == nil ? "it is not suspect" : nil }) { note, place, store throws(StoreError) in
        try await note(reason).put(.acceptance, beside: place, in: store) ? "accepted" : "was accepted already"
      }
    }
  }
}

/// A point that a person has a word on, in every store that holds it.
struct NotedPoint: ParsableArguments {
  @Argument(help: "The plan file.")
  var plan: String
  @Argument(help: "The point's id, or `latest`.")
  var point: String
  @Option(help: ArgumentHelp("The data class, if the plan has several.", valueName: "class"))
  var data: String?
  @OptionGroup var composition: CompositionOptions

  /// Does it in each store, one after another; what one store refuses does not keep the others from it.
  func everywhere(
    _ console: Console, refusing: (RecoveryPoint) -> String? = { _ in nil },
    _ act: (_ note: (String) -> PointNote, PointPlace, any ObjectStore) async throws(StoreError) -> String
  ) async throws -> ExitStatus {
    let loaded = try LoadedPlan.load(plan, composition, console)
    let (point, catalogue) = try await PointsReading.point(point, in: loaded, data)
    if let reason = refusing(point) {
      console.write("\(point.manifest.id): nothing to do, \(reason)\n")
      return .done
    }
    let world = World(environment: CommandSession.environment, folder: loaded.identity.folder)
    let stores = world.stores
    func note(_ reason: String) -> PointNote { PointNote(who: world.who, host: world.host, at: SystemClock.now(), reason: reason) }
    var missed = catalogue.unreachable.map(\.description)
    for name in point.stores {
      guard let reference = loaded.plan.reference(to: StoreName(rawValue: name)) else { continue }
      do throws(StoreError) {
        let store: any ObjectStore
        do throws(StepFailure) { store = try await stores.opening(reference) } catch { throw StoreError(store: name, .unreachable, error.message) }
        console.write("\(point.manifest.id) in `\(name)`: \(try await act(note, point.manifest.place, store))\n")
      } catch {
        missed.append(error.description)
      }
    }
    guard missed.isEmpty else {
      throw CommandFailure("store-missed", "not every store could be told", details: missed, helps: ["type the same again when it answers; saying it twice does no harm"])
    }
    return .done
  }
}
