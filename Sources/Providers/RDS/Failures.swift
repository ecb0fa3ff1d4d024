internal import AWSClient
internal import ProviderInterface
internal import Units

extension RDSProblem {
  /// As a person needs it at 03:00.
  func failure(_ reference: RDSReference) -> StepFailure {
    let key = reference.credentials.map { "the secret `\($0.name)`" } ?? "the credentials that were found (environment, profile, container or instance)"
    let place = "RDS in \(reference.region) (\(error.target))"
    switch error.reason {
    case .cancelled: return .cancelled
    case .silent(.untrusted?):
      return StepFailure(
        "rds-untrusted", "\(place) cannot be trusted: \(error.detail)", helps: ["is `endpoint` of the server `\(reference.server)` right? name a file of certificates with SSL_CERT_FILE if they are your own authority's"])
    case .silent:
      return StepFailure(
        "rds-silent", "\(place) gives no answer to \(action): \(error.detail)", details: ["nothing can be seen or restored without it"],
        helps: ["is it reachable from here? aws rds describe-db-instances --region \(reference.region)", "look at https://health.aws.amazon.com, and resume the run when it answers"], transient: true)
    case .noCredentials:
      return StepFailure(
        "rds-key-missing", "there are no credentials for RDS: \(error.detail)", helps: ["correct \(key)", "or give the server `\(reference.server)` a `credentials: { secret: NAME }`"])
    case .unknownKey: return StepFailure("rds-key-refused", "\(place): \(error.detail)", helps: ["renew the access key in \(key)"])
    case .wrongSignature: return StepFailure("rds-key-refused", "\(place): \(error.detail)", helps: ["put access key and secret key of the same user into \(key)"])
    case .wrongClock:
      return StepFailure("clock-differs", "\(place) refuses the signature for its time: \(error.detail)", details: ["a signature counts for 5 minutes"], helps: ["set this machine's clock by NTP: `chronyc tracking`"])
    case .denied:
      return StepFailure(
        "rds-denied", "\(place) does not allow \(action): \(error.detail)",
        helps: ["allow rds:\(action) to the identity of \(key)", "a restore also needs rds:AddTagsToResource: sie-dr marks what it makes"])
    case .throttled: return StepFailure("rds-throttled", "\(place) throttles \(action): \(error.detail)", helps: ["wait a minute and resume the run; look who else asks so much"], transient: true)
    case .failing: return StepFailure("rds-failing", "\(place) fails at \(action): \(error.detail)", helps: ["look at https://health.aws.amazon.com, and resume the run"], transient: true)
    case .notUnderstood:
      return StepFailure(
        "rds-not-understood", "\(place): \(error.detail)", details: ["something else listens there, or somebody stands between"],
        helps: ["correct `endpoint` of the server `\(reference.server)`, or remove it: Amazon's own is used then"], transient: true)
    case .refused: return refused(reference, place)
    }
  }

  private func refused(_ reference: RDSReference, _ place: String) -> StepFailure {
    let message = "\(place) refuses \(action): \(error.detail)"
    switch error.code {
    case "InstanceQuotaExceeded", "StorageQuotaExceeded":
      return StepFailure("rds-quota", message, details: ["the account may have no further instance or storage in this region"], helps: ["raise the quota: aws service-quotas list-service-quotas --service-code rds", "or delete what is not needed"])
    case "InsufficientDBInstanceCapacity":
      return StepFailure("rds-capacity", message, details: ["Amazon has no such machine left in the zone"], helps: ["write another `class`, or resume the run later"], transient: true)
    case "InvalidDBInstanceState": return StepFailure("rds-state", message, helps: ["look at it: \(reference.describing(reference.instance))", "resume the run when it is available"], transient: true)
    case "KMSKeyNotAccessibleFault": return StepFailure("rds-key-inaccessible", message, details: ["the backups are encrypted with a KMS key that cannot be used"], helps: ["enable the key, and allow its use to this identity"])
    default: return StepFailure("rds-refused", message, helps: ["correct what it names in the step, then plan again"])
    }
  }
}

/// Runs calls of the API and says why one failed.
extension RDSAPI {
  func asking<Value>(_ body: (RDSAPI) async throws(RDSProblem) -> Value) async throws(StepFailure) -> Value {
    do throws(RDSProblem) { return try await body(self) } catch { throw error.failure(reference) }
  }
}
