import CanonicalJSON
import HTTPClient
@testable import NotificationProvider
import ObjectStore
import PlanModel
import ProviderInterface
import TestSupport
import Units

let canary = "canary-7f3a"

/// An outbox in memory, and runs that put messages into it.
struct World: Sendable {
  var store: any ObjectStore = InMemoryStore(name: "outbox")
  var values: [String: String] = ["page-key": StatusPageServer.key]
  var run = RunID(rawValue: "20261124T120000Z-test")
  var certificates: String?
  var mailPatience = TimeSpan.seconds(30)
  var patience: OutboxPatience = {
    var patience = OutboxPatience()
    (patience.perChannel, patience.firstWait, patience.longestWait) = (.seconds(30), .milliseconds(50), .seconds(1))
    return patience
  }()
  var now: @Sendable () -> Timestamp = systemTime

  func with(_ change: (inout World) -> Void) -> World {
    var world = self
    change(&world)
    return world
  }

  static func secret(_ name: String) -> InputValue { .secret(SecretReference(name: SecretName(rawValue: name), source: .env("UNUSED"))) }
  static func slack(_ url: String) -> Channel { Channel(by: .slack, to: .text(url)) }
  static func page(_ page: StatusPageServer, _ status: IncidentStatus = .investigating) -> Channel {
    Channel(by: .statusPage, to: .text(page.url), key: secret("page-key"), status: status)
  }
  static func mail(_ to: String = "all@example.test") -> Channel { Channel(by: .email, to: .text(to), key: secret("mail-server")) }

  var outbox: Outbox { Outbox(store, Channels(HTTPClient(), secrets: Values(byName: values), certificates: certificates, mailPatience: mailPatience), patience: patience, now: now) }

  func context(_ step: StepName = "tell", attempt: Int = 1) -> PerformingContext {
    PerformingContext(
      mark: StepMark(run: run, step: step, attempt: attempt), earlierMarks: [], plan: "shop", planDigest: "d", toolVersion: "1.0.0", timeout: .minutes(1),
      secrets: Values(byName: values), stores: NoStores(), outputs: ["before": ["address": .text("https://127.0.0.1:1/x")]], now: now, report: { _ in })
  }

  func post(_ text: String, by channels: [Channel], as step: StepName = "tell", in outbox: Outbox) async throws(StepFailure) -> StepResult {
    try await NotifySendPerformer(outbox).perform(NotifySend.Arguments(channels: channels, text: text), in: context(step))
  }

  /// Posts one message and waits for its end.
  func send(_ text: String = "It is down.", by channels: Channel...) async throws -> OutboxMessage? {
    let outbox = outbox
    _ = try await post(text, by: channels, in: outbox)
    return await outbox.finish(within: .seconds(30)).first
  }

  /// Everything in the outbox.
  func files() async throws -> [String: String] {
    var files: [String: String] = [:]
    for info in try await store.listAll(prefix: "") { files[info.key.path] = String(decoding: try await store.read(info.key), as: UTF8.self) }
    return files
  }
}

struct Values: SecretResolving {
  var byName: [String: String]
  func resolve(_ secret: SecretReference) async throws(StepFailure) -> SecretValue {
    guard let value = byName[secret.name.rawValue] else { throw StepFailure("secret-not-found", "the secret `\(secret.name)` cannot be had") }
    return SecretValue(value)
  }
}

struct NoStores: StoreOpening {
  func reading(_ store: StoreReference) async throws(StepFailure) -> any ObjectReading { throw StepFailure("none", "there are no stores here") }
  func opening(_ store: StoreReference) async throws(StepFailure) -> any ObjectStore { throw StepFailure("none", "there are no stores here") }
}
