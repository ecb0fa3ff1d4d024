public import ChildProcess
internal import Encryption
public import ProviderInterface

/// What the steps of this provider need of the host they run on.
public struct RedisHost: Sendable {
  /// Encrypts and decrypts.
  let age: AgeProgram

  /// `path` is where `age` is looked for; nil: where the system keeps its programs.
  public init(children: ChildRunner, path: String? = nil) { age = AgeProgram(children: children, path: path) }
}

/// The Redis step kinds: what `lint` knows of them, what `plan` looks with, and what `apply` does.
public enum RedisProvider {
  public static let kinds = [AnyStepKind(RedisBackup.self), AnyStepKind(RedisRestore.self), AnyStepKind(RedisPromote.self), AnyStepKind(RedisRequeue.self)]

  /// The reading halves: they ask a server questions and open the reading half of stores.
  public static let observers: [any StepObserver] = [RedisBackupObserver(), RedisRestoreObserver(), RedisPromoteObserver(), RedisRequeueObserver()]

  /// The changing halves.
  public static func performers(on host: RedisHost) -> [any StepPerformer] {
    [RedisBackupPerformer(host: host), RedisRestorePerformer(host: host), RedisPromotePerformer(), RedisRequeuePerformer()]
  }
}
