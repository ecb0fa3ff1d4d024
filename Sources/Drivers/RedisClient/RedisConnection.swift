internal import Concurrency

/// A connection to one Redis server, on a thread of its own, used by one task at a time.
///
/// Every call has a deadline and can be cancelled. After either, or when the server has gone, the connection is closed and every later call
/// fails at once: an answer that comes too late must not be taken for that of the next question.
public actor RedisConnection {
  private let executor: ThreadExecutor
  public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
  private var socket: RedisSocket?
  private var reader = ReplyReader()
  private nonisolated let wakeUp = WakeUp()
  /// Where this connection leads; prints without its password.
  public nonisolated let address: RedisAddress
  /// For one command, unless it is given another.
  private nonisolated let patience: Duration

  private init(_ address: RedisAddress, _ patience: Duration) {
    executor = ThreadExecutor()
    self.address = address
    self.patience = patience
  }

  /// Connects, logs in, and selects the URL's database. `name` is what `CLIENT LIST` shows; blanks in it become `-`.
  public static func open(_ address: RedisAddress, name: String, timeout: Duration = .seconds(10)) async throws(RedisError) -> RedisConnection {
    let connection = RedisConnection(address, timeout)
    try await connection.connect(timeout)
    try await connection.logIn()
    // Refused to users with few rights, and of no importance then.
    do throws(RedisError) { _ = try await connection.ask("CLIENT", "SETNAME", String(name.map { $0.isWhitespace ? "-" : $0 })) } catch {
      guard error.code != nil else { throw error }
    }
    if address.database != 0 { _ = try await connection.ask("SELECT", String(address.database)) }
    return connection
  }

  private func connect(_ timeout: Duration) async throws(RedisError) {
    try await cancellable { () throws(RedisError) in self.socket = try RedisSocket.connect(self.address, Deadline(in: timeout), wakeUp) }
  }

  private func logIn() async throws(RedisError) {
    do throws(RedisError) {
      if let password = address.password {
        _ = try await ask(RedisCommand((["AUTH"] + [address.user].compactMap { $0 } + [password]).map { Array($0.utf8) }))
      }
      _ = try await ask("PING")
    } catch {
      switch error.code {
      case "WRONGPASS", "NOPERM":
        throw RedisError(.authentication, "\(address.server) refused the login: \(error.message)", hint: "check user and password in the secret")
      case "NOAUTH": throw RedisError(.authentication, "\(address.server) asks for a password and the URL has none", hint: "put it into the secret that holds the URL")
      case "ERR" where address.password != nil:
        throw RedisError(.authentication, "\(address.server) refused the login: \(error.message)", hint: "leave the password out of the URL if the server has none")
      default: throw error
      }
    }
  }

  /// One command of plain words; its answer, or what it was refused with as an error.
  @discardableResult
  public func ask(_ words: String..., deadline: Duration? = nil) async throws(RedisError) -> RedisReply {
    try await ask(RedisCommand(words.map { Array($0.utf8) }), deadline: deadline)
  }

  /// One command; its answer, or what it was refused with as an error.
  public func ask(_ command: RedisCommand, deadline: Duration? = nil) async throws(RedisError) -> RedisReply {
    guard let reply = try await send([command], deadline: deadline).first else { throw closed }
    if case .refusal(let text) = reply { throw refusal(text, command.name) }
    return reply
  }

  /// Commands sent at once, and their answers in order, refusals among them.
  public func send(_ commands: [RedisCommand], deadline: Duration? = nil) async throws(RedisError) -> [RedisReply] {
    let deadline = Deadline(in: deadline ?? patience)
    return try await cancellable { () throws(RedisError) in
      var bytes: [UInt8] = []
      bytes.reserveCapacity(commands.reduce(0) { $0 + $1.size })
      for command in commands { bytes += command.bytes }
      try write(bytes, deadline)
      var replies: [RedisReply] = []
      while replies.count < commands.count {
        do throws(ReplyReader.Malformed) {
          while replies.count < commands.count, let reply = try reader.next() { replies.append(reply) }
        } catch { throw RedisError(.unusable, "\(address.server) does not speak as a Redis server does", hint: "check host and port") }
        if replies.count < commands.count { reader.append(try read(deadline)) }
      }
      return replies
    }
  }

  /// What a refusal comes to, in words.
  public nonisolated func refusal(_ text: String, _ command: String) -> RedisError {
    let line = address.redact(String(text.prefix(300).map { $0.isNewline ? " " : $0 }))
    let code = String(line.prefix { $0 != " " })
    return RedisError(.refused(code), "\(command): \(line)")
  }

  /// Ends the connection now; otherwise it ends with its last reference.
  public func close() { socket = nil }

  // MARK: Inside

  func write(_ bytes: [UInt8], _ deadline: Deadline) throws(RedisError) {
    guard socket != nil else { throw closed }
    var come: [[UInt8]] = []
    try socket?.write(bytes, deadline) { come.append($0) }
    for bytes in come { reader.append(bytes) }
  }

  func read(_ deadline: Deadline) throws(RedisError) -> [UInt8] {
    guard let bytes = try socket?.read(deadline) else { throw closed }
    return bytes
  }

  /// The next line of text, whatever it is.
  func line(_ deadline: Deadline) throws(RedisError) -> String {
    while true {
      do throws(ReplyReader.Malformed) { if let line = try reader.line() { return line } } catch {
        throw RedisError(.unusable, "\(address.server) does not speak as a Redis server does", hint: "check host and port")
      }
      reader.append(try read(deadline))
    }
  }

  func takeRest() -> [UInt8] { reader.takeRest() }

  private var closed: RedisError { RedisError(.serverGone, "the connection to \(address.server) is closed") }

  private func onThread<R>(_ body: () throws(RedisError) -> R) throws(RedisError) -> R { try body() }

  /// Runs a call that waits in `poll`, and wakes it when the task is cancelled. What fails half-way leaves no connection behind.
  func cancellable<R: Sendable>(_ body: () throws(RedisError) -> R) async throws(RedisError) -> R {
    wakeUp.reset()
    if Task.isCancelled { throw RedisError(.cancelled, "the command on \(address.server) was cancelled") }
    let outcome = await withTaskCancellationHandler {
      // A closure that does not mention the actor is not on the actor's thread.
      Result { () throws(RedisError) in try onThread(body) }
    } onCancel: {
      wakeUp.signal()
    }
    do throws(RedisError) { return try outcome.get() } catch {
      socket = nil
      throw error
    }
  }
}
