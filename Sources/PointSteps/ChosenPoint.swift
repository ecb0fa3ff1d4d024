public import ObjectStore
public import PlanModel
public import ProviderInterface
public import RecoveryPoints
public import Units

/// Which point a restore takes.
public enum ChosenPoint: Codable, Hashable, Sendable {
  /// The newest usable one in any store that answers.
  case latest
  case id(String)
  /// The newest usable one whose data was read before a moment, which another step may give: a time in RFC 3339.
  case before(InputValue)

  /// As a plan writes it: `latest`, or an id.
  public init(_ text: String) { self = text == "latest" ? .latest : .id(text) }

  /// The chosen point of a class, and those of the stores that hold it, in their order; nil if there is none. `problems` says what could not be asked.
  ///
  /// - Parameter lastRead: the moment after which nothing of a point was read; nil where that is unknown.
  public func find(
    _ dataClass: DataClassName, in references: [StoreReference], by stores: some StoreReading, lastRead: (PointManifest) -> Timestamp? = { $0.sigma }
  ) async -> (point: RecoveryPoint?, stores: [any ObjectReading], problems: [String]) {
    var open: [any ObjectReading] = []
    var problems: [String] = []
    for store in references {
      do throws(StepFailure) { open.append(try await stores.reading(store)) } catch {
        problems.append("store `\(store.name)`: \(error.message)")
      }
    }
    let catalogue = await Catalogue.read(dataClass, in: open)
    problems += catalogue.unreachable.map { "store `\($0.store)`: \($0.detail)" }
    problems += catalogue.findings.compactMap { finding in
      if case .damaged(let why) = finding.kind { "point \(finding.place.id) in `\(finding.store)`: \(why)" } else { nil }
    }
    let chosen: RecoveryPoint?
    switch self {
    case .latest: chosen = catalogue.latest
    case .id(let id): chosen = catalogue.point(id)
    case .before:
      chosen = moment.flatMap { moment in catalogue.points.first { point in point.isUsable && lastRead(point.manifest).map { $0 < moment } ?? false } }
      if chosen == nil { problems += moment.map { Self.notBefore($0, catalogue, lastRead) } ?? [] }
    }
    return (chosen, open.filter { store in chosen?.stores.contains(store.name) == true }, problems)
  }

  /// Why none of the points there are is from before the moment.
  private static func notBefore(_ moment: Timestamp, _ catalogue: Catalogue, _ lastRead: (PointManifest) -> Timestamp?) -> [String] {
    guard let oldest = catalogue.points.last?.manifest else { return ["there is no point at all"] }
    let suspects = catalogue.points.filter { point in !point.isUsable && lastRead(point.manifest).map { $0 < moment } ?? false }
    return ["the oldest of \(catalogue.points.count), \(oldest.id), was read at \(oldest.consistentAt)"]
      + suspects.prefix(3).map { "\($0.manifest.id) is from before it, but suspect: it \($0.manifest.suspect ?? "")" }
  }

  /// The moment before which the point must have been read; nil where another step decides, or where none is asked for.
  public var moment: Timestamp? { if case .before(.text(let text)) = self { Timestamp(text) } else { nil } }

  /// In words, while another step has still to decide: ``known when `scope` has run``.
  public var unknownUntil: String? {
    if case .before(.output(let step, _)) = self { "known when `\(step)` has run" } else { nil }
  }

  /// With what the steps before this one gave.
  ///
  /// - Throws: `output-missing`, or `time-unreadable` where the value is no time.
  public func resolved(in context: PerformingContext) async throws(StepFailure) -> ChosenPoint {
    guard case .before(let input) = self else { return self }
    let text = try await context.resolve(input).reveal()
    guard let moment = Timestamp(text) else {
      throw StepFailure(
        "time-unreadable", "what the point must be from before is no time", details: ["a secret or another step's output stands there"],
        helps: ["it must be as `2026-11-24T08:15:34.250Z`, which `postgresql.findCorruption` gives as `time`"])
    }
    return .before(.text(moment.description))
  }

  /// The failure where there is no such point.
  public func missing(of dataClass: DataClassName, in stores: [StoreReference], _ problems: [String]) -> StepFailure {
    let what =
      switch self {
      case .latest: "usable recovery point"
      case .id(let id): "recovery point \(id)"
      case .before: "usable recovery point from before \(moment.map { "\($0)" } ?? "that moment")"
      }
    return StepFailure(
      "no-point", "there is no \(what) of `\(dataClass)` in \(stores.map { "`\($0.name)`" }.joined(separator: ", "))", details: problems,
      helps: ["see what there is: sie-dr points list PLAN"])
  }
}

extension Plan {
  /// Where points of a class are kept, in the author's order, each once.
  public func storesOfPoints(of dataClass: DataClass) -> [StoreReference] {
    var stores: [StoreReference] = []
    for protection in dataClass.protections {
      for store in [protection.store] + protection.copies {
        if let reference = reference(to: store.value), !stores.contains(reference) { stores.append(reference) }
      }
    }
    return stores
  }
}
