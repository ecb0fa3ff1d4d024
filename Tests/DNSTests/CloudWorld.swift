import AWSClient
import CanonicalJSON
import DNSClient
@testable import DNSProvider
import HTTPClient
import PlanModel
import ProviderInterface
import TestSupport
import Units

/// One record of one test at the stand-in of Route 53, and runs of a step over it.
struct CloudWorld: Sendable {
  typealias Entry = Route53Server.Entry

  var server: Route53Server
  var arguments: DNSRecordKind.Arguments
  var secret = Route53Server.credentials
  var run = RunID(rawValue: "20261124T120000Z-\(UInt32.random(in: 0 ... .max))")
  var now: @Sendable () -> Timestamp = systemTime
  var timeout = TimeSpan.seconds(20)
  var patience = CloudWorld.patience

  static let patience: AWSPatience = {
    var patience = AWSPatience()
    (patience.attempts, patience.time, patience.answer) = (4, .seconds(5), .seconds(2))
    (patience.firstWait, patience.longestWait) = (.milliseconds(20), .milliseconds(100))
    return patience
  }()
  static let client = HTTPClient()

  var name: String { "\(arguments.name).\(Route53Server.zone)" }

  /// A new name that has these sets, whose name is filled in.
  init(
    _ server: Route53Server, _ former: [Entry] = [Entry("", "CNAME", ["east.example.test"])], type: DNSRecordKind.RecordType = .CNAME, to: String? = "west.example.test",
    member: RecordMember? = nil
  ) throws {
    let name = "t\(UInt32.random(in: 0 ... .max))"
    let access = AWSReference(endpoint: server.url, credentials: SecretReference(name: "aws", source: .env("UNUSED")))
    let zone = DNSZoneReference(server: "names", zone: Route53Server.zone, keeper: .route53(id: Route53Server.zoneID, access))
    self.server = server
    arguments = DNSRecordKind.Arguments(zone: zone, name: name, type: type, to: to.map { .text($0) }, member: member)
    if !former.isEmpty { try server.change(create: former.map(named)) }
  }

  func named(_ entry: Entry) -> Entry {
    var entry = entry
    entry.name = entry.name + name
    return entry
  }

  func with(_ change: (inout CloudWorld) -> Void) -> CloudWorld {
    var world = self
    change(&world)
    return world
  }

  /// The same, asking something else than the stand-in.
  func at(_ endpoint: String, id: String? = Route53Server.zoneID) -> CloudWorld {
    with { $0.arguments.zone.keeper = .route53(id: id, AWSReference(endpoint: endpoint, credentials: SecretReference(name: "aws", source: .env("UNUSED")))) }
  }

  var network: DNSNetwork {
    DNSNetwork(aws: AWSHost(CredentialWorld(environment: [:], client: Self.client, readFile: { _ in nil }, now: now), folder: "/", patience: patience))
  }
  var performer: DNSRecordPerformer { DNSRecordPerformer(network, patience: .seconds(3)) }
  var observer: DNSRecordObserver { DNSRecordObserver(network) }

  func context(attempt: Int = 1) -> PerformingContext {
    PerformingContext(
      mark: StepMark(run: run, step: "point", attempt: attempt), earlierMarks: [], plan: "small", planDigest: "d", toolVersion: "1.0.0", timeout: timeout,
      secrets: Keys(key: secret), stores: NoStores(), outputs: ["before": ["address": .text("192.0.2.9")]], now: now, report: { _ in })
  }

  func perform(attempt: Int = 1) async throws(StepFailure) -> StepResult { try await performer.perform(arguments, in: context(attempt: attempt)) }
  func undo(_ result: StepResult?) async throws(StepFailure) { try await performer.undo(arguments, result: result, in: context()) }
  func settle() async -> Settlement { await performer.settle(arguments, in: context()) }
  func place() async throws(StepFailure) -> ZonePlace { try await ZonePlace(arguments, network, Keys(key: secret), now: now, timeout: .seconds(10)) }
  func goal() -> Goal {
    guard case .text(let text) = arguments.to else { return Goal(member: arguments.member) }
    return Goal(answer: arguments.type.data(text), member: arguments.member)
  }

  /// The failure of a step that must fail.
  func failure(attempt: Int = 1) async -> StepFailure? {
    do throws(StepFailure) { _ = try await perform(attempt: attempt); return nil } catch { return error }
  }

  func sets() async throws -> [String] {
    let (server, name) = (server, name)
    return try await onThread { try server.sets(of: name) }
  }

  /// The same without the marks.
  func records() async throws -> [String] { try await sets().filter { !$0.contains("\"TXT\"") } }

  func observed() async -> Observation {
    await observer.observe(arguments, in: ObservingContext(secrets: Keys(key: secret), stores: NoStores(), timeout: .seconds(10), now: now))
  }
  func compared() async -> Change { DNSRecordKind.compare(arguments, await observed(), at: now()) }

  func conformance() throws -> StepConformance<[String]> {
    let world = self
    return StepConformance(
      AnyStepKind(DNSRecordKind.self), try CanonicalJSON.value(arguments), StepPerformers([performer]), context(), world: { try await world.sets() })
  }
}
