internal import Concurrency

extension RedisConnection {
  /// Has the server send a snapshot of all its databases, as it sends one to a new replica, and hands the bytes of the RDB file to `body`. The
  /// connection is of no other use afterwards.
  ///
  /// Servers from 7.0 on forget this "replica" when it has the file; a server that can writes nothing to its own disk for it.
  ///
  /// - Parameter idle: how long the server may be silent; while it prepares the snapshot it sends a sign of life every second.
  /// - Throws: `RedisError`, or what `body` threw.
  public func snapshot(idle: Duration = .seconds(60), _ body: ([UInt8]) async throws -> Void) async throws {
    for option in [["capa", "eof"], ["rdb-only", "1"]] {
      do throws(RedisError) { _ = try await ask(RedisCommand((["REPLCONF"] + option).map { Array($0.utf8) }), deadline: idle) } catch {
        // Older servers know nothing of it.
        guard error.code == "ERR" else { throw error }
      }
    }
    let header = try await begin(idle)
    switch header {
    case .length(let length): try await receive(length, idle, body)
    case .untilMark(let mark): try await receive(until: mark, idle, body)
    }
    close()
  }

  private enum Header: Sendable {
    case length(Int64)
    case untilMark([UInt8])
  }

  private func begin(_ idle: Duration) async throws(RedisError) -> Header {
    try await cancellable { () throws(RedisError) in
      try write(RedisCommand("SYNC").bytes, Deadline(in: idle))
      while true {
        let line = try line(Deadline(in: idle))
        if line.isEmpty { continue }
        if line.hasPrefix("-") { throw refusal(String(line.dropFirst()), "SYNC") }
        if line.hasPrefix("$EOF:"), line.utf8.count == 45 { return .untilMark(Array(line.utf8.dropFirst(5))) }
        guard line.hasPrefix("$"), let length = Int64(line.dropFirst()), length > 0 else {
          throw RedisError(.unusable, "\(address.server) does not send a snapshot as a Redis server does", hint: "let the URL lead to the server itself, not to a proxy")
        }
        return .length(length)
      }
    }
  }

  private func chunk(_ idle: Duration) async throws(RedisError) -> [UInt8] {
    let rest = takeRest()
    guard rest.isEmpty else { return rest }
    return try await cancellable { () throws(RedisError) in try read(Deadline(in: idle)) }
  }

  private func receive(_ length: Int64, _ idle: Duration, _ body: ([UInt8]) async throws -> Void) async throws {
    var left = length
    while left > 0 {
      let bytes = try await chunk(idle)
      // What comes behind the file is the stream of later writes.
      let part = Int64(bytes.count) <= left ? bytes : Array(bytes.prefix(Int(left)))
      left -= Int64(part.count)
      try await body(part)
    }
  }

  private func receive(until mark: [UInt8], _ idle: Duration, _ body: ([UInt8]) async throws -> Void) async throws {
    var tail = MarkedTail(mark)
    while true {
      let bytes = try await chunk(idle)
      let (part, ended) = tail.take(bytes)
      if !part.isEmpty { try await body(part) }
      if ended { return }
    }
  }
}

/// Holds back as many bytes as an end mark has, until it is clear that they are not the mark. The server sends nothing behind it.
struct MarkedTail {
  private let mark: [UInt8]
  private var held: [UInt8] = []
  init(_ mark: [UInt8]) { self.mark = mark }

  /// What may be handed on, and whether the mark came.
  mutating func take(_ bytes: [UInt8]) -> (part: [UInt8], ended: Bool) {
    held += bytes
    if held.count >= mark.count, held.suffix(mark.count).elementsEqual(mark) { return (Array(held.dropLast(mark.count)), true) }
    let safe = max(0, held.count - mark.count)
    defer { held.removeFirst(safe) }
    return (Array(held[..<safe]), false)
  }
}
