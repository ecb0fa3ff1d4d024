public import ChildProcess
internal import Concurrency
public import ProviderInterface

/// What the steps of this provider need of the host they run on.
public struct GitHost: Sendable {
  let git: GitProgram
  /// From which relative paths count: the folder of the plan file.
  let folder: String
  let temporaryFolder: String

  /// `environment`: this process's own, from which `git` and `ssh` get what they need to find keys and agents.
  public init(children: ChildRunner, environment: [String: String], folder: String) {
    git = GitProgram(children: children, own: environment)
    self.folder = folder
    temporaryFolder = environment["TMPDIR"] ?? "/tmp"
  }

  func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }
}

/// The Git step kinds: what `lint` knows of them, what `plan` looks with, and what `apply` does.
public enum GitProvider {
  public static let kinds = [AnyStepKind(GitMirror.self), AnyStepKind(GitBundle.self), AnyStepKind(GitCheckout.self)]

  /// The reading halves: they list references, and nothing more.
  public static func observers(on host: GitHost) -> [any StepObserver] {
    [GitMirrorObserver(host: host), GitBundleObserver(host: host), GitCheckoutObserver(host: host)]
  }

  /// The changing halves.
  public static func performers(on host: GitHost) -> [any StepPerformer] {
    [GitMirrorPerformer(host: host), GitBundlePerformer(host: host), GitCheckoutPerformer(host: host)]
  }
}
