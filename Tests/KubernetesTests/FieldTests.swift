import Diagnostics
import KubernetesProvider
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import YAMLReading

/// Fields as an author writes them.
@Suite("Fields of steps in a cluster")
struct FieldTests {
  private func read(_ step: String, clusters: Int = 1) -> (step: StepSpecification?, problems: [String]) {
    let servers = (0..<clusters).map { "k\($0): { kubernetes: { context: east, kubeconfig: { secret: token } } }" }.joined(separator: ", ")
    let plan = """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: small, owner: sre }
      objectives: { rto: 4h, rpo: 1h }
      secrets: { token: { env: TOKEN } }
      servers: { \(servers), db: { postgresql: { url: { secret: token } } } }
      scenarios: { loss: { steps: { it: { \(step) } } } }
      """
    let (document, _) = readYAML(SourceFile(path: "plan.yaml", bytes: Array(plan.utf8)))
    let (read, problems) = readPlan(document)
    let none = ProtectionSteps(backup: { _, _, _ in nil }, copy: { _, _, _, _ in nil }, expire: { _, _, _, _ in nil })
    guard let read else { return (nil, problems.map(\.summary)) }
    let (typed, untyped) = typecheck(read, kinds: World.kinds, protection: none)
    return (typed.scenarios.first?.steps.first?.specification, (problems + untyped).map(\.summary))
  }

  @Test("what cannot be in a cluster, or could be taken for an option of kubectl, is refused", arguments: [
    ("kubernetes.scale: { deployment: --all, replicas: 0 }", "`deployment` of `kubernetes.scale` of the step `it` is `--all`, which nothing in a cluster can be called"),
    ("kubernetes.rollout: { deployment: api, namespace: Sie }", "`namespace` of `kubernetes.rollout` of the step `it` is `Sie`, which nothing in a cluster can be called"),
    ("kubernetes.rollout: { deployment: api, cluster: db }", "`db` is a PostgreSQL server, not a Kubernetes cluster"),
    ("kubernetes.secret: { name: urls, set: {} }", "`set` of `kubernetes.secret` of the step `it` is empty"),
    ("kubernetes.secret: { name: urls, set: { \"a b\": c } }", "`a b` in `set` of `kubernetes.secret` of the step `it` can be no key of a secret"),
    ("kubernetes.wait: { resource: -l/app }", "`resource` of `kubernetes.wait` of the step `it` is `-l/app`"),
    ("kubernetes.wait: { resource: job }", "`resource` of `kubernetes.wait` of the step `it` is `job`"),
    ("kubernetes.apply: { folder: k8s, files: [../other.yaml] }", "`../other.yaml` in `files` of `kubernetes.apply` of the step `it` is outside of its folder"),
    ("kubernetes.apply: { folder: { secret: token } }", "`folder` of `kubernetes.apply` of the step `it` is a secret"),
    ("kubernetes.apply: { folder: k8s, servers: [bd] }", "there is no server `bd`"),
  ])
  func wrong(step: String, problem: String) { #expect(read(step).problems.contains(problem), "\(read(step).problems)") }

  @Test("with two clusters a step says which it means") func which() {
    #expect(read("kubernetes.rollout: { deployment: api }", clusters: 2).problems.contains("`kubernetes.rollout` of the step `it` has no `cluster`, and the plan has more than one Kubernetes cluster"))
    #expect(read("kubernetes.rollout: { deployment: api, cluster: k1 }", clusters: 2).problems == [])
  }

  @Test("each needs its cluster and its kubeconfig, writes what it changes, and knows how it is undone") func footprints() throws {
    let scale = try #require(read("kubernetes.scale: { namespace: sie, deployment: api, replicas: 0 }").step)
    #expect(scale.footprint.writes == [.named("kubernetes:k0/sie/deployment/api")] && scale.footprint.requires == [.server("k0"), .secret("token")])
    #expect(scale.undo == .byKind("scales back to the former number, if nobody else has changed it"))
    let apply = try #require(read("kubernetes.apply: { folder: k8s, servers: [db] }").step)
    #expect(apply.footprint.writes == [.server("k0"), .server("db")])
    #expect(try #require(read("kubernetes.rollout: { deployment: api }").step).undo == .nothingToUndo)
  }
}
