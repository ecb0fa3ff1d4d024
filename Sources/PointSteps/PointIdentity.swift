public import Encryption
internal import PlanModel
public import ProviderInterface
public import RecoveryPoints

extension PointManifest {
  /// What opens the point, from the identity that its data class names; nil where the point is not encrypted: then no secret is asked for.
  public func opened(by identity: SecretReference?, from secrets: any SecretResolving) async throws(StepFailure) -> AgeIdentity? {
    guard let encryption else { return nil }
    guard encryption.method == PointEncryption.age else {
      throw StepFailure(
        "encryption-unknown", "the point \(id) is encrypted by `\(encryption.method)`, which this version does not know",
        helps: ["use the sie-dr that made it: \(toolVersion)"])
    }
    guard let identity else {
      throw StepFailure(
        "identity-missing", "the point \(id) is encrypted, and the plan names no identity for `\(dataClass)`",
        details: encryption.recipients.map { "encrypted to \($0)" },
        helps: ["add `identity: { secret: NAME }` to the data class, the secret being the identity file of one of these"])
    }
    let value = try await secrets.resolve(identity)
    do throws(SealingError) { return try AgeIdentity(value.reveal()) } catch {
      throw StepFailure(
        "identity-unusable", "the identity in the secret `\(identity.name)` cannot be used: \(error.detail)",
        helps: ["it is what `age-keygen -o FILE` writes"])
    }
  }
}
