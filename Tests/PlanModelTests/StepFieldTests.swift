@testable import Commands
import CanonicalJSON
import Diagnostics
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units
import YAMLReading

/// What the fields of steps come to, and what is said of wrong ones.
@Suite("Fields of step kinds") struct StepFieldTests {
  private let servers = """
      redis: { redis: { url: { secret: east-url } }, site: east }
      search: { meilisearch: { url: "http://search:7700", key: { secret: west-url } }, site: west }
      k8s-west: { kubernetes: { context: west, kubeconfig: { secret: west-url } }, site: west }
      zone: { dns: { zone: sie.example, host: ns1.sie.example } }

    """
  private let data = "  queues: { on: [redis] }\n  index: { on: [search], estimate: { size: 10GB, dump: 100MB/s, upload: 20s, restore: 4m }, protect: { daily: { dump: {}, every: 24h, to: [far] } } }\n"

  /// The sample plan with servers of every kind, and one more step.
  private func typed(_ step: String, _ replacements: [(String, String)] = []) -> (step: TypedStep?, diagnostics: [Diagnostic]) {
    var text = samplePlan.replacing("servers:\n", with: "servers:\n" + servers, maxReplacements: 1).replacing("scenarios:\n", with: data + "scenarios:\n")
    for (old, new) in replacements { text = text.replacing(old, with: new, maxReplacements: 1) }
    let (document, yaml) = readYAML(SourceFile(path: "plan.yaml", bytes: Array((text + "      more: \(step)\n").utf8)))
    let (plan, reading) = readPlan(document)
    guard let plan else { return (nil, yaml + reading) }
    let (typed, typing) = typecheck(plan, kinds: Providers.kinds, protection: Providers.protection)
    return (typed.scenarios[0].steps.first { $0.specification.name == "more" }, yaml + reading + typing)
  }

  private func footprint(_ step: String, _ replacements: [(String, String)] = []) throws -> Footprint {
    let (step, diagnostics) = typed(step, replacements)
    #expect(diagnostics.map(\.summary) == [])
    return try #require(step).specification.footprint
  }

  @Test("a fence may be of a server that is gone; a promotion needs its server and brings the only class there back")
  func fenceAndPromote() throws {
    let fence = try footprint("{ postgresql.fence: { server: pg-east } }")
    #expect(fence == Footprint(writes: [.server("pg-east")]))
    let on = [("on: [pg-east]", "on: [pg-east, pg-west]")]
    let promotion = Footprint(writes: [.server("pg-west")], requires: [.server("pg-west"), .secret("west-url")], recovers: "orders")
    #expect(try footprint("{ postgresql.promote: { server: pg-west } }", on) == promotion)
    // Nothing lives there, so the author must say what comes back.
    #expect(try footprint("{ postgresql.promote: { server: pg-west } }").recovers == nil)
    #expect(try footprint("{ postgresql.promote: { server: pg-west, data: orders } }").recovers == "orders")
    // A replica of wrong data is wrong.
    let corrupt = on + [("loses: { sites: [east] }", "corrupts: { data: [orders], noticedWithin: 1h }")]
    #expect(try footprint("{ postgresql.promote: { server: pg-west } }", corrupt).recovers == nil)
  }

  @Test("whoever fences by a program of his own says how that is taken back") func undo() throws {
    #expect(try #require(typed("{ postgresql.fence: { server: pg-east } }").step).specification.undo == .byKind("lets the server take connections and writes again"))
    #expect(try #require(typed("{ postgresql.fence: { server: pg-east, by: [power, \"off\"] } }").step).specification.undo == .unknown)
    #expect(try #require(typed("{ postgresql.promote: { server: pg-west } }").step).specification.undo == .unknown)
  }

