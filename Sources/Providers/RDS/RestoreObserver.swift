internal import CanonicalJSON
public import ProviderInterface
internal import Units

/// Looks at the backups that a restore would take, at what has the identifier that it gives, and whether it may look at all.
public struct RDSRestoreObserver: StepObserver {
  public typealias Kind = RDSRestore
  let host: RDSHost

  public func observe(_ arguments: RDSRestore.Arguments, in context: ObservingContext) async -> Observation {
    do throws(StepFailure) {
      let (seen, target) = try await host.api(arguments.server, context.secrets, within: context.timeout).asking { api throws(RDSProblem) in
        (try await api.look(at: arguments.from.instance), try await api.instance(arguments.server.instance))
      }
      var observation = seen.observation
      observation.facts[RestoreFact.target] = .string(target == nil ? "absent" : "present")
      if let target {
        observation.facts[RestoreFact.problem] = .string("there is an instance `\(target.identifier)` already: delete it, or give the server `\(arguments.server.server)` another `instance`")
      }
      return observation
    } catch { return .unreachable(error.message) }
  }
}
