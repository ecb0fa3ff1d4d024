internal import CanonicalJSON
public import DNSClient
internal import PlanModel
public import ProviderInterface
internal import Units

/// Asks the zone's own server where the name points.
public struct DNSRecordObserver: StepObserver {
  public typealias Kind = DNSRecordKind
  private let client: DNSClient
  public init(_ client: DNSClient) { self.client = client }

  public func observe(_ arguments: DNSRecordKind.Arguments, in context: ObservingContext) async -> Observation {
    do throws(StepFailure) {
      let standing = try await ZonePlace(arguments, client, context.secrets, now: context.now).look()
      var facts: [String: JSONValue] = [Fact.answer: .array(standing.former.answers.map(JSONValue.string))]
      if let rival = standing.rival {
        facts[Fact.problem] = .string("`\(arguments.shownName)` points to \(rival) by a record of another type, beside which a \(arguments.type.rawValue) cannot stand: the step will refuse")
      }
      return Observation(facts: facts, measurements: [Measured.ttl: .string("\(standing.ttl)")])
    } catch { return .unreachable(error.message) }
  }
}
