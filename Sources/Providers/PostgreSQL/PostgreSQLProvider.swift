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

  /// `path` is where `age` is looked for; nil: where the system keeps its programs.
  public init(children: ChildRunner, programs: ProgramFolders, temporaryFolder: String, path: String? = nil) {
    self.children = children
    self.programs = programs
    self.temporaryFolder = temporaryFolder
    age = AgeProgram(children: children, path: path)
  }
}

/// The PostgreSQL step kinds: what `lint` knows of them, what `plan` looks with, and what `apply` does.
public enum PostgreSQLProvider {
  public static let kinds = [AnyStepKind(PostgreSQLBackup.self), AnyStepKind(PostgreSQLRestore.self), AnyStepKind(PostgreSQLQuery.self)]

  /// The reading halves: they open nothing but read-only sessions and the reading half of stores.
  public static let observers: [any StepObserver] = [BackupObserver(), RestoreObserver()]

  /// The changing halves.
  public static func performers(on host: PostgreSQLHost) -> [any StepPerformer] {
    [BackupPerformer(host: host), RestorePerformer(host: host), QueryPerformer()]
  }
}
