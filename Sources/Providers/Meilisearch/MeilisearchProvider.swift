public import ChildProcess
internal import Encryption
public import HTTPClient
internal import PointSteps
public import ProviderInterface

/// What the steps of this provider need of the host they run on.
public struct MeilisearchHost: Sendable {
  let children: ChildRunner
  let client: HTTPClient
  /// Encrypts and decrypts.
  let age: AgeProgram
  /// From which relative paths count: the folder of the plan file.
  let folder: String
  /// What programs get.
  let environment: [String: String]

  /// `environment`: this process's own.
  public init(children: ChildRunner, client: HTTPClient, environment: [String: String], folder: String) {
    self.children = children
    self.client = client
    self.folder = folder
    age = AgeProgram(children: children, path: environment["PATH"])
    self.environment = ChildCommand.toolDefaults(from: environment)
  }

  func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }
}

/// The Meilisearch step kinds: what `lint` knows of them, what `plan` looks with, and what `apply` does.
public enum MeilisearchProvider {
  public static let kinds = [AnyStepKind(MeilisearchDump.self), AnyStepKind(MeilisearchRestore.self), AnyStepKind(MeilisearchRebuild.self)]

  /// The reading halves: they ask a server questions and open the reading half of stores.
  public static func observers(on host: MeilisearchHost) -> [any StepObserver] {
    [MeilisearchDumpObserver(DumpLook(host: host)), MeilisearchRestoreObserver(host: host), MeilisearchRebuildObserver(host: host)]
  }

  /// The changing halves.
  public static func performers(on host: MeilisearchHost) -> [any StepPerformer] {
    [MeilisearchDumpPerformer(DumpMaker(host: host)), MeilisearchRestorePerformer(host: host), MeilisearchRebuildPerformer(host: host)]
  }
}
