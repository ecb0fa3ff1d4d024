internal import CanonicalJSON
internal import HTTPClient
internal import PlanModel
internal import ProviderInterface
internal import Units

/// An index, and what one run builds beside it; afterwards what was there before, until somebody deletes it.
struct IndexPair: Sendable {
  let index: String
  let beside: String

  init(index: String, run: RunID) {
    self.index = index
    beside = "\(index)-sie-dr-\(run)"
  }

  /// The primary key of the empty index that stands for none at all.
  static let placeholder = "sie_dr_none"

  /// Whether the one that this run has built has got the name: then it is the younger of the two. One look tells, whenever the run was cut off.
  func areSwapped(on search: SearchServer) async throws(StepFailure) -> Bool {
    guard let other = try await search.index(beside), let own = try await search.index(index) else { return false }
    return Self.instant(other.createdAt) < Self.instant(own.createdAt)
  }

  /// The index as it was before this run, and nothing of this run beside it.
  func takeBack(on search: SearchServer, within limit: TimeSpan) async throws(StepFailure) {
    if try await areSwapped(on: search) { try await search.swap(beside, index, within: limit) }
    try await search.delete(beside, within: limit)
    if let own = try await search.index(index), own.primaryKey == Self.placeholder { try await search.delete(index, within: limit) }
  }

  /// Texts of RFC 3339 in UTC, whose fractions have as many digits as they need.
  private static func instant(_ text: String) -> Substring { text.hasSuffix("Z") ? text.dropLast() : text[...] }
}

extension SearchServer {
  func create(_ index: String, primaryKey: String, within limit: TimeSpan) async throws(StepFailure) {
    let task = try await ask(.post, "/indexes", body: json(["uid": .string(index), "primaryKey": .string(primaryKey)]), as: Answers.Enqueued.self)
    try await finish(task.taskUid, "to make the index `\(index)`", within: limit)
  }

  /// Also where there is none.
  func delete(_ index: String, within limit: TimeSpan) async throws(StepFailure) {
    guard try await self.index(index) != nil else { return }
    let task = try await ask(.delete, "/indexes/\(index)", as: Answers.Enqueued.self)
    try await finish(task.taskUid, "to delete the index `\(index)`", within: limit)
  }

  func swap(_ one: String, _ other: String, within limit: TimeSpan) async throws(StepFailure) {
    let task = try await ask(.post, "/swap-indexes", body: json([["indexes": [.string(one), .string(other)]]]), as: Answers.Enqueued.self)
    try await finish(task.taskUid, "to swap the indexes `\(one)` and `\(other)`", within: limit)
  }

  func settings(of index: String) async throws(StepFailure) -> [UInt8] { try await send(.get, "/indexes/\(index)/settings") }

  func set(_ settings: [UInt8], of index: String, within limit: TimeSpan) async throws(StepFailure) {
    let task = try await ask(.patch, "/indexes/\(index)/settings", body: settings, as: Answers.Enqueued.self)
    try await finish(task.taskUid, "to take the settings of the index", within: limit)
  }

  /// Hands documents in, one a line; the task that indexes them.
  func add(_ lines: [UInt8], to index: String) async throws(StepFailure) -> Int64 {
    try await ask(.post, "/indexes/\(index)/documents", body: lines, type: "application/x-ndjson", as: Answers.Enqueued.self).taskUid
  }

  /// Compares the ids of an index's documents with those that were sent: all of them, and no other.
  func reconcile(_ index: String, key: String, with sent: Set<String>, from source: ServerName) async throws(StepFailure) {
    var missing = sent
    var (offset, total, seen) = (0, Int64.max, Int64(0))
    while Int64(offset) < total {
      let page = try await ask(.get, "/indexes/\(index)/documents?fields=\(key)&limit=\(Self.page)&offset=\(offset)", as: Answers.Documents.self)
      total = page.total
      guard !page.results.isEmpty else { break }
      for document in page.results {
        guard let id = document[key]?.text else { continue }
        seen += 1
        if missing.remove(id) == nil { throw differ(index, "has a document `\(id)` that `\(source)` does not know") }
      }
      offset += page.results.count
    }
    if let example = missing.min() { throw differ(index, "lacks \(missing.count) of \(sent.count) documents of `\(source)`: `\(example)`\(missing.count > 1 ? " and others" : "")") }
    let counted = try await stats().counts[index] ?? 0
    guard counted == Int64(sent.count), seen == counted else { throw differ(index, "counts \(counted) documents, and `\(source)` gave \(sent.count)") }
  }

  private static let page = 1_000

  private func differ(_ index: String, _ what: String) -> StepFailure {
    StepFailure(
      "documents-differ", "the index that was built on `\(reference.server)` \(what)", details: ["it was not put in place"],
      helps: ["look into the server's log, and whether somebody else writes into `\(index)`; then run the step again"])
  }

  private func json(_ value: JSONValue) throws(StepFailure) -> [UInt8] {
    do { return try CanonicalJSON.bytes(value) } catch { throw StepFailure("unexpected", "\(error)") }
  }
}
