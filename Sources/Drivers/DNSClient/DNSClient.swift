internal import Concurrency
public import Units

/// Where a name server listens.
public struct DNSServer: Hashable, Sendable, CustomStringConvertible {
  public var host: String
  public var port: Int
  public init(host: String, port: Int) { self.host = host; self.port = port }
  public var description: String { port == 53 ? host : (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}

/// Asks name servers, and changes zones by RFC 2136. Each exchange blocks a thread of its own, so that one with a silent server holds up no other.
public struct DNSClient: Sendable {
  public init() {}

  /// Asks over UDP, and over TCP where the answer does not fit. What the server says is given back, whatever its code.
  ///
  /// With `recursion` the server is to look elsewhere too: for resolvers.
  public func ask(_ question: DNSQuestion, of server: DNSServer, recursion: Bool = false, deadline: TimeSpan) async throws(DNSError) -> DNSAnswer {
    let message = DNSMessage(id: .random(in: 0 ... .max), flags: recursion ? 0x0100 : 0, question: question)
    return try await exchange(server, deadline) { socket throws(DNSError) in
      let bytes = try socket.overUDP(message.bytes) { bytes in
        // The number and the question are what an answer from elsewhere would have to guess.
        guard bytes.count >= 12, Array(bytes[..<2]) == message.id.wire, bytes[2] & 0x80 != 0 else { return false }
        guard let answer = try? DNSMessage(reading: bytes) else { return true }
        return answer.question == question
      }
      let answer = try Self.read(bytes, message, socket.server)
      return answer.isTruncated ? try Self.read(socket.overTCP(message.bytes), message, socket.server) : answer
    }.answer
  }

  /// Asks over TCP and, with a key, so that question and answer are signed.
  public func ask(
    _ question: DNSQuestion, of server: DNSServer, signedWith key: TSIGKey?, at now: Timestamp, deadline: TimeSpan
  ) async throws(DNSError) -> DNSAnswer {
    try await send(DNSMessage(id: .random(in: 0 ... .max), flags: 0, question: question), to: server, key, now, deadline).answer
  }

  /// Changes a zone, all of it or nothing. Throws `said` where the server did not: nothing has changed then.
  public func update(_ update: DNSUpdate, at server: DNSServer, signedWith key: TSIGKey?, at now: Timestamp, deadline: TimeSpan) async throws(DNSError) {
    let answer = try await send(update.message(id: .random(in: 0 ... .max)), to: server, key, now, deadline)
    guard answer.code == .noError else { throw DNSError(.said(answer.code), server: server.description) }
  }

  /// Over TCP: what is lost on its way is not sent again by us, so that an update is never done twice.
  private func send(_ message: DNSMessage, to server: DNSServer, _ key: TSIGKey?, _ now: Timestamp, _ deadline: TimeSpan) async throws(DNSError) -> DNSMessage {
    let signed = key?.sign(message.bytes, id: message.id, at: now)
    return try await exchange(server, deadline) { socket throws(DNSError) in
      let bytes = try socket.overTCP(signed?.message ?? message.bytes)
      let answer = try Self.read(bytes, message, server)
      guard let key, let signed else { return answer }
      do throws(DNSError.Reason) { try key.check(answer, bytes, request: signed.signature, at: now) } catch {
        throw DNSError(error, server: server.description)
      }
      return answer
    }
  }

  private static func read(_ bytes: [UInt8], _ request: DNSMessage, _ server: DNSServer) throws(DNSError) -> DNSMessage {
    do throws(DNSError.Reason) {
      let answer = try DNSMessage(reading: bytes)
      guard answer.id == request.id, answer.isResponse, answer.question == request.question || answer.question.type == .any else { throw .malformed }
      return answer
    } catch { throw DNSError(error, server: server.description) }
  }

  private func exchange(
    _ server: DNSServer, _ deadline: TimeSpan, _ body: @escaping @Sendable (DNSSocket) throws(DNSError) -> DNSMessage
  ) async throws(DNSError) -> DNSMessage {
    let socket = DNSSocket(server: server, deadline: .now + deadline.duration)
    let thread = BlockingPool(threads: 1)
    let cancelled = DNSError(.cancelled, server: server.description)
    do {
      // The socket keeps the deadline itself; the system's look-up of the server's name keeps none.
      return try await withDeadline((deadline + .milliseconds(500)).duration) {
        try Task.checkCancellation()
        return try await thread.run(abandonedAs: cancelled) { () throws(DNSError) in try body(socket) }
      }
    } catch let error as DNSError { throw error } catch is DeadlineExceeded { throw DNSError(.timedOut, server: server.description) } catch { throw cancelled }
  }
}

extension DNSMessage {
  fileprivate var answer: DNSAnswer {
    func understood(_ section: Section) -> [DNSRecord] {
      sections[section.rawValue].compactMap { record in
        record.understood.map { DNSRecord(name: record.name, type: record.type, ttl: record.ttl, data: $0) }
      }
    }
    return DNSAnswer(code: code, isAuthoritative: isAuthoritative, records: understood(.answer), authority: understood(.authority))
  }
}
