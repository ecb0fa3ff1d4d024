internal import DNSClient
public import PlanModel
public import ProviderInterface
internal import Units

/// What `doctor` finds out of a zone: whether its own server answers and takes the key, and who else serves it.
public struct DNSZoneExamination: Sendable {
  private let zone: DNSZoneReference
  private let network: DNSNetwork

  public init(_ zone: DNSZoneReference, _ network: DNSNetwork) { self.zone = zone; self.network = network }

  public func outcomes(in context: ObservingContext) async -> [CheckOutcome] {
    // Any record will do: what is asked is the zone itself.
    let arguments = DNSRecordKind.Arguments(zone: zone, name: "@", type: .A, to: .text("192.0.2.1"))
    let place: ZonePlace
    do throws(StepFailure) {
      place = try await ZonePlace(arguments, network, context.secrets, now: context.now)
      _ = try await place.look()
    } catch { return [CheckOutcome("answer", error, otherwise: "look at the name server")] }
    // Route 53 takes nothing unsigned: without a secret the credentials come from where AWS's own tools find them.
    let isUnsigned = zone.secret == nil && !zone.hasMembers
    var outcomes = [CheckOutcome("answer", isUnsigned ? .warning : .ok, place.keeper.accepted, helps: isUnsigned ? ["give the zone a `key`"] : [])]
    for (server, problem) in await place.serving() {
      outcomes.append(
        CheckOutcome(
          "name server \(server)", problem == nil ? .ok : .warning, problem ?? "answers for the zone",
          helps: problem == nil ? [] : ["a change is not seen by whoever asks it; name the servers that count under `authoritative`"]))
    }
    return outcomes
  }
}

extension ZonePlace {
  /// The servers that the world asks, and what is wrong with each; nil: nothing.
  fileprivate func serving() async -> [(DNSServer, String?)] {
    let (question, client) = (DNSQuestion(zone, .soa), client)
    let servers = await authoritative()
    return await withTaskGroup(of: (Int, String?).self) { group in
      for (index, server) in servers.enumerated() {
        group.addTask {
          do throws(DNSError) {
            let answer = try await client.ask(question, of: server, deadline: .seconds(3))
            guard answer.code == .noError else { return (index, "it says \(answer.code)") }
            return (index, answer.isAuthoritative ? nil : "it is no server of the zone")
          } catch { return (index, "\(error)") }
        }
      }
      let found = await group.reduce(into: [Int: String?]()) { $0[$1.0] = .some($1.1) }
      return servers.enumerated().map { ($1, found[$0] ?? "not asked") }
    }
  }
}

extension DNSZoneReference {
  /// A server of the plan, if it is a zone and its secret is known.
  public init?(_ server: Server, in plan: Plan) {
    guard case .dns(let zone) = server.kind else { return nil }
    self.init(server.name.value, zone, in: plan)
  }
}
