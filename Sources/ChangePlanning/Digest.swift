internal import CanonicalJSON
internal import Hashing
internal import PlanModel
internal import ProviderInterface

extension Changeset {
  /// What the digest covers, and nothing else.
  private struct Reviewed: Encodable {
    struct Step: Encodable {
      var specification: StepSpecification
      var action: Change.Action
      var basis: PlannedStep.Basis
    }
    var toolMajor: String
    var plan: String
    var environment: String?
    var scenario: ScenarioName?
    var parallelism: Int
    var onFailure: FailurePolicy
    var steps: [Step]
    var rollbackBefore: StepSpecification?
    var rollbackAfter: StepSpecification?
  }

  /// The digest as it must be; `digest` differs if the file was changed by hand.
  public func computedDigest() throws -> String {
    let reviewed = Reviewed(
      toolMajor: String(toolVersion.prefix { $0 != "." }), plan: plan.name, environment: plan.environment, scenario: scenario, parallelism: parallelism, onFailure: onFailure,
      steps: steps.map { .init(specification: $0.specification, action: $0.change.action, basis: $0.basis.reviewed) },
      rollbackBefore: rollbackBefore, rollbackAfter: rollbackAfter)
    return SHA256Digest.of(try CanonicalJSON.bytes(reviewed)).description
  }
}

extension PlannedStep.Basis {
  /// Why something was out of reach differs from look to look; that it was out of reach is what was reviewed.
  fileprivate var reviewed: Self { if case .unreachable = self { .unreachable(reason: "") } else { self } }
}
