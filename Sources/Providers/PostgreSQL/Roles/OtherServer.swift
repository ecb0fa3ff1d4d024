internal import PlanModel
internal import PostgreSQLClient
internal import ProviderInterface

/// Another server where the data can live, as it is found before a replica is made the primary.
struct OtherServer: Sendable {
  enum State: Sendable {
    /// It takes writes, or nobody can tell that it does not.
    case writes(String)
    case fenced(PromotionLoss.End?)
    case standby
    /// A cluster of another family.
    case unrelated
    case silent(String)
  }
  var name: ServerName
  var state: State

  static func look(
    _ server: PostgreSQLReference, family systemIdentifier: String, _ secrets: any SecretResolving, _ application: String
  ) async throws(StepFailure) -> OtherServer {
    func found(_ state: State) -> OtherServer { OtherServer(name: server.server, state: state) }
    let address: ServerAddress
    do throws(StepFailure) { address = try await secrets.address(of: server) } catch {
      if error == .cancelled { throw error }
      // The secret went down with its site; without it nothing can be asked, and the fence must do.
      return found(.silent(error.message))
    }
    switch try await Knocking(address: address, application: application).knock() {
    case .silent(let failure): return found(.silent(failure.message))
    case .refused(let failure): return found(.writes("it answers, and does not let us look: \(failure.message)"))
    case .open(let connection, let throughDoor):
      return try await translating("looking at \(address.server)") {
        let role = try await ServerRole.look(connection)
        let fence = role.isSuperuser && throughDoor ? try await AccessRules(connection: connection, server: address.server).fence() : nil
        let sessions = try await SessionSweep.count(connection)
        await connection.close()
        guard role.systemIdentifier == systemIdentifier else { return found(.unrelated) }
        guard let primary = role.primary else { return found(.standby) }
        guard let fence, sessions == 0 else {
          return found(.writes("it is a primary, and " + (fence == nil ? "takes connections" : "sessions from before its fence are left: \(sessions)")))
        }
        let end = (WALPosition(fence.mark.position) ?? primary.position).map {
          PromotionLoss.End(position: $0, nextTransaction: fence.mark.nextTransaction, at: fence.mark.at)
        }
        return found(.fenced(end))
      }
    }
  }

  /// The failure where one of them takes writes.
  static func refusal(_ others: [OtherServer], promoting server: ServerName) -> StepFailure? {
    for other in others {
      guard case .writes(let why) = other.state else { continue }
      return StepFailure(
        "primary-not-fenced", "`\(other.name)` may still take writes: \(why)",
        details: ["with `\(server)` as a second primary both would have rows that the other lacks, and nobody can bring them together again"],
        helps: ["fence it first: `fence: { postgresql.fence: { server: \(other.name) } }`, and `needs: [fence]` at this step; then resume or plan again"])
    }
    return nil
  }

  static func end(_ others: [OtherServer]) -> PromotionLoss.End? {
    others.lazy.compactMap { if case .fenced(let end?) = $0.state { end } else { nil } }.max { $0.position < $1.position }
  }
}