  @Test("backups read the servers of their class and write a point, restores need a store that holds one, and the class's estimates count")
  func points() throws {
    let dump = typed("{ meilisearch.dump: { data: index, protection: daily } }")
    #expect(dump.step?.specification.footprint == Footprint(reads: [.server("search")], writes: [.points(of: "index", in: "far")], requires: [.store("far")]))
    #expect(dump.step?.estimated?.amount == .seconds(120))
    let restore = typed("{ meilisearch.restore: { data: index, server: search, folder: /srv/data.ms, stop: [stop], start: [start] } }")
    #expect(restore.step?.estimated?.amount == .minutes(4))
    #expect(restore.step?.specification.footprint.recovers == "index")
  }

  @Test("steps on one thing in a cluster share its name, and what a program makes is written")
  func resources() throws {
    let scale = try footprint("{ kubernetes.scale: { namespace: sie, deployment: api, replicas: 0 } }")
    #expect(scale.writes == [.named("kubernetes:k8s-west/sie/deployment/api")] && scale.reads == [.server("k8s-west")])
    #expect(try footprint("{ kubernetes.rollout: { namespace: sie, deployment: api } }").writes == scale.writes)
    #expect(try footprint("{ kubernetes.wait: { resource: job/migrate } }").reads.contains(.named("kubernetes:k8s-west/default/job/migrate")))
    let apply = try footprint("{ kubernetes.apply: { folder: k8s, servers: [search] } }")
    #expect(apply.writes == [.server("k8s-west"), .server("search")])
    let secret = try footprint("{ kubernetes.secret: { name: urls, set: { url: { secret: east-url } } } }")
    #expect(secret.requires == [.server("k8s-west"), .secret("west-url"), .secret("east-url")])
    #expect(secret.writes == [.named("kubernetes:k8s-west/default/secret/urls")])
    let terraform = try footprint("{ terraform.apply: { folder: infra, backend: far, servers: [k8s-west] } }")
    #expect(terraform == Footprint(writes: [.named("terraform:infra/default"), .server("k8s-west")], requires: [.store("far")]))
    #expect(try footprint("{ git.checkout: { from: { secret: west-url }, into: work } }").requires == [.secret("west-url")])
  }

  @Test("an old TTL is waited out on top of the estimate, and is never hidden by a time-out that is shorter")
  func timeToLive() throws {
    let record = "{ dns.record: { name: api, to: west.sie.example, ttl: 5m }"
    #expect(typed("\(record), estimate: 10s, timeout: 10m }").step?.estimated?.amount == .seconds(310))
    #expect(typed("\(record), timeout: 10m }").step?.estimated == nil)
    #expect(typed("\(record), timeout: 2m }").step?.estimated?.amount == .minutes(5))
    #expect(typed("{ dns.record: { name: api, to: west.sie.example }, estimate: 10s }").step?.estimated?.amount == .seconds(10))
    #expect(try footprint("\(record) }").writes == [.named("dns:zone/api")])
  }

  @Test("outputs make an order, known ones are checked, and those of a configuration are its own affair")
  func outputs() {
    func needs(_ input: String) -> (needs: [StepName]?, summaries: [String]) {
      let found = typed("{ dns.record: { name: api, to: { output: \(input) }, ttl: 1m } }\n      made: { terraform.apply: { folder: infra } }\n      fence: { postgresql.fence: { server: pg-east } }")
      return (found.step?.specification.needs, found.diagnostics.map(\.summary))
    }
    #expect(needs("made.address") == (["made"], []))
    #expect(needs("fence.position") == (["fence"], []))
    #expect(needs("fence.adress").summaries == ["the step `fence` gives no output `adress`"])
  }

  struct Wrong: Sendable { var step: String; var code: DiagnosticCode; var summary: String; var help: String? }

