internal import CanonicalJSON
internal import ObjectStore
internal import PlanModel
internal import ProviderInterface
internal import RecoveryPoints

extension PostgreSQLRestore.Arguments {
  /// The chosen point, and the stores that hold it, in the plan's order; nil if there is none. `problems` says what could not be asked.
  func find(in stores: some StoreReading) async -> (point: RecoveryPoint?, stores: [any ObjectReading], problems: [String]) {
    var open: [any ObjectReading] = []
    var problems: [String] = []
    for store in self.stores {
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
      switch point {
      case .latest: catalogue.latest
      case .id(let id): catalogue.point(id)
      }
    return (chosen, open.filter { store in chosen?.stores.contains(store.name) == true }, problems)
  }

  /// The failure where there is no such point.
  func noPoint(_ problems: [String]) -> StepFailure {
    switch point {
    case .latest:
      StepFailure(
        "no-point", "there is no usable recovery point of `\(dataClass)` in \(stores.map { "`\($0.name)`" }.joined(separator: ", "))",
        details: problems,
        helps: ["see what there is: sie-dr points list PLAN"])
    case .id(let id):
      StepFailure(
        "no-point", "there is no recovery point \(id) of `\(dataClass)` in \(stores.map { "`\($0.name)`" }.joined(separator: ", "))",
        details: problems,
        helps: ["see what there is: sie-dr points list PLAN"])
    }
  }
}
