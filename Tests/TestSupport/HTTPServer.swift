internal import Concurrency
internal import Glibc

/// A small HTTP server of a test's own on a free port of 127.0.0.1. It answers one request a connection, one after another.
public final class HTTPServer: Sendable {
  public struct Request: Sendable {
    public var method: String
    /// With the query.
    public var path: String
    /// Names in lower case.
    public var headers: [String: String]
    public var body: [UInt8]
  }
  public enum Reply: Sendable {
    case answer(Int, headers: [String: String] = [:], body: [UInt8] = [])
    /// Takes the request and says nothing until the server stops.
    case silence
    case hangUp

    public static func text(_ status: Int, _ text: String) -> Reply { .answer(status, body: Array(text.utf8)) }
  }

  public let port: Int
  private let listener: Int32
  private let stopped = Lock(false)
  private let seen = Lock<[Request]>([])

  public init(_ handler: @escaping @Sendable (Request) -> Reply) throws {
    (listener, port) = try Sockets.listen()
    PeerThread.start { [listener, stopped, seen] in
      var held: [Int32] = []
      while !stopped.withLock({ $0 }) {
        guard Sockets.isReadable(listener, milliseconds: 20), case let connection = Sockets.accept(listener), connection >= 0 else { continue }
        guard let request = Self.read(connection) else { close(connection); continue }
        seen.withLock { $0.append(request) }
        switch handler(request) {
        case .silence: held.append(connection)
        case .hangUp: close(connection)
        case .answer(let status, let headers, let body):
          Self.write(status, headers, request.method == "HEAD" ? [] : body, length: body.count, to: connection)
          close(connection)
        }
      }
      for connection in held { close(connection) }
      close(listener)
    }
  }

  deinit { stopped.withLock { $0 = true } }

  public var url: String { "http://127.0.0.1:\(port)" }
  /// What was asked so far.
  public var requests: [Request] { seen.withLock { $0 } }

  /// A port that nothing listens on.
  public static func closedPort() throws -> Int {
    let (listener, port) = try Sockets.listen()
    close(listener)
    return port
  }

  private static func read(_ connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while Sockets.isReadable(connection, milliseconds: 5_000), case let count = recv(connection, &buffer, buffer.count, 0), count > 0 {
      bytes += buffer[..<count]
      if let request = parse(bytes) { return request }
    }
    return nil
  }

  /// Nil as long as it is not whole.
  private static func parse(_ bytes: [UInt8]) -> Request? {
    guard let head = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: bytes[..<head.lowerBound], as: UTF8.self).split(separator: "\r\n")
    let words = lines[0].split(separator: " ")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    let body = bytes[head.upperBound...]
    guard words.count == 3, body.count >= headers["content-length"].flatMap({ Int($0) }) ?? 0 else { return nil }
    return Request(method: String(words[0]), path: String(words[1]), headers: headers, body: Array(body))
  }

  private static func write(_ status: Int, _ headers: [String: String], _ body: [UInt8], length: Int, to connection: Int32) {
    let lines = ["HTTP/1.1 \(status) Said", "Content-Length: \(length)", "Connection: close"] + headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    _ = Sockets.write(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body, to: connection)
  }
}
