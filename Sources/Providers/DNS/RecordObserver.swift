internal import CanonicalJSON
internal import DNSClient
internal import PlanModel
public import ProviderInterface
internal import Units

/// Asks whoever keeps the zone where the name points, and of a record with members where each of them does.
public struct DNSRecordObserver: StepObserver {
  public typealias Kind = DNSRecordKind
  private let network: DNSNetwork
  public init(_ network: DNSNetwork) { self.network = network }

  public func observe(_ arguments: DNSRecordKind.Arguments, in context: ObservingContext) async -> Observation {
    do throws(StepFailure) {
      let standing = try await ZonePlace(arguments, network, context.secrets, now: context.now).look()
      var facts: [String: JSONValue] = [Fact.answer: .array(standing.former.answers.map(JSONValue.string))]
      var measurements: [String: JSONValue] = [Measured.ttl: .string("\(standing.ttl)")]
      if let own = standing.sets?.own.flatMap(SeenMember.init) { facts[Fact.member] = own.json }
      // What others are does not decide what this step does: another step of the same run may change them first.
      let members = standing.members(arguments.type)
      if !members.isEmpty { measurements[Measured.members] = .string(members.joined(separator: ", ")) }
      if let obstacle = standing.obstacle { facts[Fact.problem] = .string("`\(arguments.shownName)` \(obstacle.what): the step will refuse") }
      return Observation(facts: facts, measurements: measurements)
    } catch { return .unreachable(error.message) }
  }
}

extension Standing {
  /// For people: each member, where it points, and what is said of it.
  fileprivate func members(_ type: DNSRecordKind.RecordType) -> [String] {
    let all = (sets?.others ?? []) + [sets?.own].compactMap { $0 }
    return all.compactMap { set in
      set.member.map { "\($0) → \(set.answers(type).map(\.description).sorted().joined(separator: " "))" + (set.traits.map { " (\($0))" } ?? "") }
    }.sorted()
  }
}
