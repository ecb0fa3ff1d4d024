internal import Concurrency
internal import Glibc

/// What a proxy does to what a server says on one connection.
public enum StreamFault: Sendable, Hashable {
  /// The connection ends after so many bytes.
  case cut(Int)
  /// Nothing more comes after so many bytes, and the connection stays open.
  case stall(Int)
  /// One bit of the byte at this place is another one.
  case flip(Int)
}

/// A TCP proxy in front of a server of a test's own, on a free port of 127.0.0.1.
public final class TCPFaultProxy: Sendable {
  public let port: Int
  private let stopped = Lock(false)
  private let count = Lock(0)

  /// `script` is asked once a connection, which count from 0.
  public init(to upstream: Int, _ script: @escaping @Sendable (_ connection: Int) -> StreamFault?) throws {
    let (listener, port) = try Sockets.listen()
    self.port = port
    PeerThread.start { [stopped, count] in
      while !stopped.withLock({ $0 }) {
        guard Sockets.isReadable(listener, milliseconds: 20), case let client = Sockets.accept(listener), client >= 0 else { continue }
        let number = count.withLock { count in
          defer { count += 1 }
          return count
        }
        PeerThread.start {
          Self.pass(client, upstream, script(number), stopped)
          close(client)
        }
      }
      close(listener)
    }
  }

  deinit { stopped.withLock { $0 = true } }

  public var connections: Int { count.withLock { $0 } }

  private static func pass(_ client: Int32, _ upstream: Int, _ fault: StreamFault?, _ stopped: Lock<Bool>) {
    guard case let server = Sockets.connect(port: upstream), server >= 0 else { return }
    defer { close(server) }
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    var passed = 0
    while !stopped.withLock({ $0 }) {
      if Sockets.isReadable(client, milliseconds: 1) {
        let read = recv(client, &buffer, buffer.count, 0)
        guard read > 0, Sockets.write(Array(buffer[..<read]), to: server) else { return }
      }
      guard Sockets.isReadable(server, milliseconds: 1) else { continue }
      let read = recv(server, &buffer, buffer.count, 0)
      guard read > 0 else { return }
      var bytes = Array(buffer[..<read])
      switch fault {
      case .cut(let limit) where passed + read > limit:
        _ = Sockets.write(Array(bytes.prefix(limit - passed)), to: client)
        return
      case .stall(let limit) where passed + read > limit:
        _ = Sockets.write(Array(bytes.prefix(max(0, limit - passed))), to: client)
        passed += read
        while !stopped.withLock({ $0 }) { if Sockets.isReadable(client, milliseconds: 50), recv(client, &buffer, buffer.count, 0) <= 0 { return } }
        return
      case .flip(let place) where (passed..<passed + read).contains(place): bytes[place - passed] ^= 1
      default: break
      }
      guard Sockets.write(bytes, to: client) else { return }
      passed += read
    }
  }
}
