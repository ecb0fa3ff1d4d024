internal import Concurrency
internal import Glibc

/// What a proxy does to one exchange instead of passing it on.
public enum ExchangeFault: Sendable, Hashable {
  /// The server never hears of it; this is the answer.
  case answer(Int, headers: [String: String] = [:], body: String = "")
  /// The server does it; this is the answer all the same.
  case answerAfterwards(Int, headers: [String: String] = [:], body: String = "")
  /// Neither the server hears of it nor is there an answer.
  case silence
  /// The connection is reset before the server hears of it, or after it has done it.
  case hangUp, hangUpAfterwards
  /// The answer ends after so many bytes of its body.
  case truncate(Int)
  /// The answer stops after so many bytes of its body, and the connection stays open.
  case stall(Int)
  /// The answer's body comes a byte at a time, one every so many milliseconds.
  case drip(Int)
  /// A bit of the request's, or of the answer's body is another one.
  case corruptRequest, corruptAnswer(Int)
}

/// An HTTP proxy in front of a server of a test's own, on a free port of 127.0.0.1. One exchange a connection.
public final class FaultProxy: Sendable {
  public struct Exchange: Sendable {
    /// Counts from 0.
    public var index: Int
    public var method: String
    /// With the query.
    public var path: String
    public var headers: [String: String]
  }
  public typealias Script = @Sendable (Exchange) -> ExchangeFault?

  public let port: Int
  private let upstream: Int
  private let listener: Int32
  private let script: Script
  private let stopped = Lock(false)
  private let seen = Lock<[Exchange]>([])

  /// `upstream`: the server's port.
  public init(to upstream: Int, _ script: @escaping Script) throws {
    (listener, port) = try Sockets.listen()
    self.upstream = upstream
    self.script = script
    accept()
  }

  deinit { stopped.withLock { $0 = true } }

  public var url: String { "http://127.0.0.1:\(port)" }
  public var exchanges: [Exchange] { seen.withLock { $0 } }

  private func accept() {
    PeerThread.start { [listener, stopped, seen, script, upstream] in
      while !stopped.withLock({ $0 }) {
        guard Sockets.isReadable(listener, milliseconds: 20), case let client = Sockets.accept(listener), client >= 0 else { continue }
        PeerThread.start {
          ProxiedExchange(client: client, upstream: upstream, stopped: stopped, seen: seen, script: script).carryOut()
          close(client)
        }
      }
      close(listener)
    }
  }
}

private struct ProxiedExchange {
  let client: Int32
  let upstream: Int
  let stopped: Lock<Bool>
  let seen: Lock<[FaultProxy.Exchange]>
  let script: FaultProxy.Script

  func carryOut() {
    guard let (head, body) = readRequest(), let exchange = note(head) else { return }
    let fault = script(exchange)
    switch fault {
    case .answer(let status, let headers, let text): return answer(status, headers, text, exchange)
    case .hangUp: return reset()
    case .silence: return waitForTheClientToLeave()
    default: break
    }
    guard case let server = Sockets.connect(port: upstream), server >= 0 else { return }
    defer { close(server) }
    var sent = body
    if case .corruptRequest = fault, !sent.isEmpty { sent[sent.count / 2] ^= 1 }
    // One exchange a connection; the header is not signed.
    let lines = head.replacing("\r\n\r\n", with: "\r\nConnection: close\r\n\r\n")
    guard Sockets.write(Array(lines.utf8) + sent, to: server) else { return }
    switch fault {
    case .answerAfterwards(let status, let headers, let text):
      drain(server)
      answer(status, headers, text, exchange)
    case .hangUpAfterwards:
      drain(server)
      reset()
    default: pass(from: server, fault)
    }
  }

  // MARK: The request

