import ChildProcess
import Concurrency
@testable import GitProvider
import ObjectStore
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

/// A repository with a history, a place for what steps make, a store.
final class World: Sendable {
  let folder: String
  let store: any ObjectStore
  let urls: Lock<[String: String]>
  let environment: [String: String]
  let run = "20261124T080000Z-\(UInt32.random(in: 0...UInt32.max))"

  /// The repository has the branches `main` and `other`, two tags (one with a message), a note, and a merge request of the host's.
  init(store: any ObjectStore = InMemoryStore(name: "vault"), environment: [String: String] = [:]) throws {
    folder = try temporaryFolder("gitworld")
    self.store = store
    urls = Lock([:])
    self.environment = ["PATH": "/usr/bin:/bin", "HOME": folder].merging(environment) { _, given in given }
    try git(["init", "--quiet", "-b", "main", source])
    try commit("one.yaml", "replicas: 1\n")
    try git(["-C", source, "tag", "v1"])
    try git(["-C", source, "checkout", "--quiet", "-b", "other"])
    try commit("two.yaml", "replicas: 2\n")
    try git(["-C", source, "tag", "-a", "-m", "the second", "v2"])
    try git(["-C", source, "checkout", "--quiet", "main"])
    try git(["-C", source, "notes", "add", "-m", "looked at", "HEAD"])
    try git(["-C", source, "update-ref", "refs/pull/1/head", "other"])
  }

  deinit { removeFolder(folder) }

  var source: String { "\(folder)/source" }
  var host: GitHost { GitHost(children: ChildRunner(supervisor: Supervisor(executable: BuiltProgram.sieDR)), environment: environment, folder: folder) }
  var performers: StepPerformers { StepPerformers(GitProvider.performers(on: host)) }

  static let identity = ["GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example", "GIT_CONFIG_NOSYSTEM": "1"]

  @discardableResult
  func git(_ arguments: [String], mayFail: Bool = false) throws -> String {
    try runProgram(["git"] + arguments, environment: Self.identity.merging(["HOME": folder]) { _, given in given }, mayFail: mayFail).output
  }

  @discardableResult
  func commit(_ name: String, _ text: String, sign: Bool = false) throws -> String {
    try writeFile("\(source)/\(name)", text)
    try git(["-C", source, "add", "."])
    try git(["-C", source, "commit", "--quiet", "-m", "change \(name)"] + (sign ? ["-S"] : ["--no-gpg-sign"]))
    return try hash("HEAD")
  }

  func hash(_ name: String, in repository: String? = nil) throws -> String { try git(["-C", repository ?? source, "rev-parse", name]).filter { !$0.isNewline } }

  /// All references of a repository but those that steps and hosts leave beside.
  func references(_ repository: String) throws -> [String: String] {
    guard exists(repository) else { return [:] }
    return References(listing: try git(["-C", repository, "for-each-ref", "--format=%(objectname)%09%(refname)"])).mirrored
  }

  func exists(_ path: String) -> Bool { (try? runProgram(["test", "-e", path])) != nil }
  /// What is left in a folder.
  func names(_ path: String) throws -> [String] { try runProgram(["ls", "-A", path]).output.split(separator: "\n").map(String.init) }

  static let vault = StoreReference(name: "vault", location: .directory(path: "vault"))
  static func secret(_ name: String) -> InputValue { .secret(SecretReference(name: SecretName(rawValue: name), source: .env("UNUSED"))) }

  func context(_ step: String, attempt: Int = 1, earlier: [Int] = [], run other: String? = nil) -> PerformingContext {
    let mark = StepMark(run: RunID(rawValue: other ?? run), step: StepName(rawValue: step), attempt: attempt)
    return PerformingContext(
      mark: mark, earlierMarks: earlier.map { StepMark(run: mark.run, step: mark.step, attempt: $0) }, plan: "test", planDigest: "none", toolVersion: "test",
      timeout: .seconds(60), secrets: self, stores: self, outputs: [:], now: Self.now, report: { _ in })
  }
  var observing: ObservingContext { ObservingContext(secrets: self, stores: self, timeout: .seconds(10), now: Self.now) }

  private static let clock = Lock<Int64>(1_795_500_000_000)
  static let now: @Sendable () -> Timestamp = {
    Timestamp(
      milliseconds: clock.withLock { time in
        time += 1_000
        return time
      })
  }
}

extension World: SecretResolving, StoreOpening {
  func resolve(_ secret: SecretReference) async throws(StepFailure) -> SecretValue {
    guard let url = urls.withLock({ $0[secret.name.rawValue] }) else { throw StepFailure("test", "no secret") }
    return SecretValue(url)
  }
  func reading(_: StoreReference) async throws(StepFailure) -> any ObjectReading { store }
  func opening(_: StoreReference) async throws(StepFailure) -> any ObjectStore { store }
}

func failure<Value: Sendable>(_ body: () async throws -> Value) async -> StepFailure? {
  do { _ = try await body() } catch { return error as? StepFailure }
  return nil
}

extension StepFailure {
  /// Everything a person would read.
  var text: String { ([code, message] + details + helps).joined(separator: "\n") }
}
