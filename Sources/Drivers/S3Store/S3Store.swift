public import AWSClient
internal import Concurrency
public import HTTPClient
internal import Hashing
public import ObjectStore
public import Units

/// A store behind the REST API of Amazon S3, at Amazon or elsewhere.
///
/// What is written is verified: the store checks a digest of every request's bytes, and is asked afterwards for the object's size. Requests
/// are sent again where that can help, within a budget. Errors name the bucket, the endpoint and what to change, and hold no secret.
///
/// Some stores take no heed of `If-None-Match`: there `ifAbsent` looks first and then writes, so that of two hosts that write one key
/// within the same instant both may believe that they won. `heedsConditions` tells which kind a store is.
public struct S3Store: ObjectStore {
  let connection: S3Connection
  let openUploads = OpenUploads()
  let traits = Lock(Traits())

  /// What is learnt of a store while it is used.
  struct Traits {
    /// Whether `If-None-Match: *` keeps what is there; nil: not known yet.
    var heedsConditions: Bool?
    /// Whether it has shown that it checks SHA-256 digests; where not, MD5 is sent too.
    var checksSHA256 = false
    /// Whether the bucket has answered: then what is not found is the object.
    var bucketFound = false
    /// Whether lists come in the order of the keys' bytes, as far as has been seen.
    var listsInOrder = true
    /// Buckets from which it refuses to copy with the credentials that write here.
    var copiesNotFrom: Set<String> = []
  }

  public var name: String { connection.store }

