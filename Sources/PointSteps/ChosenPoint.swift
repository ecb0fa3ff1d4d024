public import ObjectStore
public import PlanModel
public import ProviderInterface
public import RecoveryPoints

/// Which point a restore takes.
public enum ChosenPoint: Codable, Hashable, Sendable {
  /// The newest usable one in any store that answers.
  case latest
  case id(String)

  /// As a plan writes it: `latest`, or an id.
  public init(_ text: String) { self = text == "latest" ? .latest : .id(text) }

  /// The chosen point of a class, and those of the stores that hold it, in their order; nil if there is none. `problems` says what could not be asked.
  public func find(
    _ dataClass: DataClassName, in references: [StoreReference], by stores: some StoreReading
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
    let chosen =
      switch self {
      case .latest: catalogue.latest
      case .id(let id): catalogue.point(id)
      }
    return (chosen, open.filter { store in chosen?.stores.contains(store.name) == true }, problems)
  }

  /// The failure where there is no such point.
  public func missing(of dataClass: DataClassName, in stores: [StoreReference], _ problems: [String]) -> StepFailure {
    let what =
      switch self {
      case .latest: "usable recovery point"
      case .id(let id): "recovery point \(id)"
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
