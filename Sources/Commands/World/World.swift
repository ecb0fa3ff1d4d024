internal import ChildProcess
internal import DirectoryStore
internal import ExecutionCore
internal import ExecutionShell
internal import Glibc
internal import HTTPClient
internal import Journaling
internal import NotificationProvider
internal import ObjectStore
internal import PlanModel
internal import ProviderInterface
internal import Units

/// The whole world: handed to the commands that change it, and to nobody else.
struct World {
  let environment: [String: String]
  let folder: String
  let who: String
  let host: String

  init(environment: [String: String], folder: String) {
    self.environment = environment
    self.folder = folder
    who = Self.who(environment)
    host = Self.hostName()
  }

  /// Whole stores, for a person's word on a point.
  var stores: any StoreOpening {
    StoreFolders(folder: folder, environment: environment, secrets: SecretSources(environment: environment, children: ChildRunner(), folder: folder))
  }

  /// Messages wait in the state directory, whose lock the run holds.
  func outbox(in state: StateDirectory) -> Outbox {
    let secrets = SecretSources(environment: environment, children: ChildRunner(), folder: folder)
    let store = DirectoryStore(name: "outbox", root: "\(state.path)/outbox")
    return Outbox(store, Channels(HTTPClient(trustedBy: environment), secrets: secrets), now: SystemClock.now) { () throws(StoreError) in try await store.create() }
  }

  func runEnvironment(
    _ console: Console, _ outbox: Outbox, confirmed: Set<StepName>, signals: AsyncStream<Interruption>, observationTimeout: TimeSpan, tell: @escaping @Sendable (RunNews) -> Void
  ) -> RunEnvironment {
    let children = ChildRunner()
    let secrets = SecretSources(environment: environment, children: children, folder: folder)
    return RunEnvironment(
      performers: Providers.performers(children, environment, outbox, folder: folder), observers: Providers.observers(children, environment, folder: folder),
      secrets: secrets, stores: StoreFolders(folder: folder, environment: environment, secrets: secrets), who: who, host: host,
      pid: getpid(), toolVersion: Version.number, operators: TerminalOperator(console, who: who, confirmed: confirmed),
      signatures: Signatures(children, environment), signals: signals,
      observationTimeout: observationTimeout, tell: tell)
  }

  /// Whose name stands in journals.
  static func who(_ environment: [String: String]) -> String { environment["SIE_DR_WHO"] ?? userName() }

  private static func userName() -> String {
    guard let entry = getpwuid(geteuid()) else { return "uid-\(geteuid())" }
    return String(cString: entry.pointee.pw_name)
  }

  static func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
