/// What `INFO` says.
public struct ServerInfo: Sendable {
  public let values: [String: String]

  public init(_ text: String) {
    var values: [String: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      values[String(line[..<colon])] = String(line[line.index(after: colon)...])
    }
    self.values = values
  }

  public subscript(_ name: String) -> String? { values[name] }
  public func int(_ name: String) -> Int64? { values[name].flatMap { Int64($0) } }
  public func flag(_ name: String) -> Bool { values[name] == "1" }

  public var version: String { self["redis_version"] ?? "" }
  /// The first two numbers of it: 7.0 is 700.
  public var number: Int {
    let parts = version.split(separator: ".").prefix(2).map { Int($0) ?? 0 }
    return (parts.first ?? 0) * 100 + (parts.count > 1 ? parts[1] : 0)
  }
  public var isMaster: Bool { self["role"] == "master" }

  /// How many keys a numbered database has, and how many of them expire by themselves.
  public struct Keys: Hashable, Sendable {
    public var all: Int64
    public var expiring: Int64
    public init(all: Int64, expiring: Int64) { self.all = all; self.expiring = expiring }
    public var lasting: Int64 { all - expiring }
  }

  /// By the number of the database; those without a key are not in it.
  public var keyspace: [Int: Keys] {
    var found: [Int: Keys] = [:]
    for (name, text) in values {
      guard name.hasPrefix("db"), let number = Int(name.dropFirst(2)) else { continue }
      var parts: [Substring: Int64] = [:]
      for part in text.split(separator: ",") {
        let pair = part.split(separator: "=")
        if pair.count == 2 { parts[pair[0]] = Int64(pair[1]) }
      }
      if let keys = parts["keys"] { found[number] = Keys(all: keys, expiring: parts["expires"] ?? 0) }
    }
    return found
  }
}

extension RedisConnection {
  /// All that `INFO` says; of these sections only, where some are named.
  public func info(deadline: Duration? = nil) async throws(RedisError) -> ServerInfo {
    ServerInfo(try await ask("INFO", deadline: deadline).string ?? "")
  }
}

extension RedisConnection {
  /// The server's own clock, since 1970.
  public func milliseconds() async throws(RedisError) -> Int64 {
    let parts = (try await ask("TIME").list ?? []).compactMap(\.string).compactMap { Int64($0) }
    guard parts.count == 2 else { throw RedisError(.unusable, "\(address.server) does not say what time it is") }
    return parts[0] * 1_000 + parts[1] / 1_000
  }
}

/// The reading half of a connection: all that an observation can get hold of.
public struct ReadOnlyRedis: Sendable {
  private let connection: RedisConnection

  public static func open(_ address: RedisAddress, name: String, timeout: Duration = .seconds(10)) async throws(RedisError) -> ReadOnlyRedis {
    ReadOnlyRedis(connection: try await .open(address, name: name, timeout: timeout))
  }

  public func info() async throws(RedisError) -> ServerInfo { try await connection.info() }

  /// The server's own clock, since 1970.
  public func milliseconds() async throws(RedisError) -> Int64 { try await connection.milliseconds() }

  /// What a key holds: `list`, `stream`, `none`.
  public func type(of key: String) async throws(RedisError) -> String { try await connection.ask("TYPE", key).string ?? "none" }

  /// How many elements a list or stream has.
  public func length(of key: String, _ type: String) async throws(RedisError) -> Int64 {
    try await connection.ask(type == "stream" ? "XLEN" : "LLEN", key).integer ?? 0
  }

  public func close() async { await connection.close() }
}
