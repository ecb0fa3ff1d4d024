internal import CanonicalJSON
internal import ObjectStore
internal import PlanModel
internal import PointSteps
internal import PostgreSQLClient
internal import ProviderInterface
internal import RecoveryPoints

extension PostgreSQLRestore.Arguments {
  /// The chosen point, and the stores that hold it, in the plan's order; nil if there is none. `problems` says what could not be asked.
  func find(in stores: some StoreReading) async -> (point: RecoveryPoint?, stores: [any ObjectReading], problems: [String]) {
    await point.find(dataClass, in: self.stores, by: stores) { manifest in
      // Of several databases each was read at a moment of its own, and the point is as old as the oldest.
      guard let databases = (try? CanonicalJSON.decode(LogicalPoint.self, from: manifest.content))?.databases else { return manifest.sigma }
      let moments = databases.map(\.sigma)
      return moments.contains(nil) ? nil : moments.compactMap { $0 }.max()
    }
  }

  /// Where the restored database goes.
  func target(_ address: ServerAddress) -> ServerAddress { (into ?? database).map { address.with(database: $0) } ?? address }

  /// The database of the point that is restored.
  func choose(from point: LogicalPoint, _ address: ServerAddress) throws(StepFailure) -> LogicalPoint.Database {
    let names = point.databases.map(\.name)
    let wanted = database ?? (names.count == 1 ? names[0] : address.database)
    guard let found = point.databases.first(where: { $0.name == wanted }) else {
      throw StepFailure(
        "no-such-database", "the point holds no database `\(wanted)`", details: ["it holds \(names.map { "`\($0)`" }.joined(separator: ", "))"],
        helps: ["say which: `postgresql.restore: { …, database: \(names.first ?? "NAME") }`"])
    }
    let there = Set(found.tables.map(\.qualified.description))
    guard let missing = tables.first(where: { !there.contains($0) }) else { return found }
    throw StepFailure(
      "no-such-table", "the database `\(wanted)` of the point has no table `\(missing)`",
      helps: ["write schema and table: \(found.tables.prefix(3).map { "`\($0.qualified)`" }.joined(separator: ", "))"])
  }
}
