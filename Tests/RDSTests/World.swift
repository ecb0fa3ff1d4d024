import AWSClient
import CanonicalJSON
import Concurrency
import HTTPClient
import ObjectStore
import PlanModel
import ProviderInterface
@testable import RDSProvider
import TestSupport
import Units

/// One test's region with one instance, `orders`, and runs of steps over it. Its server is a stand-in that checks every signature: see `rds.py`.
struct World: Sendable {
  let server: RDSServer
  var run = RunID(rawValue: "20261201T080000Z-\(UInt32.random(in: 0 ... .max))")
  var key = "\(RDSServer.accessKey):\(RDSServer.secretKey)"
  var url: String?
  var timeout = TimeSpan.seconds(60)
  var moment = ChosenMoment.latest
  var target = "orders-new"
  var outputs: [StepName: [String: OutputValue]] = [:]
  /// Of one answer.
  var answer = TimeSpan.seconds(5)
  let progress = Lock<[StepProgress]>([])

  private init(_ instance: String = RDSServer.instance()) throws {
    server = try .start()
    try server.set(#"{"instances":{"orders":\#(instance)},"snapshots":[\#(RDSServer.snapshot("rds:orders-1", age: 40_000))]}"#)
  }

  /// On a thread that may wait: the server starts.
  static func make(_ instance: String = RDSServer.instance()) async throws -> World { try await onThread { try World(instance) } }

  func with(_ change: (inout World) -> Void) -> World {
    var world = self
    change(&world)
    return world
  }

  func reference(_ instance: String) -> RDSReference {
    RDSReference(server: ServerName(rawValue: instance), region: RDSServer.region, instance: instance, endpoint: url ?? server.url, credentials: SecretReference(name: "aws", source: .env("UNUSED")))
  }

  var arguments: RDSRestore.Arguments {
    RDSRestore.Arguments(
      dataClass: "orders", from: reference("orders"), server: reference(target), moment: moment, instanceClass: "db.m6g.xlarge", subnetGroup: "private", securityGroups: ["sg-1", "sg-2"],
      isMultiAZ: true)
  }
  func checking(_ promise: ManagedPromise) -> RDSCheck.Arguments { RDSCheck.Arguments(server: reference("orders"), promise: promise) }

  var host: RDSHost {
    var patience = AWSPatience()
    patience.attempts = 3
    patience.firstWait = .milliseconds(20)
    patience.answer = answer
    let world = CredentialWorld(environment: [:], client: HTTPClient(), readFile: { _ in nil }, now: systemTime)
    return RDSHost(AWSHost(world, folder: "/", patience: patience), looks: .milliseconds(50) ... .milliseconds(100))
  }
  var performers: StepPerformers { StepPerformers(RDSProvider.performers(on: host)) }

  func context(attempt: Int = 1) -> PerformingContext {
    let mark = StepMark(run: run, step: "restore", attempt: attempt)
    return PerformingContext(
      mark: mark, earlierMarks: (1..<max(1, attempt)).map { StepMark(run: run, step: "restore", attempt: $0) }, plan: "shop", planDigest: "d", toolVersion: "1.0.0", timeout: timeout,
      secrets: self, stores: self, outputs: outputs, now: systemTime, report: { [progress] step in progress.withLock { $0.append(step) } })
  }
  var observing: ObservingContext { ObservingContext(secrets: self, stores: self, timeout: .seconds(5), now: systemTime) }

  func restore(attempt: Int = 1) async throws(StepFailure) -> StepResult { try await RDSRestorePerformer(host: host).perform(arguments, in: context(attempt: attempt)) }
  func undo(_ result: StepResult?) async throws(StepFailure) { try await RDSRestorePerformer(host: host).undo(arguments, result: result, in: context()) }
  func settle() async -> Settlement { await RDSRestorePerformer(host: host).settle(arguments, in: context()) }
  func plan() async -> Change { RDSRestore.compare(arguments, await RDSRestoreObserver(host: host).observe(arguments, in: observing), at: systemTime()) }
  func check(_ promise: ManagedPromise) async throws(StepFailure) -> StepResult { try await RDSCheckPerformer(host: host).perform(checking(promise), in: context()) }
  func look(_ promise: ManagedPromise) async -> Change { RDSCheck.compare(checking(promise), await RDSCheckObserver(host: host).observe(checking(promise), in: observing), at: systemTime()) }

  /// The failure of a restore that must fail.
  func failure(attempt: Int = 1) async -> StepFailure? {
    do throws(StepFailure) { _ = try await restore(attempt: attempt); return nil } catch { return error }
  }

  // Seen by another hand, on a thread that may wait.

  func set(_ json: String) async throws { try await onThread { [server] in try server.set(json) } }
  func actions() async throws -> [String] { try await onThread { [server] in try server.actions() } }
  func instances() async throws -> [String: JSONValue] { try await onThread { [server] in try server.world()["instances"]?.object ?? [:] } }
  /// What a step may change: which instances there are, and for how long it has been so is nobody's business.
  func seen() async throws -> [String: String] {
    try await instances().mapValues { one in ["status", "class", "tags", "multiAZ", "subnetGroup"].map { "\($0)=\(one[$0] ?? .null)" }.joined(separator: " ") }
  }
}

extension World: SecretResolving, StoreOpening {
  func resolve(_: SecretReference) async throws(StepFailure) -> SecretValue { SecretValue(key) }
  func reading(_: StoreReference) async throws(StepFailure) -> any ObjectReading { InMemoryStore(name: "none") }
  func opening(_: StoreReference) async throws(StepFailure) -> any ObjectStore { InMemoryStore(name: "none") }
}

extension StepFailure {
  /// Everything a person would read.
  var text: String { ([code, message] + details + helps).joined(separator: "\n") }
}

/// Looks again until it is so.
func eventually(_ what: String, _ holds: () async throws -> Bool) async throws {
  let tooLate = ContinuousClock.now.advanced(by: .seconds(20))
  while try await !holds() {
    guard ContinuousClock.now < tooLate else { throw ProgramFailure(description: "waited in vain until \(what)") }
    try await Task.sleep(for: .milliseconds(30))
  }
}

/// The failure that something ended with.
func caught<Value: Sendable>(_ body: () async throws -> Value) async -> StepFailure? {
  do { _ = try await body() } catch { return error as? StepFailure }
  return nil
}
