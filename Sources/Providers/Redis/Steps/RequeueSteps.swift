internal import CanonicalJSON
internal import PlanModel
internal import PointSteps
internal import PostgreSQLClient
public import ProviderInterface
internal import RedisClient
internal import Units

/// What a requeue leaves beside the queue, at the same moment as the messages: a run never puts them in twice. It goes by itself after a week.
struct RequeueMark: Codable, Hashable {
  var run: RunID
  var step: String
  var messages: Int

  static func key(of queue: String) -> String { "sie-dr:requeue:\(queue)" }
  func isOf(_ mark: StepMark) -> Bool { run == mark.run && step == mark.step.rawValue }

  static func read(_ connection: RedisConnection, _ queue: String) async throws(RedisError) -> RequeueMark? {
    guard case .bytes(let bytes?) = try await connection.ask("GET", key(of: queue)) else { return nil }
    return try? CanonicalJSON.decode(RequeueMark.self, from: bytes)
  }
}

public struct RedisRequeueObserver: StepObserver {
  public typealias Kind = RedisRequeue

  public func observe(_ arguments: RedisRequeue.Arguments, in context: ObservingContext) async -> Observation {
    do {
      let redis = try await ReadOnlyRedis.open(try await context.secrets.address(of: arguments.server), name: observerName, timeout: context.timeout.duration)
      let role = try await redis.info().isMaster ? "primary" : "replica"
      let type = try await redis.type(of: arguments.queue)
      let length = ["list", "stream"].contains(type) ? try await redis.length(of: arguments.queue, type) : 0
      await redis.close()
      return Observation(facts: [RedisRequeue.type: .string(type), RedisRequeue.role: .string(role)], measurements: [RedisRequeue.length: .int(length)])
    } catch { return .unreachable(Failures.translate(error, doing: "looking").message) }
  }
}

/// Fills a queue from a query, in one transaction.
public struct RedisRequeuePerformer: StepPerformer {
  public typealias Kind = RedisRequeue

  /// All messages are in memory once, here and at the server.
  private static let rowLimit = 1_000_000
  private static let byteLimit = 256 << 20
  private static let perPush = 500

  public func perform(_ arguments: RedisRequeue.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let redis = try await context.secrets.address(of: arguments.server)
    return try await translating("filling `\(arguments.queue)` on \(redis.server)") {
      let connection = try await RedisConnection.open(redis, name: context.mark.applicationName)
      if let done = try await RequeueMark.read(connection, arguments.queue), done.isOf(context.mark) { return result(done.messages, arguments) }
      let type = try await connection.ask("TYPE", arguments.queue).string ?? "none"
      guard ["none", "list", "stream"].contains(type) else {
        throw StepFailure("wrong-queue", "`\(arguments.queue)` on \(redis.server) is a \(type), neither a list nor a stream", helps: ["name the key of the queue"])
      }
      let answer = try await ask(arguments, context)
      let commands = try Self.commands(answer, arguments.queue, isStream: type == "stream")
      let mark = try CanonicalJSON.text(RequeueMark(run: context.mark.run, step: context.mark.step.rawValue, messages: answer.rows.count))
      let closing = RedisCommand("SET", RequeueMark.key(of: arguments.queue), mark, "EX", String(RestoreMark.lifetime))
      try await push([RedisCommand("MULTI")] + commands + [closing, RedisCommand("EXEC")], mark: RequeueMark.key(of: arguments.queue), on: connection)
      await connection.close()
      return result(answer.rows.count, arguments)
    }
  }

  private func ask(_ arguments: RedisRequeue.Arguments, _ context: PerformingContext) async throws -> QueryResult {
    let database = try await context.secrets.database(of: arguments.from, application: context.mark.applicationName)
    let answer = try await database.query(arguments.sql, deadline: context.timeout.duration, limit: Self.rowLimit)
    await database.close()
    guard !answer.columns.isEmpty else { throw StepFailure("no-rows", "the query on `\(arguments.from.server)` is none that gives rows", helps: ["write a SELECT"]) }
    return answer
  }

  /// One push for some hundred messages of a list; one for each entry of a stream.
  static func commands(_ answer: QueryResult, _ queue: String, isStream: Bool) throws -> [RedisCommand] {
    var bytes = 0
    func word(_ text: String) throws -> [UInt8] {
      bytes += text.utf8.count
      guard bytes <= byteLimit else { throw StepFailure("too-much", "the query gives more than \(ByteCount(bytes: Int64(byteLimit)).rounded) of messages", helps: ["requeue in several steps, each with a part of the rows"]) }
      return Array(text.utf8)
    }
    let key = Array(queue.utf8)
    if isStream {
      return try answer.rows.map { row in
        var words = [Array("XADD".utf8), key, Array("*".utf8)]
        for (column, value) in zip(answer.columns, row) { if let value { words += [try word(column), try word(value)] } }
        guard words.count > 3 else { throw StepFailure("empty-message", "a row of the query holds nothing but NULL", helps: ["leave such rows out: WHERE … IS NOT NULL"]) }
        return RedisCommand(words)
      }
    }
    let messages = try answer.rows.map { try word(try message($0, answer.columns)) }
    return stride(from: 0, to: messages.count, by: perPush).map { RedisCommand([Array("RPUSH".utf8), key] + messages[$0..<min($0 + perPush, messages.count)]) }
  }

  private static func message(_ row: [String?], _ columns: [String]) throws -> String {
    if row.count == 1 {
      guard let value = row[0] else { throw StepFailure("empty-message", "a row of the query is NULL", helps: ["leave such rows out: WHERE … IS NOT NULL"]) }
      return value
    }
    let members = zip(columns, row).map { ($0, $1.map(JSONValue.string) ?? .null) }
    return try CanonicalJSON.text(JSONValue.object(Dictionary(members) { _, last in last }))
  }

  private func push(_ commands: [RedisCommand], mark: String, on connection: RedisConnection) async throws {
    let replies = try await connection.send(commands, deadline: .seconds(120))
    // A command that was refused when it was queued says why; the transaction then only says that it was given up.
    for (command, reply) in zip(commands, replies) { if case .refusal(let text) = reply { throw connection.refusal(text, command.name) } }
    for case .refusal(let text) in replies.last?.list ?? [] {
      // Redis rolls nothing back: the mark would say that all is done.
      _ = try await connection.ask("DEL", mark)
      throw connection.refusal(text, "EXEC")
    }
  }

  private func result(_ messages: Int, _ arguments: RedisRequeue.Arguments) -> StepResult {
    StepResult(
      summary: "put \(messages) message\(messages == 1 ? "" : "s") into `\(arguments.queue)` on \(arguments.server.server)", outputs: ["messages": .text(String(messages))],
      measurements: ["messages": .int(Int64(messages))])
  }

  public func settle(_ arguments: RedisRequeue.Arguments, in context: PerformingContext) async -> Settlement {
    do {
      let connection = try await RedisConnection.open(try await context.secrets.address(of: arguments.server), name: context.mark.applicationName)
      let mark = try await RequeueMark.read(connection, arguments.queue)
      await connection.close()
      guard let mark, mark.isOf(context.mark) else { return .notDone }
      return .done(result(mark.messages, arguments))
    } catch {
      return .unknown("the server `\(arguments.server.server)` cannot be asked: \(Failures.translate(error, doing: "looking").message)")
    }
  }

  public func undo(_: RedisRequeue.Arguments, result _: StepResult?, in _: PerformingContext) async throws(StepFailure) {}
}
