internal import Glibc
internal import Units

/// One exchange with one server, blocking. Every wait ends with the deadline.
struct DNSSocket {
  let server: DNSServer
  let deadline: ContinuousClock.Instant

  /// Sends `message` over UDP, again where nothing comes back, and gives the first answer that `isOurs`: anybody can send to an open port.
  func overUDP(_ message: [UInt8], isOurs: ([UInt8]) -> Bool) throws(DNSError) -> [UInt8] {
    let descriptor = try connected(SOCK_DGRAM)
    defer { close(descriptor) }
    var patience = Duration.milliseconds(400)
    while true {
      guard message.withUnsafeBytes({ Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }) == message.count else { throw failure(errno) }
      let again = min(.now + patience, deadline)
      while try wait(descriptor, for: POLLIN, until: again) {
        var buffer = [UInt8](repeating: 0, count: 65_535)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0 {
          guard errno == EAGAIN || errno == EINTR else { throw failure(errno) }
          continue
        }
        let answer = Array(buffer.prefix(count))
        if isOurs(answer) { return answer }
      }
      guard .now < deadline else { throw failed(.timedOut) }
      patience = min(patience * 2, .seconds(2))
    }
  }

  /// Sends `message` over TCP, once.
  func overTCP(_ message: [UInt8]) throws(DNSError) -> [UInt8] {
    let descriptor = try connected(SOCK_STREAM)
    defer { close(descriptor) }
    var rest = (UInt16(truncatingIfNeeded: message.count).wire + message)[...]
    while !rest.isEmpty {
      guard try wait(descriptor, for: POLLOUT, until: deadline) else { throw failed(.timedOut) }
      let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count < 0 {
        guard errno == EAGAIN || errno == EINTR else { throw failed(.broken) }
        continue
      }
      rest = rest.dropFirst(count)
    }
    let length = try receive(2, descriptor)
    return try receive(Int(length[0]) << 8 | Int(length[1]), descriptor)
  }

  private func receive(_ count: Int, _ descriptor: Int32) throws(DNSError) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      guard try wait(descriptor, for: POLLIN, until: deadline) else { throw failed(.timedOut) }
      var buffer = [UInt8](repeating: 0, count: count - bytes.count)
      let received = recv(descriptor, &buffer, buffer.count, 0)
      if received < 0, errno == EAGAIN || errno == EINTR { continue }
      guard received > 0 else { throw failed(.broken) }
      bytes += buffer.prefix(received)
    }
    return bytes
  }

  // MARK: Connecting

  /// To the first of the server's addresses that takes it.
  private func connected(_ type: __socket_type) throws(DNSError) -> Int32 {
    var hints = addrinfo()
    hints.ai_socktype = Int32(type.rawValue)
    hints.ai_flags = AI_NUMERICSERV
    var found: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(server.host, String(server.port), &hints, &found)
    guard code == 0 else { throw failed(.cannotResolve, String(cString: gai_strerror(code))) }
    defer { freeaddrinfo(found) }
    var last = failed(.cannotResolve)
    var next = found
    while let address = next {
      do throws(DNSError) { return try connected(to: address.pointee) } catch { last = error }
      next = address.pointee.ai_next
    }
    throw last
  }

  private func connected(to address: addrinfo) throws(DNSError) -> Int32 {
    let flags = Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(address.ai_family, address.ai_socktype | flags, address.ai_protocol)
    guard descriptor >= 0 else { throw failure(errno) }
    do throws(DNSError) {
      guard connect(descriptor, address.ai_addr, address.ai_addrlen) != 0 else { return descriptor }
      guard errno == EINPROGRESS else { throw failure(errno) }
      guard try wait(descriptor, for: POLLOUT, until: deadline) else { throw failed(.timedOut) }
      var (problem, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
      getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &size)
      guard problem == 0 else { throw failure(problem) }
      return descriptor
    } catch {
      close(descriptor)
      throw error
    }
  }

  // MARK: Waiting and failing

  /// False when the time is over.
  private func wait(_ descriptor: Int32, for events: Int32, until end: ContinuousClock.Instant) throws(DNSError) -> Bool {
    while true {
      let left = end - .now
      guard left > .zero else { return false }
      let (seconds, attoseconds) = left.components
      let milliseconds = min(seconds, 3_600) * 1_000 + attoseconds / 1_000_000_000_000_000 + 1
      var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
      let count = poll(&entry, 1, Int32(milliseconds))
      if count > 0 { return true }
      if count < 0, errno != EINTR { throw failure(errno) }
    }
  }

  private func failed(_ reason: DNSError.Reason, _ detail: String? = nil) -> DNSError { DNSError(reason, server: server.description, detail: detail) }

  private func failure(_ code: Int32) -> DNSError {
    if code == ECONNREFUSED { return failed(.refusedConnection) }
    return failed(.cannotConnect, String(cString: strerror(code)))
  }
}