  @Test("a wrong field is told with its place and the nearest name", arguments: [
    Wrong(step: "{ kubernetes.scal: {} }", code: "unknown-step-kind", summary: "there is no step kind `kubernetes.scal`", help: "did you mean `kubernetes.scale`?"),
    Wrong(step: "{ kubernetes.scale: { deployment: a, replicsa: 1 } }", code: "unknown-key", summary: "`kubernetes.scale` of the step `more` has no key `replicsa`", help: "did you mean `replicas`?"),
    Wrong(step: "{ kubernetes.scale: { deployment: a, replicas: -1 } }", code: "wrong-value", summary: "`replicas` of `kubernetes.scale` of the step `more` is `-1`", help: nil),
    Wrong(step: "{ kubernetes.rollout: { cluster: k8s-wets, deployment: a } }", code: "unknown-reference", summary: "there is no server `k8s-wets`", help: "did you mean `k8s-west`?"),
    Wrong(step: "{ kubernetes.rollout: { cluster: search, deployment: a } }", code: "wrong-value", summary: "`search` is a Meilisearch server, not a Kubernetes cluster", help: "name one of `k8s-west`"),
    Wrong(step: "{ postgresql.restore: { data: orders, server: redis } }", code: "wrong-value", summary: "`redis` is a Redis server, not a PostgreSQL server", help: "name one of `pg-east`, `pg-west`"),
    Wrong(step: "{ redis.restore: { data: orders, server: redis } }", code: "wrong-value", summary: "`redis.restore` of the step `more` is for a Redis server, and `orders` lives on `pg-east`, a PostgreSQL server", help: "name a data class that lives on a Redis server"),
    Wrong(step: "{ meilisearch.dump: { data: index, protection: daly } }", code: "unknown-reference", summary: "there is no protection `daly`", help: "did you mean `daily`?"),
    Wrong(step: "{ terraform.apply: { folder: infra, servers: [k8s-wst] } }", code: "unknown-reference", summary: "there is no server `k8s-wst`", help: "did you mean `k8s-west`?"),
    Wrong(step: "{ dns.record: { name: api, to: x, ttl: 300 } }", code: "wrong-value", summary: "`ttl` of `dns.record` of the step `more` is `300`", help: nil),
    Wrong(step: "{ dns.record: { name: api, to: x, type: AAA } }", code: "wrong-value", summary: "`type` of `dns.record` of the step `more` is `AAA`", help: "did you mean `AAAA`?"),
    Wrong(step: "{ notify.send: { by: slack, text: hello } }", code: "missing-key", summary: "`notify.send` of the step `more` has no `to`", help: "add `to: …`"),
    Wrong(step: "{ git.mirror: { from: a, to: { secret: east-ulr } } }", code: "unknown-reference", summary: "there is no secret `east-ulr`", help: "did you mean `east-url`?"),
  ]) func wrong(_ wrong: Wrong) throws {
    let found = typed(wrong.step).diagnostics
    let first = try #require(found.first { $0.code == wrong.code }, "\(found.map(\.summary))")
    #expect(first.summary == wrong.summary)
    if let help = wrong.help { #expect(first.helps.first == help) }
  }

  @Test("where a plan has two clusters, a step says which") func which() {
    let second = [("zone: {", "k8s-east: { kubernetes: { context: east } }\n  zone: {")]
    let found = typed("{ kubernetes.rollout: { deployment: a } }", second).diagnostics
    #expect(found.map(\.summary) == ["`kubernetes.rollout` of the step `more` has no `cluster`, and the plan has more than one Kubernetes cluster"])
    #expect(found.first?.helps == ["write which: `k8s-west`, `k8s-east`"])
    #expect(typed("{ kubernetes.rollout: { cluster: k8s-east, deployment: a } }", second).diagnostics.isEmpty)
  }

  @Test("what only a PostgreSQL server can do is asked of no other") func kindsOfServers() {
    let probe = typed("{ postgresql.fence: { server: pg-east } }", [("data:\n", "probes: { p: { sql: { server: redis, query: select 1 } } }\ndata:\n")])
    #expect(probe.diagnostics.map(\.summary) == ["`redis` is a Redis server, not a PostgreSQL server"])
    let backup = typed("{ postgresql.fence: { server: pg-east } }", [("queues: { on: [redis] }", "queues: { on: [redis], protect: { p: { logical: {}, every: 1h, to: [far] } } }")])
    #expect(backup.diagnostics.map(\.summary) == ["`p` of `queues` is a logical backup, and `redis` is a Redis server"])
  }
}
