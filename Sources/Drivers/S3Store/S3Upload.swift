internal import Concurrency
internal import HTTPClient
internal import Hashing
internal import ObjectStore
internal import Units

/// Writes an object in parts, a few on their way at once. One that is smaller than a part is written in one request at the end.
actor S3Upload: ObjectUpload {
  private struct Flight { var size: Int; var task: Task<Result<S3Part, StoreError>, Never> }

  /// How much may be on its way at once, besides what is being filled.
  private static let window = 32 << 20

  private let store: S3Store
  private let key: ObjectKey
  private let number: Int
  private let write: S3Write
  private var isOpen = true
  private var isFinished = false
  private var buffer: [UInt8] = []
  private var size = 0
  private var uploadID: String?
  private var begun = 0
  private var flights: [Flight] = []
  private var parts: [S3Part] = []

  init(to store: S3Store, key: ObjectKey, number: Int) {
    self.store = store
    self.key = key
    self.number = number
    write = S3Write(random: store.connection.random)
  }

  func write(_ chunk: [UInt8]) async throws(StoreError) {
    try begin()
    var rest = chunk[...]
    while !rest.isEmpty {
      let piece = rest.prefix(S3Parts.size(of: begun + 1) - buffer.count)
      if buffer.isEmpty { buffer.reserveCapacity(min(S3Parts.size(of: begun + 1), 64 << 20)) }
      buffer += piece
      size += piece.count
      rest = rest.dropFirst(piece.count)
      if buffer.count == S3Parts.size(of: begun + 1) { try await sendPart() }
    }
    isOpen = true
  }

  func finish() async throws(StoreError) {
    try begin()
    guard store.openUploads.isOpen(number) else { throw StoreError(store: store.name, .notFound, key: key, "its upload was discarded meanwhile") }
    if uploadID == nil {
      try await store.put(key, buffer, ifAbsent: false)
    } else {
      if !buffer.isEmpty { try await sendPart() }
      while !flights.isEmpty { try await land() }
      try await complete()
      try await store.verify(key, size: size, write, nil)
    }
    isFinished = true
    store.openUploads.end(number)
    buffer = []
  }

  /// Waits for what is on its way to end, so that no part arrives after the upload has been discarded.
  func abort() async {
    isOpen = false
    buffer = []
    store.openUploads.end(number)
    for flight in flights { flight.task.cancel() }
    for flight in flights { _ = await flight.task.value }
    flights = []
    guard let id = uploadID, !isFinished else { return }
    uploadID = nil
    let (store, key) = (store, key)
    // A task of its own, since the caller's is often cancelled by now. What stays all the same is for `discardUploads`.
    await Task { try? await store.abort(id, of: store.fullKey(key.path), key) }.value
  }

  /// Closes the upload for good unless the caller opens it again after success.
  private func begin() throws(StoreError) {
    guard isOpen else { throw StoreError(store: store.name, .other, key: key, "its upload is over, nothing more can be written") }
    isOpen = false
    try store.checkCancellation(key)
  }

  // MARK: Parts

  private func sendPart() async throws(StoreError) {
    let id = try await beginIfNeeded()
    guard begun < S3Parts.most else { throw StoreError(store: store.name, .other, key: key, "it is larger than \(S3Parts.most) parts can hold") }
    while !flights.isEmpty, flights.reduce(buffer.count, { $0 + $1.size }) > Self.window { try await land() }
    begun += 1
    let (store, key, number, bytes) = (store, key, begun, buffer)
    buffer = []
    flights.append(Flight(size: bytes.count, task: Task { await Self.send(bytes, as: number, of: id, key, to: store) }))
  }

  /// Waits for the oldest part.
  private func land() async throws(StoreError) {
    let flight = flights.removeFirst()
    let result = await withTaskCancellationHandler {
      await flight.task.value
    } onCancel: {
      flight.task.cancel()
    }
    parts.append(try result.get())
  }

  private static func send(_ bytes: [UInt8], as number: Int, of id: String, _ key: ObjectKey, to store: S3Store) async -> Result<S3Part, StoreError> {
    var request = S3Request(.put, store.fullKey(key.path), doing: "writing part \(number)", action: "s3:PutObject")
    request.query = [("partNumber", "\(number)"), ("uploadId", id)]
    request.body = bytes
    request.digest = SHA256Digest.of(bytes)
    request.headers = S3Write.digests(of: bytes, request.digest, alsoMD5: !store.traits.withLock { $0.checksSHA256 })
    request.mayStall = true
    request.deadline = store.connection.patience.transfer
    do throws(StoreError) {
      let response = try await store.connection.send(request, for: key).response
      store.learn(from: response)
      guard let etag = response.header("etag") else {
        return .failure(StoreError(store: store.name, .other, key: key, "writing part \(number): the store gives it no ETag"))
      }
      return .success(S3Part(number: number, etag: etag, checksum: response.header("x-amz-checksum-sha256").map { _ in request.digest.bytes.base64 }))
    } catch {
      return .failure(error)
    }
  }

  // MARK: Begin and end

  private func beginIfNeeded() async throws(StoreError) -> String {
    if let uploadID { return uploadID }
    let id = try await store.beginParts(of: key, write)
    uploadID = id
    return id
  }

  private func complete() async throws(StoreError) {
    guard let id = uploadID else { return }
    try await store.join(parts, of: id, key, write)
    isFinished = true
  }
}