  /// Nothing is asked yet. `now` stamps and signs; `random` spreads retries and marks what is written.
  public init(
    name: String, bucket: S3Bucket, credentials: CredentialSource, client: HTTPClient, patience: S3Patience = S3Patience(),
    now: @escaping @Sendable () -> Timestamp, random: @escaping @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) }
  ) {
    connection = S3Connection(store: name, bucket: bucket, credentials: credentials, client: client, patience: patience, now: now, random: random)
  }

  /// Whether the store leaves an object alone that a conditional request must not replace; nil until the first `put` with `ifAbsent`.
  public var heedsConditions: Bool? { traits.withLock { $0.heedsConditions } }

  func fullKey(_ path: String) -> String { connection.bucket.prefix + path }

  func checkCancellation(_ key: ObjectKey?) throws(StoreError) {
    if Task.isCancelled { throw StoreError(store: name, .cancelled, key: key, "cancelled") }
  }

  // MARK: Reading

  public func info(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo {
    let head = try await head(key)
    return ObjectInfo(key: key, size: head.size, modified: head.modified)
  }

  public func open(_ key: ObjectKey) async throws(StoreError) -> any ObjectDownload {
    var request = S3Request(.get, fullKey(key.path), doing: "reading it", action: "s3:GetObject")
    request.mayStall = true
    let answer = try await connection.open(request, for: key)
    traits.withLock { $0.bucketFound = true }
    guard let download = answer.download, let size = answer.response.header("content-length").flatMap({ Int64($0) }) else {
      throw StoreError(store: name, .other, key: key, "the store does not say how long it is, so its end cannot be told from a broken connection")
    }
    guard let version = answer.response.header("etag") else {
      throw StoreError(store: name, .other, key: key, "the answer names no version (ETag) of it, as every S3 store's does: something else answers at \(connection.endpoint)")
    }
    return S3Download(connection, key, fullKey(key.path), download, size: size, version: version)
  }

  struct Head {
    var size: ByteCount
    var modified: Timestamp
    var mark: String?
    var checksum: String?
    var version: String?
  }

  func head(_ key: ObjectKey) async throws(StoreError) -> Head {
    var request = S3Request(.head, fullKey(key.path), doing: "looking for it", action: "s3:GetObject")
    request.headers = [(name: "x-amz-checksum-mode", value: "ENABLED")]
    let response: HTTPResponse
    do throws(StoreError) { response = try await connection.send(request, for: key).response } catch {
      // An answer to HEAD has no words, so a missing bucket looks like a missing object.
      if error.reason == .notFound { try await requireBucket() }
      throw error
    }
    traits.withLock { $0.bucketFound = true }
    guard let size = response.header("content-length").flatMap({ Int64($0) }) else {
      throw StoreError(store: name, .other, key: key, "the store does not say how long it is")
    }
    let modified = response.header("last-modified").flatMap(HTTPDate.read) ?? Timestamp(milliseconds: 0)
    return Head(
      size: ByteCount(bytes: size), modified: modified, mark: response.header(S3Write.markHeader), checksum: response.header("x-amz-checksum-sha256"),
      version: response.header("etag"))
  }

  private func requireBucket() async throws(StoreError) {
    guard !traits.withLock({ $0.bucketFound }) else { return }
    var request = S3Request(.head, nil, doing: "looking for the bucket", action: "s3:ListBucket")
    request.accepted = [404]
    guard try await connection.send(request, for: nil).response.status != 404 else {
      let detail = "there is no bucket `\(connection.bucket.name)` at \(connection.endpoint); check its name, or make it"
      throw StoreError(store: name, .unreachable, detail)
    }
    traits.withLock { $0.bucketFound = true }
  }

  // MARK: Changing

  public func delete(_ key: ObjectKey) async throws(StoreError) {
    var request = S3Request(.delete, fullKey(key.path), doing: "deleting it", action: "s3:DeleteObject")
    request.accepted = [404]
    let response: HTTPResponse
    do throws(StoreError) { response = try await connection.send(request, for: key).response } catch {
      // What is wanted is that it is gone; some stores fail inside where there is nothing to delete.
      guard error.reason == .other, try await !exists(key) else { throw error }
      return
    }
    if response.status == 404, AWSErrorBody(response.body).code == "NoSuchBucket" { try await requireBucket() }
  }

  public func upload(_ key: ObjectKey) async throws(StoreError) -> any ObjectUpload {
    try checkCancellation(key)
    return S3Upload(to: self, key: key, number: openUploads.begin(key))
  }

  public func discardUploads(prefix: String) async throws(StoreError) {
    try checkCancellation(nil)
    openUploads.discard(prefix: prefix)
    var seen: [S3UploadPage.Entry: Int] = [:]
    while true {
      let page = try await uploadPage(prefix: prefix)
      let left = page.entries.filter { $0.key.utf8.starts(with: fullKey(prefix).utf8) }
      guard !left.isEmpty else { return }
      for upload in left {
        seen[upload, default: 0] += 1
        // A part that was on its way when the upload was aborted can make it appear again.
        guard seen[upload, default: 0] <= 5 else {
          throw StoreError(store: name, .other, "an unfinished upload of `\(upload.key)` stays however often it is aborted")
        }
        try await abort(upload.id, of: upload.key, nil)
      }
    }
  }

  /// The first thousand. Credentials that may not list them see none: no backup fails for that.
  public func openUploads(prefix: String) async throws(StoreError) -> [ObjectKey] {
    let page: S3UploadPage
    do throws(StoreError) { page = try await uploadPage(prefix: prefix) } catch {
      guard error.reason == .denied else { throw error }
      return []
    }
    let length = connection.bucket.prefix.utf8.count
    let keys = Set(page.entries.filter { $0.key.utf8.starts(with: fullKey(prefix).utf8) }.map(\.key))
    return keys.compactMap { ObjectKey(String(decoding: $0.utf8.dropFirst(length), as: UTF8.self)) }.sorted()
  }

  func abort(_ id: String, of fullKey: String, _ key: ObjectKey?) async throws(StoreError) {
    var request = S3Request(.delete, fullKey, doing: "discarding an unfinished upload", action: "s3:AbortMultipartUpload")
    request.query = [("uploadId", id)]
    request.accepted = [404]
    _ = try await connection.send(request, for: key)
  }

  func uploadPage(prefix: String) async throws(StoreError) -> S3UploadPage {
    var request = S3Request(.get, nil, doing: "listing unfinished uploads", action: "s3:ListBucketMultipartUploads")
    request.query = [("uploads", ""), ("prefix", fullKey(prefix)), ("max-uploads", "1000"), ("encoding-type", "url")]
    let body: [UInt8]
    do throws(StoreError) { body = try await connection.send(request, for: nil).response.body } catch {
      // rclone answers NoSuchUpload where it has seen none yet.
      guard error.reason == .notFound else { throw error }
      return S3UploadPage()
    }
    do throws(XMLProblem) { return try S3UploadPage(body) } catch {
      throw StoreError(store: name, .other, "listing unfinished uploads: the store answers with \(error)")
    }
  }
}

/// The uploads that this process has begun and not ended.
final class OpenUploads: Sendable {
  private let state = Lock<(next: Int, keys: [Int: ObjectKey])>((0, [:]))

  func begin(_ key: ObjectKey) -> Int {
    state.withLock { state in
      state.next += 1
      state.keys[state.next] = key
      return state.next
    }
  }
  func isOpen(_ number: Int) -> Bool { state.withLock { $0.keys[number] != nil } }
  func end(_ number: Int) { state.withLock { $0.keys[number] = nil } }
  func discard(prefix: String) { state.withLock { state in state.keys = state.keys.filter { !$0.value.hasPrefix(prefix) } } }
}
