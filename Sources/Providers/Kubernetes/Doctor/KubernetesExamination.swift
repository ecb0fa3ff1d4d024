internal import CanonicalJSON
internal import ChildProcess
internal import PlanModel
public import ProviderInterface

/// Looks whether a cluster answers, and takes the login. What each step may do there `plan` asks. Reads only.
public struct KubernetesExamination: Sendable {
  private let cluster: KubernetesReference
  private let host: KubernetesHost

  public init(of cluster: KubernetesReference, on host: KubernetesHost) { self.cluster = cluster; self.host = host }

  private struct Version: Decodable { var gitVersion: String }

  public func outcomes(in context: ObservingContext) async -> [CheckOutcome] {
    do throws(StepFailure) {
      let open = try await Cluster.open(cluster, on: host, context.secrets, within: context.timeout)
      let answer = try await open.run(["get", "--raw", "/version"])
      let version = (try? CanonicalJSON.decode(Version.self, from: answer.output))?.gitVersion
      // Anybody may ask for the version; this question only somebody whose login counts.
      let missing = try await open.missing([Right(verb: "get", resource: "deployments")], in: "default")
      return [
        CheckOutcome("connection", .ok, "`\(cluster.server)` is Kubernetes \(version ?? "of an unknown version")"),
        CheckOutcome("login", .ok, missing.isEmpty ? "is taken" : "is taken; it may not look at deployments in `default`, and `plan` says what each step lacks"),
      ]
    } catch { return [CheckOutcome("connection", error, otherwise: "try it by hand: kubectl --context \(cluster.context) version")] }
  }
}
