import Diagnostics
@testable import DNSProvider
import PlanModel
import ProviderInterface
import Testing
import Units
import YAMLReading

/// What the fields of a `dns.record` come to, and what is said of wrong ones.
@Suite("Fields of dns.record") struct DecodeTests {
  private func typed(_ fields: String, zone: String = "zone: sie.example, host: \"ns1:5353\", key: { secret: key }, resolvers: 192.0.2.53") throws -> (step: TypedStep?, diagnostics: [Diagnostic]) {
    let plan = """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: small, owner: sre }
      secrets: { key: { env: KEY } }
      servers: { names: { dns: { \(zone) } } }
      scenarios: { loss: { steps: { it: { dns.record: { \(fields) }, estimate: 2s } } } }
      """
    let (document, _) = readYAML(SourceFile(path: "plan.yaml", bytes: Array(plan.utf8)))
    let (read, problems) = readPlan(document)
    guard let read else { return (nil, problems) }
    let none = ProtectionSteps(backup: { _, _, _ in nil }, copy: { _, _, _, _ in nil }, expire: { _, _, _, _ in nil })
    let (typed, untyped) = typecheck(read, kinds: StepKinds([AnyStepKind(DNSRecordKind.self)]), protection: none)
    return (typed.scenarios.first?.steps.first, problems + untyped)
  }

  @Test("they become what the step needs, and nothing of the plan") func arguments() throws {
    let (step, diagnostics) = try typed("name: api, type: A, from: 192.0.2.1, to: 192.0.2.7, ttl: 90s")
    #expect(diagnostics.isEmpty)
    let specification = try #require(step?.specification)
    let arguments = try specification.arguments.decoded(as: DNSRecordKind.Arguments.self)
    #expect(arguments.zone.host == NameServer(host: "ns1", port: 5353) && arguments.zone.resolvers == [NameServer(host: "192.0.2.53")] && arguments.zone.authoritative.isEmpty)
    #expect(arguments.ttl == .seconds(90) && arguments.from == "192.0.2.1" && arguments.zone.key?.name == "key")
    #expect(specification.footprint == Footprint(reads: [.server("names")], writes: [.named("dns:names/api")], requires: [.server("names"), .secret("key")]))
    // Its own work and the old time to live.
    #expect(step?.estimated?.amount == .seconds(92))
  }

