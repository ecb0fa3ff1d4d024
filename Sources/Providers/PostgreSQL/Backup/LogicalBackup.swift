internal import CanonicalJSON
internal import ChildProcess
internal import Compression
internal import PointSteps
internal import PostgreSQLClient
internal import ProviderInterface
internal import RecoveryPoints
internal import Units

/// A parallel logical backup of one or more databases of a server, streamed into a recovery point: everything but the point's own manifest, which
/// the caller publishes last.
struct LogicalBackup: Sendable {
  /// Leads to the database that is backed up where none is named.
  var address: ServerAddress
  var databases: [String]
  var application: String
  /// Sessions that read at once, of all databases together, but one for each that is being read.
  var workers: Int
  var yieldAfter: TimeSpan
  /// Of the pieces of large tables; nil: by the table's size.
  var pieceSize: ByteCount?
  /// For the programs that run beside the workers.
  var deadline: TimeSpan
  var places: ProgramFolders
  var children: ChildRunner
  var report: @Sendable (StepProgress) -> Void

  /// What the manifest is made of.
  struct Made: Sendable {
    var content: LogicalPoint
    var objects: [PointObject]
  }

  /// Reads the databases into `point`. Nothing of the server is changed; its locks are let go before this returns or throws.
  func run(into point: PointWriter) async throws(StepFailure) -> Made {
    let addresses = databases.isEmpty ? [address] : databases.map { address.with(database: $0) }
    let progress = TransferProgress(phase: "copying rows", total: nil, report: report)
    let width = min(workers, addresses.count)
    let parts = try await translating("backing up \(address)") {
      try await withThrowingTaskGroup(of: (Int, SnapshotDump.Dumped).self) { group in
        var parts: [Int: SnapshotDump.Dumped] = [:]
        for (index, address) in addresses.enumerated() {
          if index >= width, let (done, part) = try await group.next() { parts[done] = part }
          var one = self
          one.address = address
          one.workers = max(1, workers / width)
          group.addTask { [one] in (index, try await one.dump(index, into: point, progress)) }
        }
        while let (done, part) = try await group.next() { parts[done] = part }
        return parts.sorted { $0.key < $1.key }.map(\.value)
      }
    }
    guard let first = parts.first else { throw .cancelled }
    let sigmas = parts.map(\.database.sigma)
    let content = LogicalPoint(
      format: LogicalPoint.currentFormat, method: "logical", sigma: sigmas.contains(nil) ? nil : sigmas.compactMap { $0 }.min(), tools: first.tools,
      server: first.server, globals: LogicalPoint.globals, roles: LogicalPoint.roles, databases: parts.map(\.database))
    return Made(content: content, objects: parts.flatMap(\.objects))
  }

  private static let doing = "backing up"
  /// A migration that meets the backup in its first minute costs little: all starts again with a new snapshot.
  private static let earlyEnough = Duration.seconds(60)
  private static let attempts = 3

  /// Settings that the text of a row depends on, or that could end a session; defaults of the database and the role would leak in else.
  static let readSettings = [
    "DateStyle = 'ISO, MDY'", "IntervalStyle = postgres", "TimeZone = 'UTC'", "extra_float_digits = 3", "bytea_output = hex",
    "lc_monetary = 'C'",
    "row_security = off", "search_path = ''", "quote_all_identifiers = off", "synchronize_seqscans = off", "jit = off",
    "max_parallel_workers_per_gather = 0",
    "default_transaction_read_only = on",
  ]

  func open() async throws -> PostgreSQLConnection {
    let connection = try await PostgreSQLConnection.open(address, application: application, settings: Self.readSettings)
    if await connection.serverVersion >= 170_000 { try await connection.execute("SET transaction_timeout = 0") }
    return connection
  }

  /// One database.
  private func dump(_ index: Int, into point: PointWriter, _ progress: TransferProgress) async throws -> SnapshotDump.Dumped {
    try await translating("\(Self.doing) \(address)") {
      var number = 1
      for attempt in 1... {
        let began = ContinuousClock.now
        report(StepProgress(phase: "taking a snapshot"))
        let connection = try await open()
        let (major, version) = try await check(connection)
        let programs = try await Programs.find(atLeast: major, in: places, children: children, for: "\(address) runs")
        let snapshot = try await SnapshotTaker(connection: connection).take()
        let dump = SnapshotDump(
          backup: self, snapshot: snapshot, programs: programs, point: point, index: index, progress: progress, version: version, major: major,
          firstNumber: number)
        do { return try await dump.run(coordinator: connection) } catch let error as SnapshotDump.Moved {
          let early = began.duration(to: .now) < Self.earlyEnough
          guard early, attempt < Self.attempts, !Task.isCancelled else { throw error.failure }
          number = error.nextNumber
        }
      }
      throw StepFailure.cancelled
    }
  }

  private func check(_ connection: PostgreSQLConnection) async throws -> (major: Int, version: String) {
    let row =
      try await connection.query("SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_setting('server_version')").rows.first ?? []
    try BackupChecks.checkDirect(announced: await connection.backendPID, actual: row.int(0), at: address)
    let major = await connection.serverVersion / 10_000
    let version = String(row.text(1).prefix { $0 != " " })
    try BackupChecks.check(serverMajor: major, version: version, at: address)
    try await BackupChecks(address: address, database: connection).check()
    return (major, version)
  }
}
