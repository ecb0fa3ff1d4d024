public import ChildProcess
public import Encryption
public import ProviderInterface

/// What the steps of this provider need of the host they run on.
public struct PostgreSQLHost: Sendable {
  public var children: ChildRunner
  /// Where pg_dump and pg_restore are looked for.
  public var programs: ProgramFolders
  /// For the schema of a point while it is restored; nothing stays there.
  public var temporaryFolder: String
  /// Encrypts and decrypts.
  public var age: AgeProgram
  /// What programs that a plan names get.
  var programEnvironment: [String: String]
  /// From which relative paths count: the folder of the plan file.
  var folder: String

  /// `path` is where `age` is looked for; nil: where the system keeps its programs. `environment`: this process's own.
  public init(children: ChildRunner, programs: ProgramFolders, temporaryFolder: String, path: String? = nil, environment: [String: String] = [:], folder: String = ".") {
    self.children = children
    self.programs = programs
    self.temporaryFolder = temporaryFolder
    age = AgeProgram(children: children, path: path)
    programEnvironment = ChildCommand.toolDefaults(from: environment)
    self.folder = folder
  }
}

/// The PostgreSQL step kinds: what `lint` knows of them, what `plan` looks with, and what `apply` does.
public enum PostgreSQLProvider {
  public static let kinds = [
    AnyStepKind(PostgreSQLBackup.self), AnyStepKind(PostgreSQLRestore.self), AnyStepKind(PostgreSQLQuery.self), AnyStepKind(PostgreSQLFence.self),
    AnyStepKind(PostgreSQLPromote.self), AnyStepKind(PostgreSQLRebuildReplica.self), AnyStepKind(PostgreSQLFindCorruption.self), AnyStepKind(PostgreSQLCompare.self),
    AnyStepKind(PostgreSQLSwap.self),
  ]

  /// The reading halves: they open nothing but read-only sessions and the reading half of stores.
  public static let observers: [any StepObserver] = [BackupObserver(), RestoreObserver(), FenceObserver(), PromoteObserver(), RebuildObserver(), SwapObserver()]

  /// The changing halves.
  public static func performers(on host: PostgreSQLHost) -> [any StepPerformer] {
    [
      BackupPerformer(host: host), RestorePerformer(host: host), QueryPerformer(), FencePerformer(host: host), PromotePerformer(),
      RebuildPerformer(host: host), FindCorruptionPerformer(), ComparePerformer(host: host), SwapPerformer(),
    ]
  }
}
