internal import AWSClient
internal import PlanModel
internal import ProviderInterface

extension Route53Keeper {
  func notUnderstood(_ problem: XMLProblem) -> StepFailure {
    StepFailure(
      "answer-not-understood", "what \(client.service.endpoint) answers is nothing that Route 53 says: \(problem)", details: ["something else listens there, or somebody stands between"],
      helps: ["look at `endpoint` of the server `\(arguments.zone.server)`"], transient: true)
  }

  /// Route 53's words as a person needs them at 03:00.
  func failure(_ error: AWSError) -> StepFailure {
    let server = arguments.zone.server
    let keys = arguments.zone.secret.map { "the secret `\($0.name)`" } ?? "the credentials that AWS's own tools find (environment, profile, role)"
    let zone = id.map { "hosted zone \($0)" } ?? "zone `\(names.zone)`"
    switch error.reason {
    case .cancelled: return .cancelled
    case .silent(let how):
      let help =
        switch how {
        case .untrusted: "if its certificate is signed by your own authority, write `ca: PATH` under `route53` of the server `\(server)`"
        case .notFound: "is the name right, and does this machine's DNS work? correct `endpoint` of the server `\(server)`"
        default: "is it reachable from here? curl -sI \(client.service.endpoint)"
        }
      return StepFailure(
        "route53-silent", "Route 53 gives no answer: \(error)", details: ["without it the name stays where it is"] + (error.mayHaveHappened ? ["a change may have been made all the same"] : []),
        helps: [help, "resume the run to look again"], transient: true)
    case .noCredentials: return StepFailure("credentials-missing", "\(zone) cannot be changed: \(error.detail)", helps: ["correct \(keys)"])
    case .unknownKey, .wrongSignature: return StepFailure("key-refused", "Route 53 refuses \(keys): \(error.detail)", helps: ["store an access key and its secret key that AWS knows, or a fresh session"])
    case .wrongClock: return StepFailure("clock-differs", "this machine's clock is not Route 53's: \(error.detail)", helps: ["set it by NTP; `chronyc tracking` or `timedatectl` says how it stands"])
    case .denied:
      return StepFailure(
        "update-refused", "Route 53 refuses to be asked or changed here: \(error.detail)", details: ["\(zone), record `\(names.name)`"],
        helps: [
          "allow the identity of \(keys) route53:ListResourceRecordSets and route53:ChangeResourceRecordSets on the zone (`\(names.name)`, and `\(names.mark)` TXT), route53:GetChange"
            + (id == nil ? ", route53:ListHostedZonesByName" : "")
        ])
    case .throttled:
      return StepFailure("route53-busy", "Route 53 takes no more requests now: \(error)", details: ["an account may make five a second"], helps: ["resume the run in a moment"], transient: true)
    case .failing:
      return StepFailure("route53-failed", "Route 53 fails: \(error)", details: error.mayHaveHappened ? ["a change may have been made all the same"] : [], helps: ["resume the run to look again"], transient: true)
    case .notUnderstood:
      return StepFailure(
        "answer-not-understood", "what answers is not Route 53: \(error)", details: ["something else listens there, or somebody stands between"],
        helps: ["look at `endpoint` of the server `\(server)`"], transient: true)
    case .refused where error.code == "NoSuchHostedZone":
      return StepFailure("zone-not-found", "Route 53 has no \(zone): \(error.detail)", helps: ["correct `id` under `route53` of the server `\(server)`, or its `credentials`: another account may have it"])
    case .refused where error.code == "NoSuchChange":
      return StepFailure(
        "change-pending", "Route 53 has changed `\(names.name)`, and does not know of that change any more: \(error.detail)", details: ["whether all of its servers have it cannot be said"],
        helps: ["look at what is there: \(question)", "resume the run to look again"], transient: true)
    case .refused:
      return StepFailure("change-refused", "Route 53 does not take the change of `\(names.name)`: \(error.detail)", details: ["nothing was changed"], helps: ["look at what is there: \(question)"])
    }
  }
}
