public import ChildProcess
public import ProviderInterface
public import Units

/// What the steps of this provider need of the host they run on.
public struct KubernetesHost: Sendable {
  public var children: ChildRunner
  /// Where `kubectl` is looked for, and what its log-in helpers may need.
  public var environment: [String: String]
  /// The folder of the plan file, from which relative paths count.
  public var folder: String
  /// Between two looks at something that is waited for.
  public var pause: TimeSpan

  public init(children: ChildRunner, environment: [String: String], folder: String, pause: TimeSpan = .seconds(1)) {
    self.children = children; self.environment = environment; self.folder = folder; self.pause = pause
  }
}

/// The Kubernetes step kinds: what `lint` knows of them, what `plan` looks with, and what `apply` does. All by the real `kubectl`.
public enum KubernetesProvider {
  public static let kinds = [
    AnyStepKind(KubernetesScale.self), AnyStepKind(KubernetesRollout.self), AnyStepKind(KubernetesSecret.self), AnyStepKind(KubernetesWait.self),
    AnyStepKind(KubernetesApply.self),
  ]

  /// The reading halves: they get, and ask what they may.
  public static func observers(on host: KubernetesHost) -> [any StepObserver] {
    [ScaleObserver(host: host), RolloutObserver(host: host), SecretObserver(host: host), WaitObserver(host: host), ApplyObserver(host: host)]
  }

  /// The changing halves.
  public static func performers(on host: KubernetesHost) -> [any StepPerformer] {
    [ScalePerformer(host: host), RolloutPerformer(host: host), SecretPerformer(host: host), WaitPerformer(host: host), ApplyPerformer(host: host)]
  }
}
