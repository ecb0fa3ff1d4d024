internal import AWSClient
internal import Concurrency
internal import HTTPClient
public import ObjectStore
internal import Units

extension S3Store {
  /// Objects whose names are no keys of ours, such as a console's `folder/`, are left out.
  ///
  /// S3 lists in the order of the keys' bytes. Some stores list folder by folder instead, where `a/b` comes before `a-b`; theirs are
  /// gathered whole and sorted.
  public func list(prefix: String, after: ObjectKey?, limit: Int) async throws(StoreError) -> ObjectPage {
    var objects: [ObjectInfo] = []
    var start = after.map { fullKey($0.path) }
    let limit = max(1, limit)
    while true {
      try checkCancellation(nil)
      guard traits.withLock({ $0.listsInOrder }) else { return try await sortedList(prefix: prefix, after: after, limit: limit) }
      let (page, order) = try await page(prefix: prefix, from: .key(start), limit: min(1_000, limit - objects.count))
      if order != .bytes { traits.withLock { $0.listsInOrder = false } }
      switch order {
      case .bytes: break
      case .folders: continue
      case .unknown:
        // What was given before, in the store's own order, cannot be continued in another.
        guard after == nil else { throw StoreError(store: name, .other, "listing: the store lists in an order of its own; list once more from the beginning") }
        continue
      }
      objects += page.entries.compactMap(object)
      guard page.isTruncated, let last = page.entries.last else { return ObjectPage(objects: objects, next: nil) }
      if objects.count >= limit { return ObjectPage(objects: objects, next: objects.last?.key) }
      start = last.key
    }
  }

  private static let mostToSort = 1_000_000

  private func sortedList(prefix: String, after: ObjectKey?, limit: Int) async throws(StoreError) -> ObjectPage {
    var objects: [ObjectInfo] = []
    var start = PageStart.key(nil)
    while true {
      let (page, _) = try await page(prefix: prefix, from: start, limit: 1_000)
      objects += page.entries.compactMap(object).filter { object in after.map { object.key > $0 } ?? true }
      guard objects.count <= Self.mostToSort else {
        throw StoreError(store: name, .other, "listing: there are more than \(Self.mostToSort) objects, and the store does not list them in order")
      }
      guard page.isTruncated, let continuation = page.continuation else { break }
      start = .continuation(continuation)
    }
    objects.sort { $0.key < $1.key }
    let first = Array(objects.prefix(limit))
    return ObjectPage(objects: first, next: first.count < objects.count ? first.last?.key : nil)
  }

  private func object(_ entry: S3ObjectPage.Entry) -> ObjectInfo? {
    guard entry.key.utf8.starts(with: connection.bucket.prefix.utf8),
      let key = ObjectKey(String(decoding: entry.key.utf8.dropFirst(connection.bucket.prefix.utf8.count), as: UTF8.self))
    else { return nil }
    return ObjectInfo(key: key, size: ByteCount(bytes: entry.size), modified: entry.modified)
  }

  private enum PageStart {
    case key(String?)
    case continuation(String)
  }

  /// `folders` where the store is known to list so; `unknown` where it was thought to list by bytes, and does not.
  private enum Order { case bytes, folders, unknown }

  private func page(prefix: String, from start: PageStart, limit: Int) async throws(StoreError) -> (S3ObjectPage, Order) {
    var request = S3Request(.get, nil, doing: "listing", action: "s3:ListBucket")
    request.query = [("list-type", "2"), ("prefix", fullKey(prefix)), ("max-keys", "\(limit)"), ("encoding-type", "url")]
    switch start {
    case .key(let key?): request.query.append(("start-after", key))
    case .key(nil): break
    case .continuation(let token): request.query.append(("continuation-token", token))
    }
    let response = try await connection.send(request, for: nil).response
    traits.withLock { $0.bucketFound = true }
    let page: S3ObjectPage
    do throws(XMLProblem) { page = try S3ObjectPage(response.body) } catch {
      throw StoreError(store: name, .other, "listing: the store answers with \(error)")
    }
    // A single page may not show it, so the one store that is known for it is known by its name.
    guard response.header("server")?.hasPrefix("SeaweedFS") != true else { return (page, .folders) }
    var keys = page.entries.map(\.key)
    if case .key(let key?) = start { keys.insert(key, at: 0) }
    return (page, zip(keys, keys.dropFirst()).allSatisfy { $0.utf8.lexicographicallyPrecedes($1.utf8) } ? .bytes : .unknown)
  }
}
