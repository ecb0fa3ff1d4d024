internal import CLibPQ
internal import Concurrency
internal import Glibc

/// One libpq connection and its calls, which wait with `poll(2)`: each has a deadline and can be ended by `wakeUp`.
///
/// It belongs to one thread. That is the actor's business (`PostgreSQLConnection`); nothing here suspends.
struct Session: ~Copyable {
  let connection: OpaquePointer
  let address: ServerAddress
  let wakeUp: WakeUp
  private let notices: Lock<[String]>
  private let canceller: Canceller
  /// Set once the connection's state is unknown; every later call fails at once.
  private(set) var isBroken = false
  let backendPID: Int32
  let serverVersion: Int32

  /// How long a statement may take to end after it was told to.
  static let grace = Duration.seconds(5)
  private static let noticeLimit = 100

  init(connected connection: OpaquePointer, address: ServerAddress, wakeUp: WakeUp) {
    self.connection = connection
    self.address = address
    self.wakeUp = wakeUp
    notices = Lock([])
    canceller = Canceller(connection)
    backendPID = dr_pq_backend_pid(connection)
    serverVersion = dr_pq_server_version(connection)
    _ = dr_pq_set_nonblocking(connection, 1)
    dr_pq_set_notice_processor(
      connection,
      { context, message in
        guard let context, let message else { return }
        let notices = Unmanaged<Lock<[String]>>.fromOpaque(context).takeUnretainedValue()
        let text = String(cString: message)
        notices.withLock { if $0.count < Session.noticeLimit { $0.append(text) } }
      }, Unmanaged.passUnretained(notices).toOpaque())
  }

  deinit { dr_pq_finish(connection) }

  /// The server's notices since the last call, the first hundred of them.
  func takeNotices() -> [String] {
    let address = address
    return notices.withLock { list in
      defer { list.removeAll() }; return list.map { address.redact($0) }
    }
  }

  /// For the optional in which a connection keeps it.
  mutating func perform<R>(_ body: (inout Session) throws(PostgreSQLError) -> R) throws(PostgreSQLError) -> R { try body(&self) }

  // MARK: Waiting

  enum Wait { case ready, cancelled, timedOut }

