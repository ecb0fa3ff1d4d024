internal import Concurrency
internal import Glibc
public import Units

/// A request as it came in.
public struct ReceivedRequest: Sendable {
  public var method: String
  /// Without the query.
  public var path: String
  /// Names in lower case.
  public var headers: [String: String]
  public var body: [UInt8]
}

public struct ListenerAnswer: Sendable {
  public var status: Int
  public var text: String
  public init(_ status: Int, _ text: String) { self.status = status; self.text = text }
}

/// What one caller may cost.
public struct ListenerLimits: Sendable {
  public var connections = 32
  public var head = 8 << 10
  public var body = 1 << 20
  /// For all of one request, from the connection to the answer.
  public var time = TimeSpan.seconds(5)
  public init() {}
}

/// Why nobody can be heard.
public struct ListenerError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String
}

/// A small HTTP server: one request a connection, each within limits. One thread waits for all of them, so whoever is slow holds up nobody.
///
/// It ends with its last reference.
public final class HTTPListener: Sendable {
  /// The one it has, where the caller asked for any (0).
  public let port: Int
  private let wakeUp: WakeUp
  private let stopped: Lock<Bool>
  private let threads = BlockingPool(threads: 1)

  /// Listens on a numeric address. `answer` is called on the listener's thread: it must not wait.
  public init(
    address: String, port: Int, limits: ListenerLimits = ListenerLimits(), _ answer: @escaping @Sendable (ReceivedRequest) -> ListenerAnswer
  ) throws(ListenerError) {
    let (listener, port) = try Self.open(address, port)
    self.port = port
    let (wakeUp, stopped) = (WakeUp(), Lock(false))
    self.wakeUp = wakeUp
    self.stopped = stopped
    let threads = threads
    Task.detached { await threads.run { Loop(listener, wakeUp, stopped, limits, answer).run() } }
  }

  deinit {
    stopped.withLock { $0 = true }
    wakeUp.signal()
  }

  private static func open(_ address: String, _ port: Int) throws(ListenerError) -> (Int32, Int) {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let host = address == "localhost" ? "127.0.0.1" : address
    guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let place = found?.pointee else {
      throw ListenerError(description: "`\(address)` is no address to listen on: write one in digits, such as 127.0.0.1")
    }
    defer { freeaddrinfo(found) }
    let listener = socket(place.ai_family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard listener >= 0 else { throw ListenerError(description: "no socket can be had: \(String(cString: strerror(errno)))") }
    var yes: Int32 = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    guard bind(listener, place.ai_addr, place.ai_addrlen) == 0, listen(listener, 64) == 0 else {
      let why = String(cString: strerror(errno))
      close(listener)
      throw ListenerError(description: "cannot listen on \(address) port \(port): \(why)")
    }
    var name = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let bound = withUnsafeMutablePointer(to: &name) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) } }
    guard bound == 0 else { return (listener, port) }
    // The port lies in the same place for both families.
    let number = withUnsafeBytes(of: name) { $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self) }
    return (listener, Int(UInt16(bigEndian: number)))
  }
}

/// The thread of a listener.
private struct Loop {
  private struct Connection {
    var socket: Int32
    var received: [UInt8] = []
    /// What is still to be sent, once the request is there.
    var answer: ArraySlice<UInt8>?
    var deadline: Deadline
  }
  private let listener: Int32
  private let wakeUp: WakeUp
  private let stopped: Lock<Bool>
  private let limits: ListenerLimits
  private let answer: @Sendable (ReceivedRequest) -> ListenerAnswer
  private var connections: [Connection] = []

  init(_ listener: Int32, _ wakeUp: WakeUp, _ stopped: Lock<Bool>, _ limits: ListenerLimits, _ answer: @escaping @Sendable (ReceivedRequest) -> ListenerAnswer) {
    self.listener = listener; self.wakeUp = wakeUp; self.stopped = stopped; self.limits = limits; self.answer = answer
  }

  func run() {
    var loop = self
    while !stopped.withLock({ $0 }) { loop.turn() }
    for connection in loop.connections { close(connection.socket) }
    close(listener)
  }

  private mutating func turn() {
    var polled = [pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0)]
    // Whoever comes when all places are taken waits in the system's queue.
    polled.append(pollfd(fd: connections.count < limits.connections ? listener : -1, events: Int16(POLLIN), revents: 0))
    polled += connections.map { pollfd(fd: $0.socket, events: Int16($0.answer == nil ? POLLIN : POLLOUT), revents: 0) }
    let wait = connections.map(\.deadline.milliseconds).filter { $0 >= 0 }.min() ?? -1
    guard poll(&polled, nfds_t(polled.count), wait) >= 0 || errno == EINTR else { return _ = usleep(100_000) }
    for index in connections.indices where polled[index + 2].revents != 0 {
      if connections[index].answer == nil { read(index) } else { write(index) }
    }
    for connection in connections where connection.deadline.hasPassed { close(connection.socket) }
    connections.removeAll { $0.deadline.hasPassed || $0.socket < 0 }
    if polled[1].revents != 0 { accept() }
  }

  private mutating func accept() {
    let socket = Glibc.accept(listener, nil, nil)
    // Out of descriptors, the caller stays in the queue: not asked for again at once.
    guard socket >= 0 else { if errno == EMFILE || errno == ENFILE { usleep(100_000) }; return }
    _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
    _ = fcntl(socket, F_SETFL, O_NONBLOCK)
    connections.append(Connection(socket: socket, deadline: Deadline(in: limits.time.duration)))
  }

  private mutating func end(_ index: Int) {
    close(connections[index].socket)
    connections[index].socket = -1
  }

  private mutating func read(_ index: Int) {
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    let count = recv(connections[index].socket, &chunk, chunk.count, 0)
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else { return end(index) }
    connections[index].received += chunk[..<count]
    switch parse(connections[index].received, limits) {
    case .more: break
    case .refused(let refusal): reply(index, refusal)
    case .request(let request): reply(index, answer(request))
    }
  }

  private mutating func reply(_ index: Int, _ answer: ListenerAnswer) {
    let body = Array((answer.text + "\n").utf8)
    let head = "HTTP/1.1 \(answer.status) \(answer.status < 300 ? "OK" : "Refused")\r\nContent-Type: text/plain; charset=utf-8\r\n"
      + "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
    connections[index].answer = (Array(head.utf8) + body)[...]
    connections[index].received = []
    write(index)
  }

  private mutating func write(_ index: Int) {
    guard let rest = connections[index].answer else { return }
    let count = rest.withUnsafeBytes { send(connections[index].socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0, count < rest.count else {
      shutdown(connections[index].socket, Int32(SHUT_RDWR))
      return end(index)
    }
    connections[index].answer = rest.dropFirst(count)
  }
}
