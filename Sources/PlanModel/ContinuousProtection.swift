public import Diagnostics
public import Units

/// A way of protecting a data class that goes on all the time instead of in runs of its own: WAL archiving, a replica, what the provider of a
/// managed database promises.
public struct ContinuousProtection: Sendable {
  public var name: Located<ProtectionName>
  public var method: Method
  /// Of the method's options.
  public var span: SourceSpan

  public enum Method: Sendable {
    case wal(WALArchiving)
    case replica(Replication)
    case managed(ManagedDatabase)
    /// As the plan says it: `wal`.
    public var name: String { switch self { case .wal: "wal"; case .replica: "replica"; case .managed: "managed" } }
  }
}

/// Base backups and every WAL segment after them, so that any moment can be restored.
public struct WALArchiving: Sendable {
  /// How often a base backup is made.
  public var base: Located<TimeSpan>
  /// How late a base backup may start after it is due.
  public var jitter: Located<TimeSpan>?
  /// How many base backups in a row may be missed.
  public var misses: Int
  /// PostgreSQL's `archive_timeout`: a segment that holds something is closed at the latest after this long.
  public var timeout: Located<TimeSpan>
  /// The target still allows for a segment that is lost: nothing after it can be restored until the next base backup is there.
  public var allowsBreak: Located<Bool>?
  /// The archiver drops WAL when more than this waits: past it, a segment can be lost though the target does not allow for it.
  public var queueLimit: Located<ByteCount>?
  /// Each gets every base backup and every segment.
  public var stores: [Located<StoreName>]
  /// How far one can go back; nil: as far as to the first base backup.
  public var keep: Located<TimeSpan>?
}

/// A server that follows the primary.
public struct Replication: Sendable {
  public var server: Located<ServerName>
  /// How far what it has received can be behind.
  public var lag: Located<TimeSpan>
}

/// What the provider of a managed database promises.
public struct ManagedDatabase: Sendable {
  /// The instance that the promise is of, where it can be looked at; nil: nobody looks.
  public var server: Located<ServerName>?
  /// The newest of its backups is never older than this.
  public var every: Located<TimeSpan>
  /// How long it keeps them; nil: for ever.
  public var keep: Located<TimeSpan>?
  /// Any moment can be restored, up to so long ago; nil: only its backups can.
  public var granularity: Located<TimeSpan>?
  /// How far back that reaches.
  public var window: Located<TimeSpan>?
  /// Where its backups are; each has all of them.
  public var sites: [Located<SiteName>]
}

extension DataClass {
  /// Of any kind, in no order.
  public var isProtected: Bool { !protections.isEmpty || !continuous.isEmpty }
}
