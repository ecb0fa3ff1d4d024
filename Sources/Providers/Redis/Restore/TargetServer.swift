internal import PointSteps
internal import ProviderInterface
internal import RedisClient
internal import Units

/// The server that a restore fills.
struct TargetServer: Sendable {
  let connection: RedisConnection
  let address: RedisAddress

  static func open(_ address: RedisAddress, application: String) async throws(RedisError) -> TargetServer {
    // The mark lies in the first database, whatever the URL names.
    let address = address.with(database: 0)
    return TargetServer(connection: try await .open(address, name: application), address: address)
  }

  /// The keys of a server by what INFO says, for people: `12 keys in database 0, 1 key in database 3`.
  static func words(_ keyspace: [Int: ServerInfo.Keys]) -> String {
    keyspace.sorted { $0.key < $1.key }.map { "\($0.value.all) key\($0.value.all == 1 ? "" : "s") in database \($0.key)" }.joined(separator: ", ")
  }

  /// The newest RDB file that a server of this version reads; nil: nobody here knows.
  static func rdbVersion(readBy number: Int) -> Int? {
    switch number {
    case ..<500: 8
    case ..<700: 9
    case 700..<702: 10
    case 702..<704: 11
    case 704..<801: 12
    default: nil
    }
  }

  /// What makes a restore impossible and can be seen beforehand, the keys that are there aside.
  static func check(_ info: ServerInfo, _ address: RedisAddress, rdbVersion: Int?) throws(StepFailure) {
    guard !info.flag("cluster_enabled") else {
      throw StepFailure("redis-cluster", "\(address.server) is a node of a Redis cluster, which takes a part of the keys only", helps: ["restore into a server that is none"])
    }
    guard info.isMaster else {
      throw StepFailure(
        "server-is-replica", "\(address.server) is a replica of \(info["master_host"] ?? "another server"):\(info["master_port"] ?? ""), which takes no writes",
        helps: ["let the URL lead to a primary, or promote this one: `redis.promote`"])
    }
    guard !info.flag("loading") else {
      throw StepFailure("server-busy", "\(address.server) is loading its data just now", helps: ["wait until `redis-cli INFO persistence` says loading:0"], transient: true)
    }
    guard let rdbVersion, let newest = Self.rdbVersion(readBy: info.number), rdbVersion > newest else { return }
    throw StepFailure(
      "server-too-old", "\(address.server) is Redis \(info.version), which does not read what a newer one has written (RDB version \(rdbVersion), it knows \(newest))",
      helps: ["restore into a Redis of the version that the point was made of, or newer"])
  }

  /// Throws where there is anything that is not ours.
  static func checkEmpty(_ info: ServerInfo, _ address: RedisAddress, functions: Int) throws(StepFailure) {
    let keyspace = info.keyspace
    guard keyspace.isEmpty, functions == 0 else {
      let what = [keyspace.isEmpty ? nil : words(keyspace), functions == 0 ? nil : "\(functions) librar\(functions == 1 ? "y" : "ies") of functions"].compactMap { $0 }
      throw StepFailure(
        "target-not-empty", "\(address.server) is not empty: \(what.joined(separator: ", "))",
        details: ["a restore never touches what is there already"],
        helps: ["name another server, or make sure that nobody needs it and empty it: redis-cli FLUSHALL"])
    }
  }

  /// How many libraries of functions there are; servers before 7.0 have none.
  func functions(_ info: ServerInfo) async throws(RedisError) -> Int {
    guard info.number >= 700 else { return 0 }
    return try await connection.ask("FUNCTION", "LIST").list?.count ?? 0
  }

  /// Removes everything and leaves the mark, at one moment.
  func empty(leaving mark: RestoreMark, _ info: ServerInfo) async throws {
    var commands = [RedisCommand("MULTI"), RedisCommand("FLUSHALL")]
    if info.number >= 700 { commands.append(RedisCommand("FUNCTION", "FLUSH")) }
    commands += [try mark.command, RedisCommand("EXEC")]
    let replies = try await connection.send(commands, deadline: .seconds(600))
    let refused = replies.dropLast() + (replies.last?.list ?? replies.suffix(1))
    for case .refusal(let text) in refused { throw connection.refusal(text, "FLUSHALL") }
  }
}
