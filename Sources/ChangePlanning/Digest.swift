internal import CanonicalJSON
internal import Hashing
internal import PlanModel
internal import ProviderInterface

extension Changeset {
  /// What the digest covers, and nothing else: this, and then each step. Every one of them is a text that ends where it ends, so one after the
  /// other is as clear as one within the other, and ten thousand steps need the memory of one.
  private struct Reviewed: Encodable {
    var toolMajor: String
    var plan: String
    var environment: String?
    var scenario: ScenarioName?
    var parallelism: Int
    var onFailure: FailurePolicy
    var steps: Int
    var rollbackBefore: StepSpecification?
    var rollbackAfter: StepSpecification?
    var provisional: Provisional?
    var communication: [AudienceSpecification]?
    var approval: ApprovalRule?
    var signers: [String]?
  }
  private struct ReviewedStep: Encodable {
    var specification: StepSpecification
    var action: Change.Action
    var basis: PlannedStep.Basis
  }

  /// The digest as it must be; `digest` differs if the file was changed by hand.
  public func computedDigest() throws -> String {
    let reviewed = Reviewed(
      toolMajor: String(toolVersion.prefix { $0 != "." }), plan: plan.name, environment: plan.environment, scenario: scenario, parallelism: parallelism, onFailure: onFailure,
      steps: steps.count, rollbackBefore: rollbackBefore, rollbackAfter: rollbackAfter, provisional: provisional, communication: communication, approval: approval, signers: signers)
    let hasher = SHA256Hasher()
    hasher.update(try CanonicalJSON.bytes(reviewed))
    for step in steps {
      hasher.update(try CanonicalJSON.bytes(ReviewedStep(specification: step.specification, action: step.change.action, basis: step.basis.reviewed)))
    }
    return hasher.finalize().description
  }
}

extension PlannedStep.Basis {
  /// Why something was out of reach differs from look to look; that it was out of reach is what was reviewed.
  fileprivate var reviewed: Self { if case .unreachable = self { .unreachable(reason: "") } else { self } }
}
