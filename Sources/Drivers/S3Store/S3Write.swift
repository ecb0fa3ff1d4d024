internal import Concurrency
internal import HTTPClient
internal import Hashing
public import ObjectStore
internal import Units

/// What every request that writes bytes carries, and how it is found out what became of it.
struct S3Write {
  /// The mark is a number of its own for each write, so that a write whose answer was lost is known again.
  static let markHeader = "x-amz-meta-sie-dr-write"
  let mark: String

  init(random: @Sendable () -> UInt64) { mark = String(random(), radix: 16) + String(random(), radix: 16) }

  /// For the request that makes the object: `PutObject` or `CreateMultipartUpload`.
  func headers(_ bucket: S3Bucket, now: Timestamp) -> [(name: String, value: String)] {
    var headers = [(name: Self.markHeader, value: mark)]
    switch bucket.encryption {
    case .s3: headers.append((name: "x-amz-server-side-encryption", value: "AES256"))
    case .kms(let key):
      headers.append((name: "x-amz-server-side-encryption", value: "aws:kms"))
      headers.append((name: "x-amz-server-side-encryption-aws-kms-key-id", value: key))
    case nil: break
    }
    if let lock = bucket.lock {
      headers.append((name: "x-amz-object-lock-mode", value: lock.mode.rawValue))
      headers.append((name: "x-amz-object-lock-retain-until-date", value: (now + lock.time).description))
    }
    return headers
  }

  /// Digests of the body that the store is to check.
  static func digests(of body: [UInt8], _ digest: SHA256Digest, alsoMD5: Bool) -> [(name: String, value: String)] {
    var headers = [(name: "x-amz-checksum-sha256", value: digest.bytes.base64)]
    if alsoMD5, let md5 = MD5.of(body) { headers.append((name: "content-md5", value: md5.base64)) }
    return headers
  }
}

extension S3Store {
  public func put(_ key: ObjectKey, _ bytes: [UInt8], ifAbsent: Bool) async throws(StoreError) {
    try checkCancellation(key)
    let write = S3Write(random: connection.random)
    let heeds = heedsConditions
    if ifAbsent, heeds != true, try await exists(key) { throw alreadyExists(key) }
    var answer = try await put(key, bytes, write, conditional: ifAbsent && heeds != false)
    if answer.response.status == 501 {
      traits.withLock { $0.heedsConditions = false }
      answer = try await put(key, bytes, write, conditional: false)
    }
    if answer.response.status == 412 {
      traits.withLock { $0.heedsConditions = true }
      // The first attempt may have arrived although its answer did not: then the object that is in the way is ours.
      guard answer.isRepeated, try await head(key).mark == write.mark else { throw alreadyExists(key) }
    } else if ifAbsent, heeds == nil, heedsConditions == nil {
      // Found out on the object itself: the same bytes once more, which a store that heeds conditions refuses.
      let again = try await put(key, bytes, write, conditional: true)
      traits.withLock { $0.heedsConditions = again.response.status == 412 }
    }
    let found = try await verify(key, size: bytes.count, write, SHA256Digest.of(bytes))
    if ifAbsent, let found, found != write.mark { throw alreadyExists(key) }
  }

  private func put(_ key: ObjectKey, _ bytes: [UInt8], _ write: S3Write, conditional: Bool) async throws(StoreError) -> S3Answer {
    var request = S3Request(.put, fullKey(key.path), doing: "writing it", action: "s3:PutObject")
    request.body = bytes
    request.digest = SHA256Digest.of(bytes)
    request.headers = write.headers(connection.bucket, now: connection.now())
    request.headers += S3Write.digests(of: bytes, request.digest, alsoMD5: !traits.withLock { $0.checksSHA256 })
    if conditional {
      request.headers.append((name: "if-none-match", value: "*"))
      request.accepted = [412, 501]
    }
    request.mayStall = true
    if bytes.count > 1 << 20 { request.deadline = connection.patience.transfer }
    let answer = try await connection.send(request, for: key)
    learn(from: answer.response)
    return answer
  }

  /// Learns whether the store checks SHA-256: one that does says so in its answer.
  func learn(from response: HTTPResponse) {
    guard (200..<300).contains(response.status) else { return }
    let checks = response.header("x-amz-checksum-sha256") != nil
    traits.withLock { traits in
      traits.bucketFound = true
      if checks { traits.checksSHA256 = true }
    }
  }

  /// Asks the store for what it has confirmed. Gives the mark of the object that is there; nil where the store keeps none.
  @discardableResult
  func verify(_ key: ObjectKey, size: Int, _ write: S3Write, _ digest: SHA256Digest?) async throws(StoreError) -> String? {
    guard let head = try await headOfConfirmed(key) else {
      throw StoreError(store: name, .damaged, key: key, "the store has confirmed the write, and does not have the object: do not trust this store with backups")
    }
    // Written over by somebody else meanwhile: no word about ours.
    if let mark = head.mark, mark != write.mark { return mark }
    guard head.size.bytes == Int64(size) else {
      throw StoreError(store: name, .damaged, key: key, "\(size) bytes were written and confirmed, and the store has \(head.size.bytes)")
    }
    if let digest, let checksum = head.checksum, !checksum.contains("-"), checksum != digest.bytes.base64 {
      throw StoreError(store: name, .damaged, key: key, "the store's own digest of it is another than that of the bytes written")
    }
    return head.mark
  }

  /// Asked again where it is not there at once: some stores replace an object by way of a moment without it.
  private func headOfConfirmed(_ key: ObjectKey) async throws(StoreError) -> Head? {
    for attempt in 1...4 {
      do throws(StoreError) { return try await head(key) } catch { guard error.reason == .notFound else { throw error } }
      let wait = connection.patience.firstWait * Int64(attempt)
      do { try await Task.sleep(for: wait.duration) } catch { throw StoreError(store: name, .cancelled, key: key, "cancelled") }
    }
    return nil
  }

  func exists(_ key: ObjectKey) async throws(StoreError) -> Bool {
    do throws(StoreError) {
      _ = try await head(key)
      return true
    } catch {
      guard error.reason == .notFound else { throw error }
      return false
    }
  }

  private func alreadyExists(_ key: ObjectKey) -> StoreError { StoreError(store: name, .alreadyExists, key: key, "there is an object of that name") }
}
