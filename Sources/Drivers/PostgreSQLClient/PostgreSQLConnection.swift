internal import CLibPQ
internal import Concurrency

/// A connection to one database, on a thread of its own, used by one task at a time.
///
/// Every call can be cancelled (the server is told, and given five seconds to obey) and may have a deadline. After `serverGone`, or
/// where the server did not obey, the connection is closed and every later call fails at once.
public actor PostgreSQLConnection {
  private let executor: ThreadExecutor
  public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
  private var session: Session?
  private nonisolated let wakeUp = WakeUp()
  /// Where this connection leads; prints without its password.
  public nonisolated let address: ServerAddress

  /// What `application_name` shows of a run, so that a database administrator can tell whose session it is.
  public static func applicationName(run: String) -> String { String("sie-dr:\(run)".prefix(63)) }

  private init(_ address: ServerAddress) {
    executor = ThreadExecutor()
    self.address = address
  }

  /// Connects, and sets what every session of ours needs: plain string syntax and no time-outs of the server's or the role's own.
  public static func open(
    _ address: ServerAddress, application: String, timeout: Duration = .seconds(10), settings: [String] = []
  ) async throws(PostgreSQLError) -> PostgreSQLConnection {
    let connection = PostgreSQLConnection(address)
    try await connection.connect(application, timeout)
    try await connection.liftTimeout(timeout)
    let all = ["standard_conforming_strings = on", "lock_timeout = 0", "idle_in_transaction_session_timeout = 0"]
    try await connection.execute((all + settings).map { "SET \($0)" }.joined(separator: "; "), deadline: timeout)
    return connection
  }

  /// A database may have a time-out that even this first statement can exceed.
  private func liftTimeout(_ timeout: Duration) async throws(PostgreSQLError) {
    for _ in 0..<50 {
      do throws(PostgreSQLError) {
        try await execute("SET statement_timeout = 0", deadline: timeout)
        return
      } catch {
        guard error.state == .queryCancelled else { throw error }
      }
    }
    try await execute("SET statement_timeout = 0", deadline: timeout)
  }

  private func connect(_ application: String, _ timeout: Duration) async throws(PostgreSQLError) {
    try await cancellable { () throws(PostgreSQLError) in
      self.session = try Session.connect(self.address, application: application, timeout: timeout, wakeUp: wakeUp)
    }
  }

  /// The process id of this session at the server.
  public var backendPID: Int { Int(session?.backendPID ?? 0) }
  /// As in `server_version_num`: 150004 for 15.4.
  public var serverVersion: Int { Int(session?.serverVersion ?? 0) }
  /// The server's notices and warnings since the last call.
  public func takeNotices() -> [String] { session?.takeNotices() ?? [] }

  /// One statement, with `$1`, `$2` … for its parameters; its rows as text, at most `limit` of them.
  @discardableResult
  public func query(
    _ sql: String, _ parameters: [String?] = [], deadline: Duration? = nil, limit: Int = 1_000_000
  ) async throws(PostgreSQLError) -> QueryResult {
    try await cancellable { () throws(PostgreSQLError) in
      try withSession { session throws(PostgreSQLError) in
        try session.run(sql, parameters: parameters, deadline: Deadline(in: deadline), limit: limit)
      }
    }
  }

  /// Statements without parameters, separated by semicolons; the last one's rows.
  @discardableResult
  public func execute(_ sql: String, deadline: Duration? = nil) async throws(PostgreSQLError) -> QueryResult {
    try await cancellable { () throws(PostgreSQLError) in
      try withSession { session throws(PostgreSQLError) in
        try session.run(sql, parameters: nil, deadline: Deadline(in: deadline), limit: 1_000_000)
      }
    }
  }

  /// `COPY … TO STDOUT`: hands the rows' bytes to `body` in buffers of up to `bufferSize`, which end anywhere. Gives the number of rows.
  ///
  /// The buffer is only lent for the time of the call, and the server waits while `body` works.
  public func copyOut(
    _ sql: String, bufferSize: Int = 1 << 20, _ body: (UnsafeRawBufferPointer) async throws -> Void
  ) async throws -> Int64 {
    try begin()
    return try await withTaskCancellationHandler {
      try withSession { session throws(PostgreSQLError) in try session.beginCopy(sql, PGRES_COPY_OUT, .none) }
      var gathering = Gathering(capacity: bufferSize)
      do {
        var more = true
        while more {
          more = try gather(&gathering)
          if !gathering.bytes.isEmpty { try await body(gathering.bytes) }
        }
      } catch {
        session?.abandonCopyOut()
        throw error
      }
      return try withSession { session throws(PostgreSQLError) in try session.endOfCopy(.none) }
    } onCancel: {
      wakeUp.signal()
    }
  }

  /// `COPY … FROM STDIN`: sends the chunks that `next` gives until it gives nil. Where `next` throws, the server takes back what
  /// it was sent. Gives the number of rows.
  public func copyIn(_ sql: String, _ next: () async throws -> [UInt8]?) async throws -> Int64 {
    try begin()
    return try await withTaskCancellationHandler {
      try withSession { session throws(PostgreSQLError) in try session.beginCopy(sql, PGRES_COPY_IN, .none) }
      do {
        while let chunk = try await next() {
          try withSession { session throws(PostgreSQLError) in try session.put(chunk) }
        }
        try Task.checkCancellation()
      } catch {
        wakeUp.reset()
        _ = try? withSession { session throws(PostgreSQLError) in
          try session.endCopyIn(failingWith: "the sender gave up", Deadline(in: Session.grace))
        }
        throw error
      }
      return try withSession { session throws(PostgreSQLError) in try session.endCopyIn(failingWith: nil, .none) }
    } onCancel: {
      wakeUp.signal()
    }
  }

  /// Ends the connection now; otherwise it ends with its last reference.
  public func close() { session = nil }

  // MARK: Inside

  private func begin() throws(PostgreSQLError) {
    wakeUp.reset()
    if Task.isCancelled { throw Session.interrupted(.cancelled, address) }
  }

  private func gather(_ gathering: inout Gathering) throws(PostgreSQLError) -> Bool {
    guard let more = try session?.gather(&gathering) else { throw closed }
    return more
  }

  private func withSession<R>(_ body: (inout Session) throws(PostgreSQLError) -> R) throws(PostgreSQLError) -> R {
    guard let result = try session?.perform(body) else { throw closed }
    return result
  }

  private var closed: PostgreSQLError { PostgreSQLError(.serverGone, "the connection to \(address) is closed") }

  private func onThread<R>(_ body: () throws(PostgreSQLError) -> R) throws(PostgreSQLError) -> R { try body() }

  /// Runs a call that waits in `poll`, and wakes it when the task is cancelled.
  private func cancellable<R: Sendable>(
    _ body: () throws(PostgreSQLError) -> R
  ) async throws(PostgreSQLError) -> R {
    try begin()
    let outcome = await withTaskCancellationHandler {
      // A closure that does not mention the actor is not on the actor's thread.
      Result { () throws(PostgreSQLError) in try onThread(body) }
    } onCancel: {
      wakeUp.signal()
    }
    return try outcome.get()
  }
}
