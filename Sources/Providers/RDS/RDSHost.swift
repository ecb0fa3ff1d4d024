public import AWSClient
internal import PlanModel
internal import ProviderInterface
public import Units

/// What the steps of this provider need of the host they run on.
public struct RDSHost: Sendable {
  let aws: AWSHost
  /// How long to wait before an instance that is being made or deleted is looked at again: a little at first, then more.
  let looks: ClosedRange<TimeSpan>

  public init(_ aws: AWSHost, looks: ClosedRange<TimeSpan> = .seconds(2) ... .seconds(20)) { self.aws = aws; self.looks = looks }

  /// The API as it is reached for an instance; nothing is asked yet.
  ///
  /// - Parameter time: after which whoever looks has gone; nil: a step has its own time. What is asked again within it leaves room to say why.
  func api(_ reference: RDSReference, _ secrets: any SecretResolving, within time: TimeSpan? = nil) throws(StepFailure) -> RDSAPI {
    var aws = aws
    if let time {
      aws.patience.time = min(aws.patience.time, .milliseconds(time.milliseconds / 2))
      aws.patience.answer = min(aws.patience.answer, .milliseconds(time.milliseconds * 4 / 5))
    }
    var endpoint: ServiceEndpoint?
    if let url = reference.endpoint {
      endpoint = ServiceEndpoint(url)
      guard endpoint != nil else {
        throw StepFailure("wrong-endpoint", "the endpoint of the server `\(reference.server)` is no URL of a host", helps: ["write `https://HOST` or `https://HOST:PORT`"])
      }
    }
    let source = reference.credentials.map { secret in
      CredentialSource("the secret `\(secret.name)`") { () throws(CredentialProblem) in
        let value: SecretValue
        do throws(StepFailure) { value = try await secrets.resolve(secret) } catch { throw CredentialProblem(error.message, transient: error.isTransient) }
        return try AWSCredentials(written: value.reveal())
      }
    }
    return RDSAPI(reference: reference, client: aws.client(of: .regional("rds", region: reference.region, endpoint: endpoint), credentials: source))
  }
}
