import CanonicalJSON
@testable import Commands
import Diagnostics
import PlanModel
import ProviderInterface
@testable import RDSProvider
import Testing
import Units
import YAMLReading

/// What plans say of RDS, and what it comes to.
@Suite("RDS in plans") struct LanguageTests {
  private func typed(
    _ step: String, rds: String = "region: us-east-1, instance: orders, credentials: { secret: aws }", managed: String = "server: db, every: 1d, sites: [east], pitr: { granularity: 5m, window: 7d }"
  ) -> (plan: TypedPlan?, summaries: [String]) {
    let text = """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: small }
      sites: { east: {} }
      secrets: { aws: { env: AWS }, pg-url: { env: PG } }
      servers:
        pg: { postgresql: { url: { secret: pg-url } }, site: east }
        db: { rds: { \(rds) }, site: east }
        db-new: { rds: { region: us-east-1, instance: orders-new, credentials: { secret: aws } } }
        db-west: { rds: { region: us-west-2, instance: orders-new } }
      data:
        orders:
          on: [pg]
          estimate: { size: 10GB, restore: 40m }
          protect: { provider: { managed: { \(managed) } } }
      scenarios:
        lost:
          loses: { servers: [pg] }
          detect: { noticedWithin: 5m }
          steps:
            it: \(step)

      """
    let (document, yaml) = readYAML(SourceFile(path: "plan.yaml", bytes: Array(text.utf8)))
    let (plan, reading) = readPlan(document)
    guard let plan else { return (nil, (yaml + reading).map(\.summary)) }
    let (typed, typing) = typecheck(plan, kinds: Providers.kinds, protection: Providers.protection)
    return (typed, (yaml + reading + typing).map(\.summary))
  }

  private func step(_ text: String) throws -> TypedStep {
    let (plan, summaries) = typed(text)
    #expect(summaries == [])
    return try #require(plan?.scenarios.first?.steps.first)
  }

  private func arguments(_ text: String) throws -> RDSRestore.Arguments { try step(text).specification.arguments.decoded(as: RDSRestore.Arguments.self) }

  @Test("a promise that names its instance is looked at in each run of protection") func check() throws {
    let (plan, summaries) = typed("{ rds.restore: { data: orders, server: db-new } }")
    #expect(summaries == [])
    let checks = try #require(plan?.checks)
    #expect(checks.map(\.step.specification.name) == ["check-orders-provider"] && checks[0].step.specification.kind == "rds.check")
    #expect(plan?.protection.isEmpty == true && plan?.protectionSteps.count == 1)
    let arguments = try checks[0].step.specification.arguments.decoded(as: RDSCheck.Arguments.self)
    #expect(arguments.promise == ManagedPromise(every: .days(1), granularity: .minutes(5), window: .days(7)) && arguments.server.instance == "orders")
    #expect(arguments.server.credentials?.name == "aws")
    let specification = checks[0].step.specification
    #expect(specification.footprint == Footprint(reads: [.server("db")], requires: [.secret("aws")]) && specification.undo == .nothingToUndo && specification.onFailure == .continue)
    #expect(typed("{ rds.restore: { data: orders, server: db-new, from: db } }", managed: "every: 1d, sites: [east]").plan?.checks.isEmpty == true)
  }

  @Test("a restore takes the class's own instance, and says what it needs and brings back") func restore() throws {
    let step = try step("{ rds.restore: { data: orders, server: db-new } }")
    #expect(step.estimated?.amount == .minutes(40) && step.specification.undo == .byKind("deletes the instance that this run made"))
    #expect(step.specification.footprint == Footprint(reads: [.server("db")], writes: [.server("db-new")], requires: [.server("db-new"), .secret("aws")], recovers: "orders"))
    let all = try arguments("{ rds.restore: { data: orders, server: db-new, from: db, point: 2026-11-24T08:15:34.5+01:00, class: db.t3.micro, subnetGroup: g, securityGroups: [a, b], multiAZ: false } }")
    #expect(all.moment == .at(Timestamp("2026-11-24T07:15:34.5Z") ?? Timestamp(milliseconds: 0)) && all.moment.resolved?.written == "2026-11-24T07:15:34Z")
    #expect(all.instanceClass == "db.t3.micro" && all.subnetGroup == "g" && all.securityGroups == ["a", "b"] && all.isMultiAZ == false)
    #expect(try arguments("{ rds.restore: { data: orders, server: db-new } }").moment == .latest)
    let before = try arguments("{ rds.restore: { data: orders, server: db-new, point: { before: 2026-11-24T08:15:34Z } } }")
    #expect(before.moment.resolved?.written == "2026-11-24T08:15:33Z")
  }

  @Test("what makes no sense is refused with what to write", arguments: [
    ("{ rds.restore: { data: orders, server: db } }", "`db` is the instance that is restored from"),
    ("{ rds.restore: { data: orders, server: db-west } }", "`db-west` is in us-west-2"),
    ("{ rds.restore: { data: orders, server: pg } }", "`pg` is a PostgreSQL server, not a RDS instance"),
    ("{ rds.restore: { data: orders, server: db-new, point: yesterday } }", "`point` of"),
    ("{ rds.restore: { data: orders, server: db-new, point: { before: soon } } }", "`soon` is no time"),
    ("{ rds.restore: { data: orders, server: db-new, class: large } }", "`class` of"),
    ("{ rds.restore: { data: orders } }", "has no `server`"),
    ("{ rds.check: { server: db } }", "does not say what is counted on"),
    ("{ rds.check: { server: db, window: 0s } }", "`window`"),
  ]) func refused(step: String, words: String) {
    #expect(typed(step).summaries.contains { $0.contains(words) }, "\(typed(step).summaries)")
  }

  @Test("a class whose promise names no instance needs `from`") func noSource() {
    #expect(typed("{ rds.restore: { data: orders, server: db-new } }", managed: "every: 1d, sites: [east]").summaries.contains { $0.contains("lacks `from`") })
  }

  @Test("an instance must be one that can be", arguments: [
    ("region: us-east-1, instance: \"Orders_1\"", "`instance` of"), ("region: us-east-1, instance: \"a--b\"", "`instance` of"), ("region: \"us east\", instance: a", "`region` of"), ("instance: a", "`region`"),
    ("region: us-east-1, instance: a, endpoint: \"https://u:p@host\"", "holds a user name or password"), ("region: us-east-1, instance: a, credentials: \"A:B\"", "is written into the plan"),
  ]) func instance(rds: String, words: String) {
    #expect(typed("{ rds.check: { server: db-new, window: 1d } }", rds: rds).summaries.contains { $0.contains(words) }, "\(typed("{ rds.check: { server: db-new, window: 1d } }", rds: rds).summaries)")
  }

  @Test("a promise is of an RDS instance only") func wrongServer() {
    #expect(typed("{ rds.check: { server: db, window: 1d } }", managed: "server: pg, every: 1d, sites: [east]").summaries == ["`pg` is a PostgreSQL server, not a RDS instance"])
  }
}
