internal import Glibc

/// A Redis of a test's own, in a temporary folder, on a free port. It ends with the process that started it, however that ends.
public final class RedisServer: Sendable {
  /// With characters that a URL must encode.
  public static let password = "r3dis/pa:ss@word"
  public static let encodedPassword = "r3dis%2Fpa%3Ass%40word"

  public let folder: String
  public let port: Int
  private let arguments: [String]
  private let lifeline: Int32

  /// Starts a server with a password. `settings` are further options: `--appendonly`, `yes`. With a configuration file, it can rewrite it.
  public static func start(_ settings: [String] = [], configurationFile: Bool = false) throws -> RedisServer {
    let folder = try temporaryFolder("redis")
    do {
      // A free port may be taken before the server has it: once more then.
      do { return try run(folder, settings, configurationFile) } catch { return try run(folder, settings, configurationFile) }
    } catch {
      removeFolder(folder)
      throw error
    }
  }

  /// A replica that has caught up with `primary`.
  public static func replica(of primary: RedisServer, _ settings: [String] = [], configurationFile: Bool = false) throws -> RedisServer {
    let replica = try start(["--replicaof", "127.0.0.1", "\(primary.port)"] + settings, configurationFile: configurationFile)
    try wait("the replica has its data") { try replica.cli(["INFO", "replication"]).contains("master_link_status:up") }
    return replica
  }

  private static func run(_ folder: String, _ settings: [String], _ hasFile: Bool) throws -> RedisServer {
    let (listener, port) = try Sockets.listen()
    close(listener)
    var lines = [
      "--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder, "--repl-diskless-sync-delay", "0", "--save", "", "--daemonize", "no",
      "--logfile", "\(folder)/log",
    ]
    // The password through a file: argument lists are looked at for it.
    var text = "requirepass \"\(password)\"\nmasterauth \"\(password)\"\n"
    try writeFile("\(folder)/redis.conf", text)
    if hasFile {
      var words = (lines + settings)[...]
      while let name = words.popFirst() {
        var values: [String] = []
        while let word = words.first, !word.hasPrefix("--") { values.append(word.isEmpty ? "\"\"" : word); words = words.dropFirst() }
        text += "\(name.dropFirst(2)) \(values.joined(separator: " "))\n"
      }
      try writeFile("\(folder)/redis.conf", text)
      lines = []
    }
    let arguments = ["redis-server", "\(folder)/redis.conf"] + lines + (hasFile ? [] : settings)
    let server = RedisServer(folder: folder, port: port, arguments: arguments, lifeline: try guardian(arguments, folder))
    try wait("Redis answers") { try server.cli(["PING"], mayFail: true) == "PONG\n" }
    return server
  }

  private static func guardian(_ arguments: [String], _ folder: String) throws -> Int32 {
    let words = arguments.map { "'\($0)'" }.joined(separator: " ")
    return try Guardian.start("\(words) & echo $! > '\(folder)/pid'; read line; kill -9 $(cat '\(folder)/pid'); wait; rm -rf '\(folder)'", output: "\(folder)/out")
  }

  private init(folder: String, port: Int, arguments: [String], lifeline: Int32) {
    self.folder = folder; self.port = port; self.arguments = arguments; self.lifeline = lifeline
  }

  deinit { close(lifeline) }

  // MARK: Use

  public var url: String { url(password: Self.encodedPassword) }
  public func url(password: String, port: Int? = nil, database: Int = 0) -> String { "redis://:\(password)@127.0.0.1:\(port ?? self.port)/\(database)" }

  /// One command by redis-cli; its output.
  @discardableResult
  public func cli(_ arguments: [String], input: String = "", mayFail: Bool = false) throws -> String {
    let result = try runProgram(
      ["redis-cli", "-p", "\(port)", "--no-auth-warning"] + arguments, environment: ["REDISCLI_AUTH": Self.password], input: input, mayFail: mayFail)
    return result.output
  }

  /// Many commands, a line each; an answer that is an error is one.
  @discardableResult
  public func commands(_ lines: [String]) throws -> String {
    let output = try cli([], input: lines.joined(separator: "\n") + "\n")
    if let error = output.split(separator: "\n").first(where: { $0.hasPrefix("ERR") || $0.hasPrefix("WRONGTYPE") || $0.hasPrefix("(error)") }) {
      throw ProgramFailure(description: "redis-cli: \(error)")
    }
    return output
  }

  /// All keys of a database with type, expiry and contents, sorted: equal for equal databases.
  public func contents(_ database: Int = 0) throws -> [String] {
    let script = """
      local out = {}
      for _, key in ipairs(redis.call('KEYS', '*')) do
        local type = redis.call('TYPE', key)['ok']
        local value
        if type == 'string' then value = redis.call('GET', key)
        elseif type == 'list' then value = table.concat(redis.call('LRANGE', key, 0, -1), ',')
        elseif type == 'set' then local all = redis.call('SMEMBERS', key); table.sort(all); value = table.concat(all, ',')
        elseif type == 'zset' then value = table.concat(redis.call('ZRANGE', key, 0, -1, 'WITHSCORES'), ',')
        elseif type == 'hash' then local all, flat = redis.call('HGETALL', key), {}
          for i = 1, #all, 2 do flat[#flat + 1] = all[i] .. '=' .. all[i + 1] end
          table.sort(flat); value = table.concat(flat, ',')
        elseif type == 'stream' then value = cjson.encode({redis.call('XRANGE', key, '-', '+'), redis.call('XINFO', 'GROUPS', key), redis.call('XLEN', key)}) end
        out[#out + 1] = redis.sha1hex(key .. '|' .. value) .. ' ' .. type .. ' ' .. redis.call('PEXPIRETIME', key) .. ' ' .. string.sub(key, 1, 60)
      end
      return out
      """
    return try cli(["-n", "\(database)", "EVAL", script, "0"]).split(separator: "\n").map(String.init).filter { !$0.isEmpty }.sorted()
  }

  /// Ends the server at once, as a crash does.
  public func kill() throws {
    try runProgram(["sh", "-c", "kill -9 $(cat '\(folder)/pid')"])
    try Self.wait("it has ended") { try runProgram(["redis-cli", "-p", "\(port)", "PING"], mayFail: true).output == "" }
  }

  /// Starts it again after `kill`, as it was started.
  public func restart() throws {
    _ = try runProgram(["sh", "-c", "\(arguments.map { "'\($0)'" }.joined(separator: " ")) > '\(folder)/out' 2>&1 & echo $! > '\(folder)/pid'"])
    try Self.wait("Redis answers") { try cli(["PING"], mayFail: true) == "PONG\n" }
  }

  /// Freezes it and thaws it.
  public func signal(_ name: String) throws { try runProgram(["sh", "-c", "kill -\(name) $(cat '\(folder)/pid')"]) }

  public func log() throws -> String { try readFile("\(folder)/log") }

  private static func wait(_ what: String, _ holds: () throws -> Bool) throws { try holdUntil(what, within: .seconds(20), holds) }
}
