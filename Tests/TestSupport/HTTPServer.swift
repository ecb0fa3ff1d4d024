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
  private let thread = BlockingPool(threads: 1)

  public init(_ handler: @escaping @Sendable (Request) -> Reply) throws {
    (listener, port) = try Self.listen()
    Task.detached { [thread, listener, stopped, seen] in
      await thread.run {
        var held: [Int32] = []
        while !stopped.withLock({ $0 }) {
          guard Self.isReadable(listener, milliseconds: 20), case let connection = accept(listener, nil, nil), connection >= 0 else { continue }
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
  }

  deinit { stopped.withLock { $0 = true } }

  public var url: String { "http://127.0.0.1:\(port)" }
  /// What was asked so far.
  public var requests: [Request] { seen.withLock { $0 } }

  /// A port that nothing listens on.
  public static func closedPort() throws -> Int {
    let (listener, port) = try listen()
    close(listener)
    return port
  }

  private static func listen() throws -> (Int32, Int) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let failed = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) != 0 || Glibc.listen(listener, 16) != 0 || getsockname(listener, $0, &size) != 0
      }
    }
    guard !failed else { throw ProgramFailure(description: "cannot listen on 127.0.0.1") }
    return (listener, Int(UInt16(bigEndian: address.sin_port)))
  }

  private static func isReadable(_ descriptor: Int32, milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, milliseconds) > 0
  }

  private static func read(_ connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while isReadable(connection, milliseconds: 5_000), case let count = recv(connection, &buffer, buffer.count, 0), count > 0 {
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
    var rest = (Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
