public import Units

/// A whole store in memory: for tests and for simulation. Nothing of it survives the process.
public actor InMemoryStore: ObjectStore {
  public nonisolated let name: String
  private let now: @Sendable () -> Timestamp
  private var objects: [ObjectKey: Stored] = [:]
  /// The keys of `objects`, sorted.
  private var keys: [ObjectKey] = []
  private var openUploads: [Int: ObjectKey] = [:]
  private var uploadsBegun = 0

  private struct Stored {
    var bytes: [UInt8]
    var modified: Timestamp
  }

  /// `now` stamps what is written.
  public init(name: String, now: @escaping @Sendable () -> Timestamp = { Timestamp(milliseconds: 0) }) {
    self.name = name
    self.now = now
  }

  public func list(prefix: String, after: ObjectKey?, limit: Int) async throws(StoreError) -> ObjectPage {
    try checkCancellation(nil)
    var index = after.map { place(of: $0, behind: true) } ?? 0
    var page: [ObjectInfo] = []
    while index < keys.count, page.count < max(1, limit) {
      if keys[index].hasPrefix(prefix) { page.append(try info(of: keys[index])) } else if !page.isEmpty { break }
      index += 1
    }
    let more = index < keys.count && keys[index].hasPrefix(prefix)
    return ObjectPage(objects: page, next: more ? page.last?.key : nil)
  }

  public func info(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo {
    try checkCancellation(key)
    return try info(of: key)
  }

  public func open(_ key: ObjectKey) async throws(StoreError) -> any ObjectDownload {
    try checkCancellation(key)
    return InMemoryDownload(store: name, key: key, bytes: try stored(key).bytes)
  }

  public func put(_ key: ObjectKey, _ bytes: [UInt8], ifAbsent: Bool) async throws(StoreError) {
    try checkCancellation(key)
    guard !ifAbsent || objects[key] == nil else { throw StoreError(store: name, .alreadyExists, key: key, "there is an object of that name") }
    keep(key, bytes)
  }

  public func upload(_ key: ObjectKey) async throws(StoreError) -> any ObjectUpload {
    try checkCancellation(key)
    uploadsBegun += 1
    openUploads[uploadsBegun] = key
    return InMemoryUpload(to: self, key: key, number: uploadsBegun)
  }

  public func copy(_ key: ObjectKey, from source: any ObjectReading, _ original: ObjectKey) async throws(StoreError) -> StoreCopy? {
    try checkCancellation(key)
    guard let other = source.origin as? InMemoryStore, let bytes = await other.objects[original]?.bytes else { return nil }
    keep(key, bytes)
    return StoreCopy(size: ByteCount(bytes: Int64(bytes.count)), sha256: nil)
  }

  public func delete(_ key: ObjectKey) async throws(StoreError) {
    try checkCancellation(key)
    guard objects.removeValue(forKey: key) != nil else { return }
    keys.remove(at: place(of: key, behind: false))
  }

  public func discardUploads(prefix: String) async throws(StoreError) {
    try checkCancellation(nil)
    openUploads = openUploads.filter { !$0.value.hasPrefix(prefix) }
  }

  public func openUploads(prefix: String) async throws(StoreError) -> [ObjectKey] {
    try checkCancellation(nil)
    return Set(openUploads.values).filter { $0.hasPrefix(prefix) }.sorted()
  }

  fileprivate func finish(_ number: Int, _ bytes: [UInt8], _ key: ObjectKey) throws(StoreError) {
    guard openUploads.removeValue(forKey: number) != nil else {
      throw StoreError(store: name, .notFound, key: key, "its upload was discarded meanwhile")
    }
    keep(key, bytes)
  }

  fileprivate func forget(_ number: Int) { openUploads[number] = nil }

  private func keep(_ key: ObjectKey, _ bytes: [UInt8]) {
    if objects.updateValue(Stored(bytes: bytes, modified: now()), forKey: key) == nil { keys.insert(key, at: place(of: key, behind: false)) }
  }

  private func stored(_ key: ObjectKey) throws(StoreError) -> Stored {
    guard let stored = objects[key] else { throw StoreError(store: name, .notFound, key: key, "there is no such object") }
    return stored
  }

  private func info(of key: ObjectKey) throws(StoreError) -> ObjectInfo {
    let stored = try stored(key)
    return ObjectInfo(key: key, size: ByteCount(bytes: Int64(stored.bytes.count)), modified: stored.modified)
  }

  /// Where `key` is in `keys` or would be; `behind` it if it is there.
  private func place(of key: ObjectKey, behind: Bool) -> Int {
    var range = keys.startIndex..<keys.endIndex
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      if keys[middle] < key || (behind && keys[middle] == key) {
        range = (middle + 1)..<range.upperBound
      } else {
        range = range.lowerBound..<middle
      }
    }
    return range.lowerBound
  }

  private func checkCancellation(_ key: ObjectKey?) throws(StoreError) {
    if Task.isCancelled { throw StoreError(store: name, .cancelled, key: key, "cancelled") }
  }
}

private actor InMemoryDownload: ObjectDownload {
  private let store: String
  private let key: ObjectKey
  private let bytes: [UInt8]
  private var position = 0

  init(store: String, key: ObjectKey, bytes: [UInt8]) {
    self.store = store
    self.key = key
    self.bytes = bytes
  }

  func next() async throws(StoreError) -> [UInt8]? {
    if Task.isCancelled { throw StoreError(store: store, .cancelled, key: key, "cancelled") }
    guard position < bytes.count else { return nil }
    let end = min(position + (1 << 20), bytes.count)
    defer { position = end }
    return Array(bytes[position..<end])
  }

  func close() async { position = bytes.count }
}

private actor InMemoryUpload: ObjectUpload {
  private let store: InMemoryStore
  private let key: ObjectKey
  private let number: Int
  private var bytes: [UInt8] = []
  private var isOpen = true

  init(to store: InMemoryStore, key: ObjectKey, number: Int) {
    self.store = store
    self.key = key
    self.number = number
  }

  func write(_ chunk: [UInt8]) async throws(StoreError) {
    try check()
    bytes += chunk
  }

  func finish() async throws(StoreError) {
    try check()
    isOpen = false
    try await store.finish(number, bytes, key)
  }

  func abort() async {
    isOpen = false
    bytes = []
    await store.forget(number)
  }

  private func check() throws(StoreError) {
    guard isOpen else { throw StoreError(store: store.name, .other, key: key, "its upload is over, nothing more can be written") }
    if Task.isCancelled { throw StoreError(store: store.name, .cancelled, key: key, "cancelled") }
  }
}
