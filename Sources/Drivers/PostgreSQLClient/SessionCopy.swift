internal import CLibPQ
internal import Concurrency
internal import Glibc

/// Bytes of a COPY OUT, gathered into one buffer that is used again and again.
struct Gathering: ~Copyable {
  fileprivate var state: dr_pq_gathering
  private let memory: UnsafeMutableRawBufferPointer

  init(capacity: Int) {
    memory = .allocate(byteCount: capacity, alignment: 16)
    state = dr_pq_gathering(
      buffer: memory.baseAddress?.assumingMemoryBound(to: CChar.self), capacity: capacity, filled: 0, row: nil, length: 0, taken: 0)
  }
  deinit {
    var state = state
    dr_pq_gathering_free(&state)
    memory.deallocate()
  }
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<state.filled]) }
}

extension Session {
  /// Begins a COPY in the given direction.
  mutating func beginCopy(_ sql: String, _ direction: ExecStatusType, _ deadline: Deadline) throws(PostgreSQLError) {
    try send(sql, parameters: nil, deadline: deadline)
    var (deadline, interruption) = (deadline, PostgreSQLError.Kind?.none)
    guard let result = try nextResult(&interruption, &deadline) else { throw connectionFailure() }
    defer { dr_pq_clear(result) }
    if dr_pq_result_status(result) == direction { return }
    let failure = failure(of: result, interruption)
    try drain(&interruption, &deadline)
    throw failure
  }

  /// The next buffer full of rows, or false once the COPY has sent all of them.
  mutating func gather(_ gathering: inout Gathering) throws(PostgreSQLError) -> Bool {
    gathering.state.filled = 0
    while true {
      switch dr_pq_gather(connection, &gathering.state) {
      case dr_pq_gathered_full: return true
      case dr_pq_gathered_end: return false
      case dr_pq_gathered_waiting:
        switch wait(POLLIN, until: .none) {
        case .ready: if dr_pq_consume_input(connection) == 0 { throw connectionFailure() }
        case .cancelled, .timedOut: throw Self.interrupted(.cancelled, address)
        }
      default: throw connectionFailure()
      }
    }
  }

  /// The COPY's own verdict after its data: how many rows.
  mutating func endOfCopy(_ deadline: Deadline) throws(PostgreSQLError) -> Int64 {
    var (deadline, interruption, rows, failure) = (deadline, PostgreSQLError.Kind?.none, Int64(0), PostgreSQLError?.none)
    while let result = try nextResult(&interruption, &deadline) {
      defer { dr_pq_clear(result) }
      if dr_pq_result_status(result) == PGRES_COMMAND_OK {
        rows = affected(result)
      } else {
        failure = failure ?? self.failure(of: result, interruption)
      }
    }
    if let failure { throw failure }
    return rows
  }

  /// Stops a COPY OUT whose reader has failed; the session can be used again if the server obeys in time.
  mutating func abandonCopyOut() {
    guard !isBroken else { return }
    var (deadline, interruption) = (Deadline.none, PostgreSQLError.Kind?.none)
    do throws(PostgreSQLError) {
      try interrupt(.cancelled, &interruption, &deadline)
      var scrap = Gathering(capacity: 1 << 16)
      while true {
        scrap.state.filled = 0
        let gathered = dr_pq_gather(connection, &scrap.state)
        if gathered == dr_pq_gathered_end { break }
        guard gathered == dr_pq_gathered_waiting || gathered == dr_pq_gathered_full, !deadline.hasPassed else { throw giveUp(.cancelled) }
        guard gathered == dr_pq_gathered_waiting else { continue }
        switch wait(POLLIN, until: deadline) {
        case .ready: if dr_pq_consume_input(connection) == 0 { throw connectionFailure() }
        case .cancelled: wakeUp.reset()
        case .timedOut: throw giveUp(.cancelled)
        }
      }
      try drain(&interruption, &deadline)
    } catch {
      _ = giveUp(.cancelled)
    }
  }

  mutating func put(_ bytes: [UInt8]) throws(PostgreSQLError) {
    var sent: Int32
    repeat {
      sent = bytes.withUnsafeBytes { dr_pq_put_copy_data(connection, $0.baseAddress, Int32($0.count)) }
      guard sent >= 0 else { throw connectionFailure() }
      try flush(.none)
    } while sent == 0
  }

  /// Ends a COPY IN: with a reason, the server takes back what it was sent.
  mutating func endCopyIn(failingWith reason: String?, _ deadline: Deadline) throws(PostgreSQLError) -> Int64 {
    let sent = reason.map { dr_pq_put_copy_end(connection, $0) } ?? dr_pq_put_copy_end(connection, nil)
    guard sent >= 0 else { throw connectionFailure() }
    try flush(deadline)
    return try endOfCopy(deadline)
  }

  private mutating func drain(_ interruption: inout PostgreSQLError.Kind?, _ deadline: inout Deadline) throws(PostgreSQLError) {
    while let result = try nextResult(&interruption, &deadline) { dr_pq_clear(result) }
  }
}
