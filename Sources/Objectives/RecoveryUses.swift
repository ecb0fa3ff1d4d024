internal import PlanModel
internal import ProviderInterface

/// From which of its protections the steps of a scenario bring a data class back: a step that restores reads the points in its stores or the managed
/// server whose backups it takes, and one that promotes makes a replica the primary. Where a step does not say what it uses, as a program of the author's, any of them may be.
struct RecoveryUses {
  /// Of each step that brings it back, the protections that it uses, or of all branches together; empty where no step says so.
  let ways: [[Int]]
  /// Those that no step uses.
  let unused: [Int]

  init(of dataClass: DataClass, _ all: [any ProtectionModel], _ recovery: ScenarioAssessment.Recovery?) {
    let name = dataClass.name.value
    let steps = recovery?.network.steps ?? []
    let recovering = steps.indices.filter { steps[$0].footprint.recovers == name.rawValue }.map { steps[$0] }
    let used = recovering.map { step in all.indices.filter { step.footprint.uses(all[$0], of: name) } }
    let isSaid = !used.contains(where: \.isEmpty)
    // Of branches one is taken; which of them loses most is told from all that they can use.
    let hasBranches = recovering.contains { $0.branch != nil }
    ways = isSaid ? (hasBranches ? [all.indices.filter { index in used.contains { $0.contains(index) } }] : used) : []
    unused = used.isEmpty || !isSaid ? [] : all.indices.filter { index in !used.contains { $0.contains(index) } }
  }
}

extension Footprint {
  private var restoresPoints: Bool { requires.contains { if case .anyStore = $0 { true } else { false } } }

  fileprivate func uses(_ protection: any ProtectionModel, of dataClass: DataClassName) -> Bool {
    protection.places.contains { place in
      switch place.value {
      case .store(let store): protection is PeriodicBackup && reads.contains(.points(of: dataClass, in: store))
      case .server(let server): writes.contains(.server(server)) && !restoresPoints
      case .site: (protection as? ManagedBackups)?.server.map { reads.contains(.server($0)) } ?? false
      case .remote: false
      }
    }
  }
}
