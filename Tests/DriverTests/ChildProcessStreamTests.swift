import ChildProcess
import Concurrency
import TestSupport
import Testing
import Units

/// Counts what goes in and out of a stream.
private final class Meter: Sendable {
  private let state = Lock<(sent: Int, received: Int, widest: Int, sum: UInt64)>((0, 0, 0, 0))

  /// The next of `total` bytes in chunks, each filled with its number; nil at the end.
  func next(chunk: Int, total: Int) -> [UInt8]? {
    state.withLock { s in
      guard s.sent < total else { return nil }
      let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: s.sent / chunk), count: chunk)
      s.sent += chunk
      return bytes
    }
  }

  func receive(_ bytes: [UInt8]) {
    state.withLock { s in
      s.received += bytes.count
      for byte in bytes { s.sum &+= UInt64(byte) }
      s.widest = max(s.widest, s.sent - s.received)
    }
  }

  var value: (sent: Int, received: Int, widest: Int, sum: UInt64) { state.withLock { $0 } }
}

@Suite struct ChildProcessStreamTests {
  @Test func `16 MB pass through a program both ways, and no more than the pipes hold is under way`() async throws {
    let meter = Meter()
    let chunk = 128 << 10
    let total = 16 << 20
    let output = try await children.stream(shell("cat"), input: .chunks { meter.next(chunk: chunk, total: total) }) { bytes in
      meter.receive(bytes)
    }
    let (sent, received, widest, sum) = meter.value
    #expect(output.succeeded && sent == total && received == total)
    #expect(sum == (0..<UInt64(total / chunk)).reduce(0) { $0 + $1 % 256 * UInt64(chunk) })
    #expect(widest <= 2 * chunk + 4 * (64 << 10))
  }

  @Test func `A flood on both outputs does not lock up`() async throws {
    let meter = Meter()
    let output = try await children.stream(shell("head -c 8000000 /dev/zero >&2 & head -c 8000000 /dev/zero; wait")) { meter.receive($0) }
    #expect(meter.value.received == 8_000_000 && output.errorTruncated && output.succeeded)
  }

  @Test func `An input that fails kills the program before it sees the end`() async throws {
    struct SourceBroke: Error, Equatable {}
    try await withTemporaryFolder { folder in
      let script = "trap '' TERM; echo $$ > \(folder)/pid; cat > \(folder)/copy; echo end > \(folder)/end"
      let sent = Lock(0)
      await #expect(throws: SourceBroke()) {
        try await children.stream(shell(script), input: .chunks {
          let count = sent.withLock { count in defer { count += 1 }; return count }
          if count < 3 { return [UInt8](repeating: 0x61, count: 100) }
          while contents(of: "\(folder)/copy").utf8.count < 300 { try await Task.sleep(for: .milliseconds(10)) }
          throw SourceBroke()
        }) { _ in }
      }
      #expect(contents(of: "\(folder)/end") == "")
      let gone = try await areGone(processNumbers(contents(of: "\(folder)/pid")))
      #expect(gone)
    }
  }

  @Test func `A consumer that fails stops the program`() async throws {
    struct StoreFull: Error, Equatable {}
    let meter = Meter()
    await #expect(throws: StoreFull()) {
      try await children.stream(shell("cat /dev/zero")) { bytes in
        meter.receive(bytes)
        if meter.value.received > 1 << 20 { throw StoreFull() }
      }
    }
  }

  @Test func `A deadline ends a stream whose source and consumer both wait`() async throws {
    let error = await #expect(throws: ChildError.self) {
      try await children.stream(shell("cat", deadline: .milliseconds(500)), input: .chunks {
        try await Task.sleep(for: .seconds(1_000))
        return nil
      }) { _ in try await Task.sleep(for: .seconds(1_000)) }
    }
    #expect(error == .timedOut(program: "sh", after: .milliseconds(500), errorOutput: ""))
  }

  @Test func `A program that ends does not wait for a source that has stalled`() async throws {
    let output = try await children.stream(shell("exit 7"), input: .chunks {
      try await Task.sleep(for: .seconds(1_000))
      return nil
    }) { _ in }
    #expect(output.status == .exited(7))
  }

  @Test func `A program that has closed its outputs still gets all its input`() async throws {
    try await withTemporaryFolder { folder in
      let meter = Meter()
      let output = try await children.stream(shell("exec 1>&- 2>&-; sleep 0.2; cat > \(folder)/copy"), input: .chunks {
        meter.next(chunk: 64 << 10, total: 1 << 20)
      }) { _ in }
      #expect(output.succeeded && contents(of: "\(folder)/copy").utf8.count == 1 << 20)
    }
  }
}
