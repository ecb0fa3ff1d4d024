public import PlanModel
internal import ProviderInterface
internal import Scheduling

/// What is lost where a class comes back by one branch or another: each has its own way.
public struct BranchLoss: Sendable {
  public var choice: StepName
  public var branch: BranchName
  public var candidate: ClassAssessment.Candidate
  /// In the predicted course.
  public var isExpected: Bool
}

extension ScenarioAssessment.Recovery {
  /// For each branch that may be taken and brings the class back: the best that its steps can use. Empty where no choice brings it back.
  func losses(of dataClass: DataClass, _ candidates: [ClassAssessment.Candidate]) -> [BranchLoss] {
    let name = dataClass.name.value.rawValue
    return network.alternatives.flatMap { choice in
      choice.branches.compactMap { branch -> BranchLoss? in
        guard let step = branch.steps.first(where: { network.steps[$0].footprint.recovers == name }), let place = network.steps[step].branch else { return nil }
        let requires = network.steps[step].footprint.requires
        let usable = candidates.filter { $0.place.isUsed(by: requires) }
        let isExpected = branch.steps.allSatisfy { timeline.entries[$0].outcome == .done }
        return (usable.first ?? candidates.first).map { BranchLoss(choice: place.choice, branch: place.branch, candidate: $0, isExpected: isExpected) }
      }
    }
  }
}

extension Place {
  /// Whether a step that needs these to survive can bring data back from here: one that reads points takes no replica's.
  fileprivate func isUsed(by requirements: Set<Requirement>) -> Bool {
    var readsPoints = false
    var servers: Set<ServerName> = []
    for requirement in requirements {
      switch requirement {
      case .store, .anyStore: readsPoints = true
      case .server(let name): servers.insert(name)
      case .secret: break
      }
    }
    return if case .server(let name) = self { !readsPoints && servers.contains(name) } else { readsPoints || servers.isEmpty }
  }
}