  /// Waits for the socket; `cancelled` when woken from outside.
  func wait(_ events: Int32, until deadline: Deadline) -> Wait {
    while true {
      var descriptors = [
        pollfd(fd: dr_pq_socket(connection), events: Int16(events), revents: 0),
        pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      let count = poll(&descriptors, 2, deadline.milliseconds)
      if count < 0 { continue }  // EINTR: nothing else can happen to two valid descriptors.
      if descriptors[1].revents != 0 { return .cancelled }
      if descriptors[0].revents != 0 { return .ready }
      if deadline.hasPassed { return .timedOut }
    }
  }

  // MARK: Statements

  /// Sends a statement; without parameters several, separated by semicolons.
  mutating func send(_ sql: String, parameters: [String?]?, deadline: Deadline) throws(PostgreSQLError) {
    guard !isBroken else { throw PostgreSQLError(.serverGone, "the connection to \(address) is closed") }
    let sent =
      if let parameters {
        withCStrings(parameters) { dr_pq_send_query_params(connection, sql, Int32($0.count), $0.baseAddress) }
      } else {
        dr_pq_send_query(connection, sql)
      }
    guard sent == 1 else { throw connectionFailure() }
    try flush(deadline)
  }

  /// Hands to the socket what libpq still holds, and reads meanwhile, so that neither side waits for the other for ever.
  mutating func flush(_ deadline: Deadline) throws(PostgreSQLError) {
    while true {
      switch dr_pq_flush(connection) {
      case 0: return
      case 1: break
      default: throw connectionFailure()
      }
      switch wait(POLLIN | POLLOUT, until: deadline) {
      case .ready: if dr_pq_consume_input(connection) == 0 { throw connectionFailure() }
      case .cancelled: throw giveUp(.cancelled)
      case .timedOut: throw giveUp(.timedOut)
      }
    }
  }

  /// The next result, or nil after the last; a wait that is ended from outside cancels the statement and then waits for its end.
  mutating func nextResult(_ interruption: inout PostgreSQLError.Kind?, _ deadline: inout Deadline) throws(PostgreSQLError)
    -> OpaquePointer?
  {
    while dr_pq_is_busy(connection) != 0 {
      switch wait(POLLIN, until: deadline) {
      case .ready: if dr_pq_consume_input(connection) == 0 { throw connectionFailure() }
      case .cancelled: try interrupt(.cancelled, &interruption, &deadline)
      case .timedOut: try interrupt(.timedOut, &interruption, &deadline)
      }
    }
    return dr_pq_get_result(connection)
  }

  /// The first time asks the server to stop and allows it `grace`; the second time gives the connection up.
  mutating func interrupt(
    _ kind: PostgreSQLError.Kind, _ interruption: inout PostgreSQLError.Kind?, _ deadline: inout Deadline
  ) throws(PostgreSQLError) {
    wakeUp.reset()
    if let interruption {
      if kind == .cancelled { return }
      throw giveUp(interruption)
    }
    interruption = kind
    deadline = Deadline(in: Self.grace)
    canceller.cancel()
  }

  /// The connection is in an unknown state and is not used again.
  mutating func giveUp(_ kind: PostgreSQLError.Kind) -> PostgreSQLError {
    isBroken = true
    return Self.interrupted(kind, address)
  }

  static func interrupted(_ kind: PostgreSQLError.Kind, _ address: ServerAddress) -> PostgreSQLError {
    kind == .cancelled
      ? PostgreSQLError(.cancelled, "the statement on \(address) was cancelled")
      : PostgreSQLError(.timedOut, "\(address) did not answer in time")
  }

  /// Runs statements to their end and gives the last one's rows.
  mutating func run(_ sql: String, parameters: [String?]?, deadline: Deadline, limit: Int) throws(PostgreSQLError) -> QueryResult {
    try send(sql, parameters: parameters, deadline: deadline)
    _ = dr_pq_set_single_row_mode(connection)
    var (deadline, interruption, failure) = (deadline, PostgreSQLError.Kind?.none, PostgreSQLError?.none)
    var answer = QueryResult()
    while let result = try nextResult(&interruption, &deadline) {
      defer { dr_pq_clear(result) }
      switch dr_pq_result_status(result) {
      case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK:
        if answer.columns.isEmpty { answer.columns = (0..<dr_pq_columns(result)).map { String(cString: dr_pq_column_name(result, $0)) } }
        // The last result of a query has no row of its own.
        if answer.rows.count < limit || dr_pq_rows(result) == 0 {
          appendRows(of: result, to: &answer)
        } else if failure == nil {
          failure = PostgreSQLError(.unusable, "the query gives more than \(limit) rows, which is more than is read at once")
          try interrupt(.unusable, &interruption, &deadline)
        }
        answer.affected = affected(result)
      case PGRES_COMMAND_OK: answer = QueryResult(affected: affected(result))
      case PGRES_EMPTY_QUERY: break
      case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
        throw giveUpOnCopy()
      default: failure = failure ?? self.failure(of: result, interruption)
      }
    }
    if let failure { throw failure }
    return answer
  }

  private mutating func giveUpOnCopy() -> PostgreSQLError {
    isBroken = true
    return PostgreSQLError(.unusable, "COPY is not possible here", hint: "use a statement that gives rows")
  }

  private func appendRows(of result: OpaquePointer, to answer: inout QueryResult) {
    for row in 0..<dr_pq_rows(result) {
      answer.rows.append(
        (0..<dr_pq_columns(result)).map { column in
          guard dr_pq_is_null(result, row, column) == 0, let value = dr_pq_value(result, row, column) else { return nil }
          let bytes = UnsafeRawBufferPointer(start: value, count: Int(dr_pq_length(result, row, column)))
          return String(decoding: bytes, as: UTF8.self)
        })
    }
  }

  func affected(_ result: OpaquePointer) -> Int64 { Int64(String(cString: dr_pq_affected(result))) ?? 0 }

  // MARK: Errors

  /// What a failed result says, or why it was ended from here.
  mutating func failure(of result: OpaquePointer, _ interruption: PostgreSQLError.Kind?) -> PostgreSQLError {
    func field(_ letter: Character) -> String? {
      guard let code = letter.asciiValue, let text = dr_pq_result_field(result, Int32(code)) else { return nil }
      return address.redact(String(cString: text))
    }
    guard let code = field("C") else { return connectionFailure() }
    let state = SQLState(code)
    if let interruption, state == .queryCancelled { return Self.interrupted(interruption, address) }
    let kind: PostgreSQLError.Kind =
      if state.isServerGone { .serverGone } else if state.isAuthentication { .authentication } else { .sql(state) }
    if kind == .serverGone { isBroken = true }
    return PostgreSQLError(kind, field("M") ?? "the server gave no reason", detail: field("D"), hint: field("H"))
  }

  /// libpq's own failure: the connection is gone.
  mutating func connectionFailure() -> PostgreSQLError {
    isBroken = true
    let text = address.redact(String(cString: dr_pq_error_message(connection))).split(separator: "\n").first.map(String.init)
    return PostgreSQLError(.serverGone, "the connection to \(address) was lost: \(text ?? "no reason given")")
  }
}

/// Asks the server to stop what a session does. PQcancel opens a connection of its own and knows no time-out, so it has a thread of its own.
private final class Canceller: Sendable {
  // PGcancel never changes, and PQcancel is thread-safe.
  private nonisolated(unsafe) let handle: OpaquePointer?
  init(_ connection: OpaquePointer) { handle = dr_pq_get_cancel(connection) }
  deinit { dr_pq_free_cancel(handle) }

  func cancel() {
    let retained = Unmanaged.passRetained(self)
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        let canceller = Unmanaged<Canceller>.fromOpaque(context).takeRetainedValue()
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { _ = dr_pq_cancel(canceller.handle, $0.baseAddress, 256) }
        return nil
      }, retained.toOpaque())
    if code == 0 { pthread_detach(thread) } else { retained.release() }
  }
}

/// The texts as C strings, nil as NULL, for the time of the call.
func withCStrings<R>(_ strings: [String?], _ body: (UnsafeBufferPointer<UnsafePointer<CChar>?>) -> R) -> R {
  var text: [CChar] = []
  let starts = strings.map { string -> Int? in
    guard let string else { return nil }
    defer {
      text.append(contentsOf: string.utf8.lazy.map { CChar(bitPattern: $0) })
      text.append(0)
    }
    return text.count
  }
  return text.withUnsafeBufferPointer { text in
    starts.map { start in start.flatMap { start in text.baseAddress.map { $0 + start } } }.withUnsafeBufferPointer(body)
  }
}
