internal import Concurrency

/// A bounded pipe from libcurl's thread to one reader. The reader suspends; libcurl's thread never blocks: where the pipe is full it
/// pauses the transfer, so that the peer has to wait, and goes on when half of the room is free again.
final class BodyPipe: Sendable {
  private struct State {
    var chunks: [[UInt8]] = []
    /// Index of the first chunk that is not taken yet.
    var head = 0
    var bytes = 0
    var paused = false
    var end: Result<Void, HTTPError>?
    var reader: CheckedContinuation<Result<[UInt8]?, HTTPError>, Never>?
    var goOn: (@Sendable () -> Void)?

    mutating func pop() -> [UInt8]? {
      guard head < chunks.count else { return nil }
      let chunk = chunks[head]
      chunks[head] = []
      head += 1
      if head == chunks.count { chunks.removeAll(keepingCapacity: true); head = 0 }
      bytes -= chunk.count
      return chunk
    }
  }
  private static let chunkSize = 256 << 10
  private static let capacity = 2 << 20
  private let state = Lock(State())

  func whenThereIsRoom(_ goOn: @escaping @Sendable () -> Void) { state.withLock { $0.goOn = goOn } }

  // MARK: The reader's end

  /// The next chunk, or nil at the body's end.
  func next() async -> Result<[UInt8]?, HTTPError> {
    await withCheckedContinuation { continuation in
      let (ready, goOn) = state.withLock { s -> (Result<[UInt8]?, HTTPError>?, (@Sendable () -> Void)?) in
        if let chunk = s.pop() {
          guard s.paused, s.bytes <= Self.capacity / 2 else { return (.success(chunk), nil) }
          s.paused = false
          return (.success(chunk), s.goOn)
        }
        if let end = s.end { return (end.map { nil }, nil) }
        s.reader = continuation
        return (nil, nil)
      }
      goOn?()
      if let ready { continuation.resume(returning: ready) }
    }
  }

  // MARK: libcurl's end

  /// Takes bytes in, or returns false where there is no room: the transfer is to pause.
  func offer(_ bytes: UnsafeRawBufferPointer) -> Bool {
    state.withLock { s in
      guard s.end == nil else { return true }
      guard s.bytes < Self.capacity else { s.paused = true; return false }
      if let last = s.chunks.indices.last, last >= s.head, s.chunks[last].count + bytes.count <= Self.chunkSize {
        s.chunks[last].append(contentsOf: bytes)
      } else {
        var chunk: [UInt8] = []
        chunk.reserveCapacity(Self.chunkSize)
        chunk.append(contentsOf: bytes)
        s.chunks.append(chunk)
      }
      s.bytes += bytes.count
      return true
    }
  }

  /// Wakes a reader that waits for what has come in.
  func handOver() {
    let ready = state.withLock { s -> (CheckedContinuation<Result<[UInt8]?, HTTPError>, Never>, [UInt8])? in
      guard let reader = s.reader, let chunk = s.pop() else { return nil }
      s.reader = nil
      return (reader, chunk)
    }
    if let (reader, chunk) = ready { reader.resume(returning: .success(chunk)) }
  }

  /// The body's end; what has come in before can still be read. The first call counts.
  func finish(_ result: Result<Void, HTTPError>) {
    handOver()
    let reader = state.withLock { s -> CheckedContinuation<Result<[UInt8]?, HTTPError>, Never>? in
      if s.end == nil { s.end = result }
      defer { s.reader = nil }
      return s.reader
    }
    reader?.resume(returning: result.map { nil })
  }
}
