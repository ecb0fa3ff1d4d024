internal import AWSClient
internal import Concurrency
internal import HTTPClient
internal import Hashing
public import ObjectStore
internal import Units

/// Copies that the store makes by itself. Whether it can is found out by asking it: the credentials that write here are used for the copy,
/// on the condition that they see the very version that the source's own credentials see. Whatever is refused is left to whoever asked.
extension S3Store {
  public func copy(_ key: ObjectKey, from source: any ObjectReading, _ original: ObjectKey) async throws(StoreError) -> StoreCopy? {
    try checkCancellation(key)
    guard let source = source.origin as? S3Store, source.connection.endpoint.sharesCopies(with: connection.endpoint),
      !traits.withLock({ $0.copiesNotFrom.contains(source.connection.bucket.name) })
    else { return nil }
    // Trouble at the source is met again, and named, by whoever sends the bytes.
    guard let head = try? await source.head(original), let version = head.version else { return nil }
    let job = S3CopyJob(
      key: key, source: "/" + source.connection.bucket.name + "/" + source.fullKey(original.path), version: version, size: Int(head.size.bytes),
      write: S3Write(random: connection.random))
    do throws(StoreError) {
      let checksum = try await job.size > connection.bucket.largestCopy ? copyInParts(job) : copyWhole(job)
      let mark = try await verify(key, size: job.size, job.write, nil)
      // Written over by somebody else meanwhile: no word about ours.
      return StoreCopy(size: head.size, sha256: mark == nil || mark == job.write.mark ? checksum : nil)
    } catch {
      switch error.reason {
      case .unreachable, .timedOut, .cancelled, .noSpace: throw error
      case .denied: traits.withLock { _ = $0.copiesNotFrom.insert(source.connection.bucket.name) }
      default: break
      }
      return nil
    }
  }

  /// Gives the checksum that the store has made on the way, if it makes one.
  private func copyWhole(_ job: S3CopyJob) async throws(StoreError) -> String? {
    var request = job.request(self, "copying it")
    request.headers += job.write.headers(connection.bucket, now: connection.now())
    request.headers += [(name: "x-amz-metadata-directive", value: "REPLACE"), (name: "x-amz-checksum-algorithm", value: "SHA256")]
    return try await answer(to: request, job.key, "CopyObjectResult").text("ChecksumSHA256")
  }

  /// The store reports a checksum of checksums then, which proves nothing about the whole.
  private func copyInParts(_ job: S3CopyJob) async throws(StoreError) -> String? {
    let size = max(connection.bucket.largestCopy, job.size / S3Parts.most + 1)
    let ranges = stride(from: 0, to: job.size, by: size).enumerated().map { (number: $0 + 1, range: $1..<min($1 + size, job.size)) }
    let id = try await beginParts(of: job.key, job.write)
    do throws(StoreError) {
      var parts: [S3Part] = []
      for (number, range) in ranges {
        var request = job.request(self, "copying part \(number)")
        request.query = [("partNumber", "\(number)"), ("uploadId", id)]
        request.headers.append((name: "x-amz-copy-source-range", value: "bytes=\(range.lowerBound)-\(range.upperBound - 1)"))
        let result = try await answer(to: request, job.key, "CopyPartResult")
        guard let etag = result.text("ETag") else {
          throw StoreError(store: name, .other, key: job.key, "copying part \(number): the store gives it no ETag")
        }
        parts.append(S3Part(number: number, etag: etag, checksum: result.text("ChecksumSHA256")))
      }
      try await join(parts, of: id, job.key, job.write)
      return nil
    } catch {
      // A task of its own, since the caller's may be cancelled by now. What stays all the same is for `discardUploads`.
      await Task { try? await abort(id, of: fullKey(job.key.path), job.key) }.value
      throw error
    }
  }

  /// An answer of 200 counts only if it says that the copy was made.
  private func answer(to request: S3Request, _ key: ObjectKey, _ name: String) async throws(StoreError) -> XMLElement {
    let response = try await connection.send(request, for: key).response
    guard let root = try? XMLElement.read(response.body), root.name == name else {
      throw StoreError(store: self.name, .other, key: key, "\(request.doing): the store answers \(response.status) without saying that it is whole")
    }
    return root
  }
}

private struct S3CopyJob: Sendable {
  var key: ObjectKey
  /// `/BUCKET/KEY`
  var source: String
  /// The version (ETag) of the source that is to be copied, and no other.
  var version: String
  var size: Int
  var write: S3Write

  func request(_ store: S3Store, _ doing: String) -> S3Request {
    var request = S3Request(.put, store.fullKey(key.path), doing: doing, action: "s3:PutObject, and s3:GetObject on the source,")
    request.headers = [(name: "x-amz-copy-source", value: SigV4.encode(source, keeping: "/")), (name: "x-amz-copy-source-if-match", value: version)]
    request.deadline = .minutes(10)  // Large ones are copied for minutes.
    return request
  }
}

extension ServiceEndpoint {
  /// Whether a store at one endpoint can be told to copy from the other: they are the same, or both Amazon's, whose regions copy from each other.
  func sharesCopies(with other: ServiceEndpoint) -> Bool {
    self == other || isAmazon && other.isAmazon && host.hasSuffix(".cn") == other.host.hasSuffix(".cn")
  }
}
