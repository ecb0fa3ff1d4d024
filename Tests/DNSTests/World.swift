import AWSClient
import CanonicalJSON
import DNSClient
@testable import DNSProvider
import HTTPClient
import ObjectStore
import PlanModel
import ProviderInterface
import TestSupport
import Units

/// One record of one test, on a real name server, and runs of a step over it.
struct World: Sendable {
  var server: TestNameServer
  var arguments: DNSRecordKind.Arguments
  var key: String = TestNameServer.key
  var run = RunID(rawValue: "20261124T120000Z-\(UInt32.random(in: 0 ... .max))")
  var now: @Sendable () -> Timestamp = systemTime
  var timeout = TimeSpan.seconds(40)
  var patience = TimeSpan.seconds(3)

  static let client = DNSClient()
  static let network = DNSNetwork(
    aws: AWSHost(CredentialWorld(environment: [:], client: HTTPClient(), readFile: { _ in nil }, now: systemTime), folder: "/"))
  var name: String { "\(arguments.name).\(TestNameServer.zone)" }

  /// A new name that points to `east`, or to nothing.
  init(_ server: TestNameServer, type: DNSRecordKind.RecordType = .CNAME, to: String = "west.example.test", former: [String] = ["east.example.test"], ttl: Int = 60) throws {
    let name = "t\(UInt32.random(in: 0 ... .max))"
    let host = NameServer(host: "127.0.0.1", port: server.port)
    let zone = DNSZoneReference(
      server: "names", zone: TestNameServer.zone, keeper: .server(host, key: SecretReference(name: "names-key", source: .env("UNUSED"))), authoritative: [host])
    self.server = server
    arguments = DNSRecordKind.Arguments(zone: zone, name: name, type: type, to: .text(to))
    for answer in former { try server.update("update add \(name).\(TestNameServer.zone) \(ttl) \(type.rawValue) \(answer)") }
  }

  /// On the server that the tests share.
  init(_ kind: TestNameServer.Kind, type: DNSRecordKind.RecordType = .CNAME, to: String = "west.example.test", former: [String] = ["east.example.test"], ttl: Int = 60) throws {
    try self.init(.shared(kind), type: type, to: to, former: former, ttl: ttl)
  }

  func with(_ change: (inout World) -> Void) -> World {
    var world = self
    change(&world)
    return world
  }

  /// The same, asking something else than the real server.
  func through(_ port: Int) -> World { with { $0.arguments.zone.host = NameServer(host: "127.0.0.1", port: port) } }

  var performer: DNSRecordPerformer { DNSRecordPerformer(Self.network, patience: patience) }
  var observer: DNSRecordObserver { DNSRecordObserver(Self.network) }

  func context(attempt: Int = 1) -> PerformingContext {
    PerformingContext(
      mark: StepMark(run: run, step: "point", attempt: attempt), earlierMarks: [], plan: "small", planDigest: "d", toolVersion: "1.0.0", timeout: timeout,
      secrets: Keys(key: key), stores: NoStores(), outputs: ["before": ["address": .text("192.0.2.9")]], now: now, report: { _ in })
  }

  func perform(attempt: Int = 1) async throws(StepFailure) -> StepResult { try await performer.perform(arguments, in: context(attempt: attempt)) }
  func undo(_ result: StepResult?) async throws(StepFailure) { try await performer.undo(arguments, result: result, in: context()) }

  /// The failure of a step that must fail.
  func failure(attempt: Int = 1) async -> StepFailure? {
    do throws(StepFailure) { _ = try await perform(attempt: attempt); return nil } catch { return error }
  }

  /// Everything below and at the name, as `dig` sees it, but for the time in the mark.
  func records() async throws -> [String] {
    let (server, name) = (server, name)
    return try await onThread { try server.records(name) + server.records("_sie-dr." + name).map { String($0.prefix { $0 != "\"" }) } }
  }

  func answers() async throws -> [String] {
    let (server, name, type) = (server, name, arguments.type.rawValue)
    return try await onThread { try server.dig(name, type) }
  }

  func observed() async -> Observation {
    await observer.observe(arguments, in: ObservingContext(secrets: Keys(key: key), stores: NoStores(), timeout: .seconds(10), now: now))
  }

  func compared() async -> Change { DNSRecordKind.compare(arguments, await observed(), at: now()) }

  func conformance() throws -> StepConformance<[String]> {
    let world = self
    return StepConformance(
      AnyStepKind(DNSRecordKind.self), try CanonicalJSON.value(arguments), StepPerformers([performer]), context(), world: { try await world.records() })
  }
}

extension DNSZoneReference {
  /// Of a zone that a name server keeps.
  var host: NameServer {
    get { if case .server(let host, _) = keeper { host } else { NameServer(host: "none.invalid") } }
    set { keeper = .server(newValue, key: key) }
  }
  var key: SecretReference? {
    get { if case .server(_, let key) = keeper { key } else { nil } }
    set { keeper = .server(host, key: newValue) }
  }
}

struct Keys: SecretResolving {
  var key: String
  func resolve(_ secret: SecretReference) async throws(StepFailure) -> SecretValue { SecretValue(key) }
}

struct NoStores: StoreOpening {
  func reading(_ store: StoreReference) async throws(StepFailure) -> any ObjectReading { throw StepFailure("none", "there are no stores here") }
  func opening(_ store: StoreReference) async throws(StepFailure) -> any ObjectStore { throw StepFailure("none", "there are no stores here") }
}
