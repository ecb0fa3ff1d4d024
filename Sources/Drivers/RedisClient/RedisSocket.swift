internal import Concurrency
internal import Glibc

/// One connected socket and its waits with `poll(2)`: each has a deadline and can be ended by `wakeUp`. It belongs to one thread.
struct RedisSocket: ~Copyable {
  private let descriptor: Int32
  let address: RedisAddress
  let wakeUp: WakeUp

  deinit { close(descriptor) }

  private init(_ descriptor: Int32, _ address: RedisAddress, _ wakeUp: WakeUp) {
    self.descriptor = descriptor; self.address = address; self.wakeUp = wakeUp
  }

  /// Connects within the deadline, name resolution aside, which has time-outs of its own.
  static func connect(_ address: RedisAddress, _ deadline: Deadline, _ wakeUp: WakeUp) throws(RedisError) -> RedisSocket {
    switch address.place {
    case .unix(let path): return try connectUnix(path, address, wakeUp)
    case .tcp(let host, let port): return try connectTCP(host, port, address, deadline, wakeUp)
    }
  }

  private static func failure(_ address: RedisAddress, _ reason: String) -> RedisError {
    RedisError(.cannotConnect, "cannot connect to \(address.server): \(reason)", hint: "check that Redis runs there, and host, port and firewall")
  }

  private static func connectUnix(_ path: String, _ address: RedisAddress, _ wakeUp: WakeUp) throws(RedisError) -> RedisSocket {
    var place = sockaddr_un()
    place.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: place.sun_path) else { throw failure(address, "the path of the socket is too long") }
    withUnsafeMutableBytes(of: &place.sun_path) { $0.copyBytes(from: bytes) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw failure(address, String(cString: strerror(errno))) }
    let made = RedisSocket(descriptor, address, wakeUp)
    let code = withUnsafePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
    guard code == 0 else { throw failure(address, String(cString: strerror(errno))) }
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    return made
  }

  private static func connectTCP(_ host: String, _ port: Int, _ address: RedisAddress, _ deadline: Deadline, _ wakeUp: WakeUp) throws(RedisError) -> RedisSocket {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &found)
    defer { if let found { freeaddrinfo(found) } }
    guard code == 0 else { throw failure(address, String(cString: gai_strerror(code))) }
    var reason = "the name has no address"
    var next = found
    while let entry = next {
      next = entry.pointee.ai_next
      let kind = entry.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
      let descriptor = socket(entry.pointee.ai_family, kind, entry.pointee.ai_protocol)
      guard descriptor >= 0 else { reason = String(cString: strerror(errno)); continue }
      let made = RedisSocket(descriptor, address, wakeUp)
      if Glibc.connect(descriptor, entry.pointee.ai_addr, entry.pointee.ai_addrlen) == 0 { return made.tuned() }
      guard errno == EINPROGRESS else { reason = String(cString: strerror(errno)); continue }
      switch made.wait(POLLOUT, until: deadline) {
      case .cancelled: throw RedisError(.cancelled, "connecting to \(address.server) was cancelled")
      case .timedOut: throw RedisError(.cannotConnect, "\(address.server) did not answer in time", hint: "check host, port and firewall")
      case .ready: break
      }
      var problem: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &size)
      if problem == 0 { return made.tuned() }
      reason = String(cString: strerror(problem))
    }
    throw failure(address, reason)
  }

  /// Small commands go out at once, and a peer that is gone without a word is noticed.
  private consuming func tuned() -> RedisSocket {
    for (level, option, value) in [(Int32(IPPROTO_TCP), TCP_NODELAY, 1), (SOL_SOCKET, SO_KEEPALIVE, 1), (Int32(IPPROTO_TCP), TCP_KEEPIDLE, 60)] as [(Int32, Int32, Int32)] {
      var value = value
      setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
    return self
  }

  // MARK: Waiting

  enum Wait { case ready, cancelled, timedOut }

  borrowing func wait(_ events: Int32, until deadline: Deadline) -> Wait {
    while true {
      var descriptors = [
        pollfd(fd: descriptor, events: Int16(events), revents: 0), pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      let count = poll(&descriptors, 2, deadline.milliseconds)
      if count < 0 { continue }  // EINTR: nothing else can happen to two valid descriptors.
      if descriptors[1].revents != 0 { return .cancelled }
      if descriptors[0].revents != 0 { return .ready }
      if deadline.hasPassed { return .timedOut }
    }
  }

  private borrowing func ready(_ events: Int32, _ deadline: Deadline) throws(RedisError) {
    switch wait(events, until: deadline) {
    case .ready: return
    case .cancelled: throw RedisError(.cancelled, "the command on \(address.server) was cancelled")
    case .timedOut: throw RedisError(.timedOut, "\(address.server) did not answer in time", hint: "look at what it is busy with: redis-cli INFO, SLOWLOG GET")
    }
  }

  /// Bytes that have come, at least one.
  borrowing func read(_ deadline: Deadline) throws(RedisError) -> [UInt8] {
    while true {
      try ready(POLLIN, deadline)
      var count = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: 256 << 10) { buffer, used in
        count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        used = max(0, count)
      }
      if count > 0 { return bytes }
      guard count < 0, errno == EAGAIN || errno == EINTR else { throw gone(count == 0 ? "it closed the connection" : String(cString: strerror(errno))) }
    }
  }

  /// Sends all of it. What comes meanwhile is handed to `onInput`, so that neither side waits for the other for ever.
  borrowing func write(_ bytes: [UInt8], _ deadline: Deadline, onInput: ([UInt8]) -> Void) throws(RedisError) {
    var done = 0
    while done < bytes.count {
      try ready(POLLOUT | POLLIN, deadline)
      let sent = bytes[done...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if sent > 0 { done += sent; continue }
      guard errno == EAGAIN || errno == EINTR else { throw gone(String(cString: strerror(errno))) }
      guard wait(POLLIN, until: Deadline(in: .zero)) == .ready else { continue }
      onInput(try read(deadline))
    }
  }

  private borrowing func gone(_ reason: String) -> RedisError {
    RedisError(.serverGone, "the connection to \(address.server) was lost: \(reason)", hint: "look into the server's log for a crash, a restart or a client that was killed")
  }
}