  @Test("wrong ones are told with their place", arguments: [
    ("to: west.sie.example", "`dns.record` of the step `it` has no `name`"), ("name: api", "`dns.record` of the step `it` has no `to`"),
    ("name: api.sie.example, to: x", "`name` of `dns.record` of the step `it` is `api.sie.example`, with its zone"), ("name: \"a..b\", to: x", "`name` of `dns.record` of the step `it` is `a..b`, which is no name in `sie.example`"),
    ("name: api, type: A, to: west", "`to` of `dns.record` of the step `it` is `west`, which no A record can say"), ("name: api, type: AAAA, to: 192.0.2.1", "`to` of `dns.record` of the step `it` is `192.0.2.1`, which no AAAA record can say"),
    ("name: api, to: \"ä.example\"", "`to` of `dns.record` of the step `it` is `ä.example`, which no CNAME record can say"), ("name: api, to: { secret: key }", "`to` of `dns.record` of the step `it` is a secret"),
    ("name: api, type: A, to: 192.0.2.1, from: east", "`from` of `dns.record` of the step `it` is `east`, which no A record can say"), ("name: api, to: x, ttl: 1500ms", "`ttl` of `dns.record` of the step `it` is `1s500ms`"),
    ("name: api, to: x, ttl: 30000d", "`ttl` of `dns.record` of the step `it` is `30000d`"), ("name: api, to: x, zone: nams", "there is no server `nams`"),
    ("name: api, to: x, tll: 1m", "`dns.record` of the step `it` has no key `tll`"),
  ]) func wrong(_ fields: String, _ summary: String) throws { #expect(try typed(fields).diagnostics.map(\.summary) == [summary]) }

  @Test("wrong servers are told where they are defined", arguments: [
    ("zone: sie.example, host: \"ns1:99999\"", "`host` of `dns` of the server `names` is `ns1:99999`"), ("zone: \"ä.example\", host: ns1", "`zone` of the server `names` is `ä.example`, which is no name in ASCII"),
    ("zone: sie.example, host: ns1, authoritative: [ns1, \"ns2:\"]", "`authoritative` of `dns` of the server `names` is `ns2:`"),
  ]) func servers(_ zone: String, _ summary: String) throws { #expect(try typed("name: api, to: x", zone: zone).diagnostics.first?.summary == summary) }

  private static let cloud = "zone: sie.example, route53: { id: Z1, credentials: { secret: key } }"

  @Test("members of a record at Route 53") func members() throws {
    let (step, diagnostics) = try typed("name: api, type: A, member: east, weight: 0, ttl: 1m", zone: Self.cloud)
    #expect(diagnostics.isEmpty, "\(diagnostics.map(\.summary))")
    let specification = try #require(step?.specification)
    let arguments = try specification.arguments.decoded(as: DNSRecordKind.Arguments.self)
    #expect(arguments.member == RecordMember(name: "east", weight: 0) && arguments.to == nil)
    #expect(arguments.zone.keeper == .route53(id: "Z1", AWSReference(credentials: SecretReference(name: "key", source: .env("KEY")))))
    #expect(specification.footprint == Footprint(reads: [.server("names")], writes: [.named("dns:names/api/east")], requires: [.server("names"), .secret("key")]))
    #expect(try typed("name: api, type: A, to: 192.0.2.1, member: two, failover: secondary, healthCheck: h", zone: "zone: sie.example, route53: {}").diagnostics.isEmpty)
  }

  @Test("wrong members are told with their place", arguments: [
    ("name: api, to: x, weight: 3", "`dns.record` of the step `it` has `weight` and no `member`"), ("name: api, member: east", "`dns.record` of the step `it` has no `to`"),
    ("name: api, to: x, member: east, weight: 256", "`weight` of `dns.record` of the step `it` is `256`"), ("name: api, to: x, member: east, weight: 1, failover: primary", "`dns.record` of the step `it` has both `weight` and `failover`"),
    ("name: api, to: x, member: east, failover: first", "`failover` of `dns.record` of the step `it` is `first`"),
    ("name: api, to: x, member: \(String(repeating: "m", count: 129)), weight: 1", "`member` of `dns.record` of the step `it` has 129 bytes"),
  ]) func wrongMembers(_ fields: String, _ summary: String) throws { #expect(try typed(fields, zone: Self.cloud).diagnostics.map(\.summary) == [summary]) }

  @Test("a name server's records have no members") func noMembers() throws {
    #expect(try typed("name: api, to: x, member: east, weight: 1").diagnostics.map(\.summary) == ["`member` of `dns.record` of the step `it` is of Route 53 only, and `names` is a name server"])
  }

  @Test("wrong zones at Route 53 are told where they are defined", arguments: [
    ("route53: { id: /hostedzone/Z1 }", "`/hostedzone/Z1` cannot be the id of a hosted zone"), ("route53: {}, host: ns1", "`dns` of the server `names` has both `route53` and `host`"),
    ("route53: { ca: x }", "`route53` of `dns` of the server `names` has a `ca` and no `endpoint`"), ("route53: { endpoint: dns.example }", "the endpoint `dns.example` of `route53` of `dns` of the server `names` is no URL"),
    ("route53: { endpoint: \"https://u:p@h\" }", "the endpoint of `route53` of `dns` of the server `names` holds a user name or password"), ("route53: { regin: x }", "`route53` of `dns` of the server `names` has no key `regin`"),
  ]) func clouds(_ zone: String, _ summary: String) throws { #expect(try typed("name: api, to: x", zone: "zone: sie.example, " + zone).diagnostics.first?.summary == summary) }

  @Test("the zone itself may be meant") func apex() throws { #expect(try typed("name: \"@\", type: A, to: 192.0.2.7").diagnostics.isEmpty) }
}
