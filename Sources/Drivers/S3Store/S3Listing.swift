internal import Concurrency
internal import HTTPClient
public import ObjectStore
internal import Units

extension S3Store {
  /// Objects whose names are no keys of ours, such as a console's `folder/`, are left out.
  public func list(prefix: String, after: ObjectKey?, limit: Int) async throws(StoreError) -> ObjectPage {
    var objects: [ObjectInfo] = []
    var start = after.map { fullKey($0.path) }
    let limit = max(1, limit)
    while true {
      let page = try await page(prefix: prefix, after: start, limit: min(1_000, limit - objects.count))
      objects += page.entries.compactMap(object)
      guard page.isTruncated, let last = page.entries.last else { return ObjectPage(objects: objects, next: nil) }
      if objects.count >= limit { return ObjectPage(objects: objects, next: objects.last?.key) }
      start = last.key
    }
  }

  private func object(_ entry: S3ObjectPage.Entry) -> ObjectInfo? {
    guard entry.key.utf8.starts(with: connection.bucket.prefix.utf8),
      let key = ObjectKey(String(decoding: entry.key.utf8.dropFirst(connection.bucket.prefix.utf8.count), as: UTF8.self))
    else { return nil }
    return ObjectInfo(key: key, size: ByteCount(bytes: entry.size), modified: entry.modified)
  }

  private func page(prefix: String, after: String?, limit: Int) async throws(StoreError) -> S3ObjectPage {
    var request = S3Request(.get, nil, doing: "listing", action: "s3:ListBucket")
    request.query = [("list-type", "2"), ("prefix", fullKey(prefix)), ("max-keys", "\(limit)"), ("encoding-type", "url")]
    if let after { request.query.append(("start-after", after)) }
    let body = try await connection.send(request, for: nil).response.body
    traits.withLock { $0.bucketFound = true }
    do throws(XMLProblem) { return try S3ObjectPage(body) } catch {
      throw StoreError(store: name, .other, "listing: the store answers with \(error)")
    }
  }
}
