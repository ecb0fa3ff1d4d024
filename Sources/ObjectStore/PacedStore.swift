public import Units

/// How fast bytes may go to and from a store: all transfers of a process share it. Whoever comes waits until the bytes handed over before
/// have had their time, so that the rate is kept over any stretch longer than the tenth of a second that may be made up for.
public actor Bandwidth {
  public let rate: ByteRate
  private static let burst = Duration.milliseconds(100)
  /// When all that was let through will have had its time.
  private var free: ContinuousClock.Instant?

  public init(_ rate: ByteRate) { self.rate = rate }

  /// Lets `bytes` through when it is their turn.
  func pay(_ bytes: Int) async throws(CancellationError) {
    let now = ContinuousClock.now
    let start = max(free ?? now, now - Self.burst)
    let end = start + .milliseconds(rate.time(for: ByteCount(bytes: Int64(bytes))).milliseconds)
    free = end
    guard end > now else { return }
    do { try await Task.sleep(until: end, clock: .continuous) } catch { throw CancellationError() }
  }
}

/// A store that takes and gives no more than its bandwidth. What a driver sends once more after a failure is not counted.
public struct PacedStore: ObjectStore {
  private let store: any ObjectStore
  private let bandwidth: Bandwidth

  public init(_ store: any ObjectStore, _ bandwidth: Bandwidth) { self.store = store; self.bandwidth = bandwidth }

  public var name: String { store.name }
  public func list(prefix: String, after: ObjectKey?, limit: Int) async throws(StoreError) -> ObjectPage {
    try await store.list(prefix: prefix, after: after, limit: limit)
  }
  public func info(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo { try await store.info(key) }
  public func open(_ key: ObjectKey) async throws(StoreError) -> any ObjectDownload {
    PacedDownload(download: try await store.open(key), turn: Turn(bandwidth: bandwidth, store: name, key: key))
  }
  public func put(_ key: ObjectKey, _ bytes: [UInt8], ifAbsent: Bool) async throws(StoreError) {
    try await Turn(bandwidth: bandwidth, store: name, key: key).wait(for: bytes)
    try await store.put(key, bytes, ifAbsent: ifAbsent)
  }
  public func upload(_ key: ObjectKey) async throws(StoreError) -> any ObjectUpload {
    PacedUpload(upload: try await store.upload(key), turn: Turn(bandwidth: bandwidth, store: name, key: key))
  }
  /// Costs nothing of the bandwidth: the bytes do not pass here.
  public func copy(_ key: ObjectKey, from source: any ObjectReading, _ original: ObjectKey) async throws(StoreError) -> StoreCopy? {
    try await store.copy(key, from: source, original)
  }
  public var origin: any ObjectReading { store.origin }
  public func delete(_ key: ObjectKey) async throws(StoreError) { try await store.delete(key) }
  public func discardUploads(prefix: String) async throws(StoreError) { try await store.discardUploads(prefix: prefix) }
  public func openUploads(prefix: String) async throws(StoreError) -> [ObjectKey] { try await store.openUploads(prefix: prefix) }
}

private struct Turn: Sendable {
  let bandwidth: Bandwidth
  let store: String
  let key: ObjectKey

  func wait(for bytes: [UInt8]) async throws(StoreError) {
    do throws(CancellationError) { try await bandwidth.pay(bytes.count) } catch {
      throw StoreError(store: store, .cancelled, key: key, "cancelled while waiting for its share of \(bandwidth.rate)")
    }
  }
}

private struct PacedUpload: ObjectUpload {
  let upload: any ObjectUpload
  let turn: Turn
  func write(_ chunk: [UInt8]) async throws(StoreError) {
    try await turn.wait(for: chunk)
    try await upload.write(chunk)
  }
  func finish() async throws(StoreError) { try await upload.finish() }
  func abort() async { await upload.abort() }
}

private struct PacedDownload: ObjectDownload {
  let download: any ObjectDownload
  let turn: Turn
  func next() async throws(StoreError) -> [UInt8]? {
    guard let chunk = try await download.next() else { return nil }
    try await turn.wait(for: chunk)
    return chunk
  }
  func close() async { await download.close() }
}
