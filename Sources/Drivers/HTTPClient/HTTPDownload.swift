/// An answer whose body is read as it comes, by one reader. Memory is bounded: where nobody reads, the peer waits.
///
/// Let go of it, or `close` it, to end the transfer early; read to the end to keep the connection for the next request.
public final class HTTPDownload: Sendable {
  /// Status and headers; its `body` is empty.
  public let response: HTTPResponse
  private let transfer: Transfer
  private let pipe: BodyPipe
  private let engine: CurlEngine

  init(_ response: HTTPResponse, transfer: Transfer, pipe: BodyPipe, engine: CurlEngine) {
    self.response = response
    self.transfer = transfer
    self.pipe = pipe
    self.engine = engine
  }

  deinit { close() }

  /// The next chunk, never empty and at most 256 KiB; nil at the end. A body that is shorter than the head had announced is an error.
  public func next() async throws(HTTPError) -> [UInt8]? {
    let (engine, transfer, pipe) = (engine, transfer, pipe)
    let result = await withTaskCancellationHandler {
      await pipe.next()
    } onCancel: {
      engine.send(.cancel(transfer))
    }
    return try result.get()
  }

  /// The first bytes of the body, at most `limit`; for answers that say what went wrong. The rest is not read.
  public func start(limit: Int) async throws(HTTPError) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < limit, let chunk = try await next() { bytes += chunk.prefix(limit - bytes.count) }
    return bytes
  }

  public func close() { engine.send(.cancel(transfer)) }
}
