internal import PlanModel
internal import PointSteps
public import ProviderInterface

/// Looks at a Meilisearch server with what a dump or a restore will ask of it. Reads only.
public struct MeilisearchExamination: Sendable {
  private let server: MeilisearchReference
  private let host: MeilisearchHost
  private let isDumped: Bool

  public init(of server: MeilisearchReference, on host: MeilisearchHost, isDumped: Bool) {
    self.server = server; self.host = host; self.isDumped = isDumped
  }

  public func outcomes(in context: ObservingContext) async -> [CheckOutcome] {
    let version: String
    do throws(StepFailure) {
      let search = try await SearchServer.open(server, by: host.client, secrets: context.secrets, deadline: context.timeout)
      version = try await search.version()
    } catch { return [CheckOutcome("connection", error, otherwise: "check that the server is up: curl \(server.url)/health")] + (isDumped ? [dumps] : []) }
    var found = [CheckOutcome("connection", .ok, "`\(server.server)` is Meilisearch \(version)")]
    do throws(StepFailure) {
      try server.check(running: version)
      if let pinned = server.version { found.append(CheckOutcome("version", .ok, "as the plan says: \(pinned)")) }
    } catch { found.append(CheckOutcome("version", error, otherwise: "look at the server")) }
    return found + (isDumped ? [dumps] : [])
  }

  private var dumps: CheckOutcome {
    do throws(StepFailure) {
      let path = try host.dumpFolder(of: server)
      return CheckOutcome("dumps", .ok, "\(path) is there; whether it is the server's own is seen only when one is made")
    } catch { return CheckOutcome("dumps", error, otherwise: "write `dumps` at the server") }
  }
}