  private func readRequest() -> (head: String, body: [UInt8])? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    var end: Int?
    var length = 0
    while end.map({ bytes.count < $0 + length }) ?? true {
      guard Sockets.isReadable(client, milliseconds: 30_000), case let count = recv(client, &buffer, buffer.count, 0), count > 0 else { return nil }
      bytes += buffer[..<count]
      guard end == nil, let found = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
      end = found.upperBound
      let head = String(decoding: bytes[..<found.upperBound], as: UTF8.self)
      length = Self.headers(head)["content-length"].flatMap { Int($0) } ?? 0
    }
    guard let end else { return nil }
    return (String(decoding: bytes[..<end], as: UTF8.self), Array(bytes[end...]))
  }

  private static func headers(_ head: String) -> [String: String] {
    var headers: [String: String] = [:]
    for line in head.split(separator: "\r\n").dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    return headers
  }

  private func note(_ head: String) -> FaultProxy.Exchange? {
    let words = head.prefix { $0 != "\r\n" }.split(separator: " ")
    guard words.count == 3 else { return nil }
    return seen.withLock { seen in
      let exchange = FaultProxy.Exchange(index: seen.count, method: String(words[0]), path: String(words[1]), headers: Self.headers(head))
      seen.append(exchange)
      return exchange
    }
  }

  // MARK: The answer

  private func answer(_ status: Int, _ headers: [String: String], _ text: String, _ exchange: FaultProxy.Exchange) {
    let lines = ["HTTP/1.1 \(status) Said", "Content-Length: \(text.utf8.count)", "Connection: close"] + headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    _ = Sockets.write(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + (exchange.method == "HEAD" ? "" : text)).utf8), to: client)
  }

  private func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
  }

  private func drain(_ server: Int32) {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while recv(server, &buffer, buffer.count, 0) > 0 {}
  }

  private func pass(from server: Int32, _ fault: ExchangeFault?) {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    var head: [UInt8]? = []
    var passed = 0
    while case let count = recv(server, &buffer, buffer.count, 0), count > 0 {
      var bytes = Array(buffer[..<count])
      if let soFar = head {
        guard let end = (soFar + bytes).firstRange(of: Array("\r\n\r\n".utf8)) else { head = soFar + bytes; continue }
        let whole = soFar + bytes
        head = nil
        guard Sockets.write(Array(whole[..<end.upperBound]), to: client) else { return }
        bytes = Array(whole[end.upperBound...])
      }
      switch fault {
      case .truncate(let limit) where passed + bytes.count > limit:
        _ = Sockets.write(Array(bytes.prefix(limit - passed)), to: client)
        return
      case .stall(let limit) where passed + bytes.count > limit:
        _ = Sockets.write(Array(bytes.prefix(limit - passed)), to: client)
        return waitForTheClientToLeave()
      case .corruptAnswer(let place) where (passed..<passed + bytes.count).contains(place): bytes[place - passed] ^= 1
      case .drip(let pause):
        for byte in bytes {
          guard !stopped.withLock({ $0 }), Sockets.write([byte], to: client) else { return }
          usleep(UInt32(pause) * 1_000)
        }
        continue
      default: break
      }
      guard Sockets.write(bytes, to: client) else { return }
      passed += bytes.count
    }
  }

  private func waitForTheClientToLeave() {
    var byte: UInt8 = 0
    while !stopped.withLock({ $0 }) {
      if Sockets.isReadable(client, milliseconds: 50), recv(client, &byte, 1, 0) <= 0 { return }
    }
  }
}

/// Plain TCP on 127.0.0.1.
enum Sockets {
  static func listen() throws -> (Int32, Int) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = address(port: 0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let failed = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) != 0 || Glibc.listen(listener, 64) != 0 || getsockname(listener, $0, &size) != 0
      }
    }
    guard !failed else { throw ProgramFailure(description: "cannot listen on 127.0.0.1") }
    return (listener, Int(UInt16(bigEndian: address.sin_port)))
  }

  /// Negative where nobody listens.
  static func connect(port: Int) -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = address(port: port)
    let failed = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) != 0 }
    }
    guard failed else { return descriptor }
    close(descriptor)
    return -1
  }

  /// Not inherited by programs that tests start.
  static func accept(_ listener: Int32) -> Int32 {
    let descriptor = Glibc.accept(listener, nil, nil)
    if descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    return descriptor
  }

  static func isReadable(_ descriptor: Int32, milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, milliseconds) > 0
  }

  static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  private static func address(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return address
  }
}
