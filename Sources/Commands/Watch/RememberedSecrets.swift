internal import Concurrency
internal import ProviderInterface

/// Secrets that are asked for again and again: a program that finds one is not run for each probe.
struct RememberedSecrets: SecretResolving {
  let sources: any SecretResolving
  private let known = Lock<[SecretReference: (value: SecretValue, until: ContinuousClock.Instant)]>([:])
  /// A changed password is found after so long.
  private static let lifetime = Duration.seconds(60)

  init(_ sources: any SecretResolving) { self.sources = sources }

  func resolve(_ secret: SecretReference) async throws(StepFailure) -> SecretValue {
    let now = ContinuousClock.now
    if let known = known.withLock({ $0[secret] }), known.until > now { return known.value }
    let value = try await sources.resolve(secret)
    known.withLock { $0[secret] = (value, now.advanced(by: Self.lifetime)) }
    return value
  }
}
