internal import CLibPQ
internal import Concurrency
internal import Glibc

extension Session {
  /// Connects within `timeout`, name resolution aside, which has time-outs of its own.
  static func connect(
    _ address: ServerAddress, application: String, timeout: Duration, wakeUp: WakeUp
  ) throws(PostgreSQLError) -> Session {
    guard dr_pq_available() != 0 else { throw .libraryMissing }
    let parameters = address.parameters(application: application)
    let started = withCStrings(parameters.map(\.0) + [nil]) { keywords in
      withCStrings(parameters.map(\.1) + [nil]) { dr_pq_connect_start(keywords.baseAddress, $0.baseAddress) }
    }
    guard let connection = started else { throw PostgreSQLError(.cannotConnect, "out of memory") }
    do throws(PostgreSQLError) {
      // Only in its verbose form does an error before the connection stands show its SQLSTATE.
      dr_pq_be_verbose(connection)
      try finishConnecting(connection, address, Deadline(in: timeout), timeout, wakeUp)
      dr_pq_be_normal(connection)
    } catch {
      dr_pq_finish(connection)
      throw error
    }
    return Session(connected: connection, address: address, wakeUp: wakeUp)
  }

  private static func finishConnecting(
    _ connection: OpaquePointer, _ address: ServerAddress, _ deadline: Deadline, _ timeout: Duration, _ wakeUp: WakeUp
  ) throws(PostgreSQLError) {
    guard dr_pq_status(connection) != CONNECTION_BAD else { throw refusal(connection, address) }
    var state = PGRES_POLLING_WRITING
    while true {
      if state == PGRES_POLLING_OK { return }
      guard state != PGRES_POLLING_FAILED else { throw refusal(connection, address) }
      var descriptors = [
        pollfd(fd: dr_pq_socket(connection), events: Int16(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), revents: 0),
        pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      _ = poll(&descriptors, 2, deadline.milliseconds)
      if descriptors[1].revents != 0 { throw PostgreSQLError(.cancelled, "connecting to \(address) was cancelled") }
      guard !deadline.hasPassed else {
        throw PostgreSQLError(.cannotConnect, "\(address) did not answer within \(timeout)", hint: "check host, port and firewall")
      }
      if descriptors[0].revents != 0 { state = dr_pq_connect_poll(connection) }
    }
  }

  private static func refusal(_ connection: OpaquePointer, _ address: ServerAddress) -> PostgreSQLError {
    let lines = address.redact(String(cString: dr_pq_error_message(connection))).split(separator: "\n").map(String.init)
    // With several addresses the last attempt's line counts; verbose lines after the first of an attempt are indented or name a place.
    let said = lines.last { $0.contains(" failed: ") || $0.contains("FATAL") } ?? lines.first ?? "no reason given"
    let state = sqlState(in: said)
    let message = withoutState(state, said)
    if dr_pq_needs_password(connection) != 0 || message.contains("no password supplied") {
      return PostgreSQLError(
        .authentication, "\(address) asks for a password and the URL has none", hint: "put it into the secret that holds the URL")
    }
    if state?.isAuthentication == true {
      return PostgreSQLError(.authentication, "\(address) refused the login: \(message)", hint: "check user and password in the secret")
    }
    if let state, !state.isServerGone { return PostgreSQLError(.sql(state), "cannot connect to \(address): \(message)") }
    return PostgreSQLError(.cannotConnect, "cannot connect to \(address): \(message)")
  }

  /// `FATAL:  28P01: password authentication failed …`: the severity is translated, the code behind two spaces is not.
  private static func sqlState(in line: String) -> SQLState? {
    let bytes = Array(line.utf8)
    guard bytes.count >= 10 else { return nil }
    for start in 0...(bytes.count - 10) where bytes[start..<start + 3].elementsEqual(":  ".utf8) && bytes[start + 8] == UInt8(ascii: ":") {
      let code = bytes[start + 3..<start + 8]
      if code.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x41 && $0 <= 0x5A) }) {
        return SQLState(String(decoding: code, as: UTF8.self))
      }
    }
    return nil
  }

  private static func withoutState(_ state: SQLState?, _ line: String) -> String {
    guard let state, let range = line.firstRange(of: "\(state.code): ") else { return line }
    return line[range.upperBound...].trimmingPrefix(" ").description
  }
}
