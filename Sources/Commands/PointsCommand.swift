internal import ArgumentParser
internal import ChangePlanning
internal import MeilisearchProvider
internal import ObjectStore
internal import PlanModel
internal import PostgreSQLProvider
internal import RedisProvider
internal import ProviderInterface
internal import RecoveryPointProvider
internal import RecoveryPoints
internal import Reporting
internal import Units

struct PointsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "points", abstract: "Look at recovery points, and have a word in what becomes of them.",
    subcommands: [PointsListCommand.self, PointsShowCommand.self, PointsHoldCommand.self, PointsReleaseCommand.self, PointsAcceptCommand.self])
}

struct PointsListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List recovery points, newest first, with the stores that hold them.",
    discussion: "A store that does not answer is shown as such. Exits with 1 if a store holds something damaged.")

  @Argument(help: "The plan file.")
  var plan: String
  @Option(help: ArgumentHelp("Only this data class.", valueName: "class"))
  var data: String?
  @OptionGroup var composition: CompositionOptions
  @OptionGroup var format: FormatOption
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await CommandSession.guarded(global) { console in
      let catalogues = try await PointsReading.catalogues(try LoadedPlan.load(plan, composition, console), data)
      console.write(try pointsReport(catalogues, now: SystemClock.now(), as: format.format, console.style))
      return catalogues.contains { $0.catalogue.hasDamage } ? .error : .done
    }
  }
}

struct PointsShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one recovery point: what is in it, where it is, how to restore it.",
    discussion: """
      With `--commands` it prints a bash script of stock tools alone (sha256sum, zstd, age, psql, pg_restore, vacuumdb; cp, aws or curl to fetch the \
      objects) that restores the point without this program.
      """)

  @Argument(help: "The plan file.")
  var plan: String
  @Argument(help: "The point's id, or `latest`.")
  var point: String
  @Option(help: ArgumentHelp("The data class, if the plan has several.", valueName: "class"))
  var data: String?
  @Flag(help: "Print the commands that restore it by hand.")
  var commands = false
  @Option(help: ArgumentHelp("With `--commands`: the store to take it from; the first that has it if not given.", valueName: "store"))
  var store: String?
  @OptionGroup var composition: CompositionOptions
  @OptionGroup var format: FormatOption
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await CommandSession.guarded(global) { console in
      let loaded = try LoadedPlan.load(plan, composition, console)
      let found = try await PointsReading.point(point, in: loaded, data).point
      let text = commands ? try PointsReading.script(found, from: store, loaded) : try pointReport(found, now: SystemClock.now(), as: format.format, console.style)
      console.write(text)
      return .done
    }
  }
}

/// The stores of a plan's data classes, read.
enum PointsReading {
  static func classes(_ loaded: LoadedPlan, _ data: String?) throws(CommandFailure) -> [DataClass] {
    let classes = loaded.plan.dataClasses.filter { data == nil || $0.name.value.rawValue == data }
    guard !classes.isEmpty else {
      let names = loaded.plan.dataClasses.map { "`\($0.name.value)`" }.joined(separator: ", ")
      throw CommandFailure("unknown-data-class", "the plan has no data class `\(data ?? "")`", status: .usage, helps: ["it has \(names)"])
    }
    return classes
  }

  static func catalogues(_ loaded: LoadedPlan, _ data: String?) async throws -> [(dataClass: DataClassName, catalogue: Catalogue)] {
    let world = ReadOnlyWorld(environment: CommandSession.environment, folder: loaded.identity.folder)
    var result: [(DataClassName, Catalogue)] = []
    for dataClass in try classes(loaded, data) {
      let stores = dataClass.stores.compactMap { loaded.plan.reference(to: $0) }
      result.append((dataClass.name.value, await world.stores.catalogue(of: dataClass.name.value, in: stores)))
    }
    return result
  }

  /// The point of that id, or `latest`, and the catalogue that it stands in.
  static func point(_ id: String, in loaded: LoadedPlan, _ data: String?) async throws -> (point: RecoveryPoint, catalogue: Catalogue) {
    let catalogues = try await catalogues(loaded, data)
    for (_, catalogue) in catalogues {
      if let point = id == "latest" ? catalogue.latest : catalogue.point(id) { return (point, catalogue) }
    }
    let near = catalogues.flatMap(\.catalogue.points).prefix(3).map { "`\($0.manifest.id)`" }
    throw CommandFailure(
      "no-such-point", "there is no recovery point `\(id)`", details: catalogues.flatMap(\.catalogue.unreachable).map(\.description),
      helps: [near.isEmpty ? "no store holds a point of this plan" : "the newest are " + near.joined(separator: ", ")])
  }

  /// The commands that restore a point from one of the stores that hold it.
  static func script(_ point: RecoveryPoint, from store: String?, _ loaded: LoadedPlan) throws -> String {
    guard let name = point.stores.first(where: { store == nil || $0 == store }), let reference = loaded.plan.reference(to: StoreName(rawValue: name)) else {
      let names = point.stores.map { "`\($0)`" }.joined(separator: ", ")
      throw CommandFailure("no-such-point", "`\(store ?? "")` does not hold the point \(point.manifest.id)", helps: ["it is in \(names)"])
    }
    let world = ReadOnlyWorld(environment: CommandSession.environment, folder: loaded.identity.folder)
    let source = try world.source(of: reference)
    switch point.manifest.method {
    case RedisProvider.pointMethod: return try RedisProvider.restoreScript(point.manifest, from: source)
    case MeilisearchProvider.pointMethod: return try MeilisearchProvider.restoreScript(point.manifest, from: source)
    default: return try PostgreSQLProvider.restoreScript(point.manifest, from: source)
    }
  }
}
