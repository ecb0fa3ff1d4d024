internal import Concurrency
internal import Glibc

/// Something that listens where a name server should, by UDP and TCP on one port of 127.0.0.1, and does what a test tells it.
public final class FakeNameServer: Sendable {
  public struct Request: Sendable {
    public var bytes: [UInt8]
    public var isTCP: Bool
    /// Counts from 0.
    public var index: Int
    /// RFC 2136.
    public var isUpdate: Bool { bytes.count > 2 && bytes[2] >> 3 & 0xF == 5 }
    /// The request's head and question as an answer with this code and without records.
    public func answer(code: UInt8, flags: UInt8 = 0x84) -> [UInt8] {
      var end = 12
      while end < bytes.count, bytes[end] != 0 { end += Int(bytes[end]) + 1 }
      let question = Array(bytes[12..<min(end + 5, bytes.count)])
      return Array(bytes[..<2]) + [bytes[2] & 0x78 | flags, code, 0, 1, 0, 0, 0, 0, 0, 0] + question
    }
  }
  public enum Reply: Sendable {
    case answer([UInt8])
    /// Over TCP without the length in front.
    case raw([UInt8])
    case silence, hangUp
  }

  public let port: Int
  private let stopped = Lock(false)
  private let count = Lock(0)

  public init(_ handler: @escaping @Sendable (Request) -> Reply) throws {
    let (listener, datagrams, port) = try Self.sockets()
    self.port = port
    let (stopped, count) = (stopped, count)
    @Sendable func reply(_ bytes: [UInt8], _ isTCP: Bool) -> Reply {
      let index = count.withLock { count in
        defer { count += 1 }
        return count
      }
      return handler(Request(bytes: bytes, isTCP: isTCP, index: index))
    }
    PeerThread.start {
      while !stopped.withLock({ $0 }) {
        guard Sockets.isReadable(listener, milliseconds: 20), case let client = Sockets.accept(listener), client >= 0 else { continue }
        PeerThread.start {
          defer { close(client) }
          guard let length = Self.read(2, client), let bytes = Self.read(Int(length[0]) << 8 | Int(length[1]), client) else { return }
          switch reply(bytes, true) {
          case .answer(let answer): _ = Sockets.write([UInt8(answer.count >> 8), UInt8(answer.count & 0xFF)] + answer, to: client)
          case .raw(let bytes): _ = Sockets.write(bytes, to: client)
          case .hangUp: break
          case .silence:
            var byte: UInt8 = 0
            while !stopped.withLock({ $0 }) { if Sockets.isReadable(client, milliseconds: 50), recv(client, &byte, 1, 0) <= 0 { return } }
          }
        }
      }
      close(listener)
    }
    PeerThread.start {
      var buffer = [UInt8](repeating: 0, count: 65_535)
      while !stopped.withLock({ $0 }) {
        guard Sockets.isReadable(datagrams, milliseconds: 20) else { continue }
        var (from, size) = (sockaddr_in(), socklen_t(MemoryLayout<sockaddr_in>.size))
        withUnsafeMutablePointer(to: &from) { from in
          from.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            let received = recvfrom(datagrams, &buffer, buffer.count, 0, address, &size)
            guard received > 0 else { return }
            if case .answer(let answer) = reply(Array(buffer[..<received]), false) { _ = sendto(datagrams, answer, answer.count, 0, address, size) }
          }
        }
      }
      close(datagrams)
    }
  }

  deinit { stopped.withLock { $0 = true } }

  public var requests: Int { count.withLock { $0 } }

  /// The real server's answer over TCP, or none.
  public static func forwarded(_ bytes: [UInt8], to port: Int) -> [UInt8]? {
    let server = Sockets.connect(port: port)
    guard server >= 0 else { return nil }
    defer { close(server) }
    guard Sockets.write([UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes, to: server), let length = read(2, server) else { return nil }
    return read(Int(length[0]) << 8 | Int(length[1]), server)
  }

  private static func read(_ count: Int, _ descriptor: Int32) -> [UInt8]? {
    var bytes: [UInt8] = []
    while bytes.count < count {
      var buffer = [UInt8](repeating: 0, count: count - bytes.count)
      guard Sockets.isReadable(descriptor, milliseconds: 10_000), case let received = recv(descriptor, &buffer, buffer.count, 0), received > 0 else { return nil }
      bytes += buffer[..<received]
    }
    return bytes
  }

  /// Both on the same port.
  private static func sockets() throws -> (Int32, Int32, Int) {
    for _ in 0..<20 {
      let (listener, port) = try Sockets.listen()
      let datagrams = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(UInt16(port).bigEndian)
      address.sin_addr.s_addr = inet_addr("127.0.0.1")
      let failed = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(datagrams, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) != 0 }
      }
      if !failed { return (listener, datagrams, port) }
      close(listener)
      close(datagrams)
    }
    throw ProgramFailure(description: "no port is free for both UDP and TCP")
  }
}
