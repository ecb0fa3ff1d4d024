internal import HTTPClient
internal import ObjectStore
internal import Units

/// Reads one version of an object to its end: where the connection breaks, it goes on from there, if the object is still the same.
actor S3Download: ObjectDownload {
  private let connection: S3Connection
  private let key: ObjectKey
  private let fullKey: String
  private let size: Int64
  /// The ETag.
  private let version: String
  private var current: HTTPDownload?
  private var position: Int64 = 0
  /// Since the last mebibyte came without one: a byte now and then is no progress.
  private var failures = 0
  private var lastFailure: Int64 = 0
  private var isOver = false

  init(_ connection: S3Connection, _ key: ObjectKey, _ fullKey: String, _ download: HTTPDownload, size: Int64, version: String) {
    self.connection = connection
    self.key = key
    self.fullKey = fullKey
    self.size = size
    self.version = version
    current = download
  }

  func next() async throws(StoreError) -> [UInt8]? {
    while !isOver {
      if Task.isCancelled { throw error(.cancelled, "cancelled") }
      guard position < size else {
        // The end of the answer too, so that the connection can be used again.
        _ = try? await current?.next()
        finish()
        return nil
      }
      if current == nil { current = try await goOn() }
      do throws(HTTPError) {
        guard let chunk = try await current?.next() else { throw HTTPError(.brokenConnection, target: "", "the answer ended before the object did") }
        position += Int64(chunk.count)
        if position - lastFailure >= 1 << 20 { failures = 0 }
        return chunk
      } catch {
        try await recover(from: error)
      }
    }
    return nil
  }

  func close() { finish() }

  private func finish() {
    current?.close()
    current = nil
    isOver = true
  }

  private func recover(from broken: HTTPError) async throws(StoreError) {
    current = nil
    failures += 1
    lastFailure = position
    guard broken.reason != .cancelled else { throw error(.cancelled, "cancelled") }
    guard failures < connection.patience.attempts else {
      throw error(broken.reason == .timedOut ? .timedOut : .unreachable, "reading it broke off at byte \(position) of \(size), \(failures) times: \(broken.detail)")
    }
    let wait = connection.patience.wait(beforeAttempt: failures, random: connection.random())
    do { try await Task.sleep(for: wait.duration) } catch { throw self.error(.cancelled, "cancelled") }
  }

  private func goOn() async throws(StoreError) -> HTTPDownload {
    var request = S3Request(.get, fullKey, doing: "reading it from byte \(position) on", action: "s3:GetObject")
    request.headers = [(name: "range", value: "bytes=\(position)-"), (name: "if-match", value: version)]
    request.accepted = [412, 416]
    request.mayStall = true
    let answer = try await connection.open(request, for: key)
    guard answer.response.status == 206, let download = answer.download,
      answer.response.header("content-range")?.hasPrefix("bytes \(position)-") == true, answer.response.header("etag") == version
    else { throw error(.other, "it was replaced while it was read, or the store cannot go on from the middle; read it again") }
    return download
  }

  private func error(_ reason: StoreError.Reason, _ detail: String) -> StoreError { StoreError(store: connection.store, reason, key: key, detail) }
}
