public import ObjectStore
internal import Units

/// What a kind of store takes besides what every store must.
public struct StoreCapabilities: Sendable {
  /// Whether `a` may lie beside `a/b`. Where not, the second is refused with words and the first stays whole.
  public var objectBesideFolder: Bool
  /// Whether `ifAbsent` holds against a writer in the same instant too. Some S3 stores take no heed of conditions.
  public var conditionalPut = true
  /// Whether `\` is a character like others. SeaweedFS takes it for `/`.
  public var backslash = true
  /// Whether an object can be tried to be put where a folder is. rclone hides what is in the folder then.
  public var objectInPlaceOfFolder = true
  public init(objectBesideFolder: Bool) { self.objectBesideFolder = objectBesideFolder }
}

/// One promise of the door, checked on a new and empty store. Throws what was found instead.
public struct StoreCheck: Sendable, CustomStringConvertible {
  public var name: String
  public var run: @Sendable (any ObjectStore, StoreCapabilities) async throws -> Void
  public var description: String { name }

  init(_ name: String, _ run: @escaping @Sendable (any ObjectStore) async throws -> Void) {
    self.init(name) { store, _ in try await run(store) }
  }
  init(_ name: String, _ run: @escaping @Sendable (any ObjectStore, StoreCapabilities) async throws -> Void) {
    self.name = name
    self.run = run
  }
}

/// A promise that a store does not keep.
public struct StoreNonconformance: Error, CustomStringConvertible {
  public var description: String
}

/// The conformance suite of the door: every store passes it unchanged.
public let storeChecks: [StoreCheck] = readingAndWritingChecks + listingChecks + uploadChecks + raceChecks

private let readingAndWritingChecks: [StoreCheck] = [
  StoreCheck("what is put is read back, with its size") { store in
    let key = try key("folder/object")
    try await store.put(key, bytes("content"), ifAbsent: false)
    try await require(store, key, holds: bytes("content"))
    let info = try await store.info(key)
    try require(info.key == key && info.size.bytes == 7, "info says \(info)")
  },
  StoreCheck("an empty object is an object") { store in
    try await store.put(try key("empty"), [], ifAbsent: true)
    try await require(store, try key("empty"), holds: [])
    try await upload([], to: try key("empty-upload"), store)
    try await require(store, try key("empty-upload"), holds: [])
  },
  StoreCheck("an object is replaced as a whole") { store in
    let key = try key("object")
    try await store.put(key, pattern(5_000, seed: 1), ifAbsent: false)
    try await store.put(key, pattern(10, seed: 2), ifAbsent: false)
    try await require(store, key, holds: pattern(10, seed: 2))
    try await upload([pattern(3, seed: 3)], to: key, store)
    try await require(store, key, holds: pattern(3, seed: 3))
  },
  StoreCheck("ifAbsent leaves what is there as it is") { store in
    let key = try key("object")
    try await store.put(key, bytes("first"), ifAbsent: true)
    try await requireError(.alreadyExists) { () throws(StoreError) in try await store.put(key, bytes("second"), ifAbsent: true) }
    try await require(store, key, holds: bytes("first"))
  },
  StoreCheck("what is not there is not found") { store in
    let key = try key("no/such/object")
    try await requireError(.notFound) { () throws(StoreError) in _ = try await store.info(key) }
    try await requireError(.notFound) { () throws(StoreError) in _ = try await store.read(key) }
    try await store.put(try ObjectKey.checked("no/such/object/but/this"), [1], ifAbsent: false)
    try await requireError(.notFound) { () throws(StoreError) in _ = try await store.info(key) }
    try await requireError(.notFound) { () throws(StoreError) in _ = try await store.read(key) }
  },
  StoreCheck("what is deleted is gone, and deleting what is not there is no error") { store in
    let (one, other) = (try key("a/b/one"), try key("a/b/other"))
    try await store.put(one, [1], ifAbsent: false)
    try await store.put(other, [2], ifAbsent: false)
    for _ in 0..<2 { try await store.delete(one) }
    try await store.delete(try key("never/was"))
    try await store.delete(try key("a/b"))
    try await requireKeys(store, ["a/b/other"])
    try await store.delete(other)
    try await requireKeys(store, [])
    try await store.put(one, [3], ifAbsent: true)
    try await require(store, one, holds: [3])
  },
  StoreCheck("an object of 20 MiB comes back in chunks of at most 1 MiB") { store in
    let key = try key("large")
    let whole = pattern(20 << 20, seed: 9)
    try await upload(stride(from: 0, to: whole.count, by: 700_001).map { Array(whole[$0..<min($0 + 700_001, whole.count)]) }, to: key, store)
    let download = try await store.open(key)
    var position = 0
    while let chunk = try await download.next() {
      try require(!chunk.isEmpty && chunk.count <= 1 << 20, "a chunk of \(chunk.count) bytes")
      try require(position + chunk.count <= whole.count && Array(whole[position..<position + chunk.count]) == chunk, "wrong bytes at \(position)")
      position += chunk.count
    }
    await download.close()
    try require(position == whole.count, "only \(position) bytes")
    let size = try await store.info(key).size
    try require(size.bytes == Int64(whole.count), "info says \(size)")
  },
  StoreCheck("a copy that the store makes by itself is the whole object, or it says that it cannot", copies),
  StoreCheck("every key works, and no two are taken for one") { store, capabilities in
    let awkward = [
      "with space", "100%", "a+b", "%41", "A", "a", "é", "e\u{301}", "日本語", "~tilde", "-dash", "..a", "a..", "...", ".hidden", "a&b=c?d#e", "a:b;c,d",
      "quote'\"`", "back\\slash", "*", "[x]", "{y}", "$HOME", "!", "@", "(p)", "<>|", "\u{1F600}", "sp /x", " /y", String(repeating: "x", count: 255),
      (0..<3).map { "\($0)" + String(repeating: "y", count: 250) }.joined(separator: "/"),
    ].filter { capabilities.backslash || !$0.contains("\\") }
    for (index, text) in awkward.enumerated() { try await store.put(try key(text), pattern(index + 1, seed: UInt8(index)), ifAbsent: true) }
    for (index, text) in awkward.enumerated() {
      try await require(store, try key(text), holds: pattern(index + 1, seed: UInt8(index)))
    }
    try await requireKeys(store, try awkward.map(key).sorted().map(\.path))
  },
  StoreCheck("an object beside a folder of its name is kept or refused with words, never lost") { store, capabilities in
    try await store.put(try key("a"), [1], ifAbsent: false)
    try await store.put(try key("c/d"), [2], ifAbsent: false)
    let besides: [(path: String, isUpload: Bool)] = [("a/b", false), ("c", false), ("a/b/e", true), ("c", true)]
    for (path, isUpload) in besides where capabilities.objectInPlaceOfFolder || path != "c" {
      let key = try key(path)
      do {
        if isUpload { try await upload([[3]], to: key, store) } else { try await store.put(key, [3], ifAbsent: false) }
        try require(capabilities.objectBesideFolder, "'\(path)' was taken although the store says that it cannot")
        try await require(store, key, holds: [3])
        try await store.delete(key)
      } catch let error as StoreError {
        try require(!capabilities.objectBesideFolder && error.reason == .other && !error.detail.isEmpty, "'\(path)' gave \(error)")
      }
    }
    try await require(store, try key("a"), holds: [1])
    try await require(store, try key("c/d"), holds: [2])
    try await requireKeys(store, ["a", "c/d"])
  },
]

@Sendable private func copies(_ store: any ObjectStore) async throws {
  for (name, content) in [("small", bytes("content")), ("empty", []), ("in parts", pattern(20 << 20, seed: 3))] {
    let (original, copy) = (try key("from/\(name), ü+%"), try key("to/\(name), ü+%"))
    try await upload([content], to: original, store)
    try await store.put(copy, bytes("was there"), ifAbsent: false)
    guard let made = try await store.copy(copy, from: store, original) else { continue }
    try require(made.size.bytes == Int64(content.count), "it says that the copy has \(made.size)")
    try await require(store, copy, holds: content)
    try await store.delete(original)
    try await require(store, copy, holds: content)
  }
  let nothing = try await store.copy(try key("never/made"), from: store, try key("not/there"))
  try require(nothing == nil, "it says that it has copied what is not there")
  try await requireKeys(store, [], prefix: "never/")
}

private let listingChecks: [StoreCheck] = [
  StoreCheck("keys are listed in the order of their bytes, folders or not") { store in
    let paths = ["a-b", "a/b", "a/b0", "a/b-", "a0", "a.b/c", "a/c/d", "A/z", "é/x", "b"]
    for path in paths { try await store.put(try key(path), [0], ifAbsent: false) }
    try await requireKeys(store, try paths.map(key).sorted().map(\.path))
  },
  StoreCheck("a prefix is a text, not a folder") { store in
    for path in ["ab/1", "ab/2", "abc/3", "abd", "b/ab"] { try await store.put(try key(path), [0], ifAbsent: false) }
    for (prefix, expected) in [
      ("ab", ["ab/1", "ab/2", "abc/3", "abd"]), ("ab/", ["ab/1", "ab/2"]), ("abc", ["abc/3"]), ("abd", ["abd"]), ("ab/2", ["ab/2"]), ("x", []),
      ("b/", ["b/ab"]), ("", ["ab/1", "ab/2", "abc/3", "abd", "b/ab"]), ("ab/1/", []),
    ] { try await requireKeys(store, expected, prefix: prefix) }
  },
  StoreCheck("1,000 keys come page by page, each once, whatever the size of a page") { store in
    let paths = (0..<1_000).map { "p\($0 % 7)/\($0)" }
    for path in paths { try await store.put(try key(path), [], ifAbsent: true) }
    let expected = try paths.map(key).sorted()
    for limit in [1_000, 999, 37] {
      var (seen, after): ([ObjectKey], ObjectKey?) = ([], nil)
      repeat {
        let page = try await store.list(prefix: "p", after: after, limit: limit)
        try require(page.objects.count <= limit, "a page of \(page.objects.count) where \(limit) were asked for")
        try require(page.next == nil || page.next == page.objects.last?.key, "the next page begins after \(String(describing: page.next))")
        seen += page.objects.map(\.key)
        after = page.next
      } while after != nil
      try require(seen == expected, "pages of \(limit) give \(seen.count) keys")
    }
    let page = try await store.list(prefix: "p3/", after: try key("p3/9999"), limit: 10)
    try require(page.objects.isEmpty && page.next == nil, "behind the last key: \(page)")
    let between = try await store.list(prefix: "", after: try key("p2/zzz"), limit: 1)
    try require(between.objects.first?.key.path == "p3/10", "after a key that is not there: \(between.objects)")
  },
]

private let uploadChecks: [StoreCheck] = [
  StoreCheck("an upload cannot be seen before it is finished") { store in
    let key = try key("u/object")
    let running = try await store.upload(key)
    try await running.write(pattern(2 << 20, seed: 1))
    try await requireKeys(store, [])
    try await requireError(.notFound) { () throws(StoreError) in _ = try await store.info(key) }
    try await running.finish()
    try await requireKeys(store, ["u/object"])
  },
  StoreCheck("an aborted upload leaves nothing, and what was there stays") { store in
    let (new, old) = (try key("new"), try key("old"))
    try await store.put(old, [1], ifAbsent: false)
    for key in [new, old] {
      let running = try await store.upload(key)
      try await running.write(pattern(3 << 20, seed: 1))
      await running.abort()
      try await requireAnyError { () throws(StoreError) in try await running.write([1]) }
      try await requireAnyError { () throws(StoreError) in try await running.finish() }
    }
    try await requireKeys(store, ["old"])
    try await require(store, old, holds: [1])
  },
  StoreCheck("aborting after the finish does nothing, and nothing can be written any more") { store in
    let key = try key("object")
    let running = try await store.upload(key)
    try await running.write([1, 2])
    try await running.finish()
    await running.abort()
    try await requireAnyError { () throws(StoreError) in try await running.write([3]) }
    try await requireAnyError { () throws(StoreError) in try await running.finish() }
    try await require(store, key, holds: [1, 2])
  },
  StoreCheck("uploads that were left behind are discarded by prefix, others go on") { store in
    let (left, other) = (try await store.upload(try key("p/one/x")), try await store.upload(try key("p/other/x")))
    try await left.write([1])
    try await other.write([2])
    try await store.discardUploads(prefix: "p/one/")
    try await requireAnyError { () throws(StoreError) in try await left.finish() }
    try await other.finish()
    try await requireKeys(store, ["p/other/x"])
    await left.abort()
    try await store.discardUploads(prefix: "p/other/")
    try await requireKeys(store, ["p/other/x"])
  },
  StoreCheck("a cancelled task writes nothing and is told so, but can clean up") { store in
    let running = try await store.upload(try key("upload"))
    try await running.write([1])
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      try await requireError(.cancelled) { () throws(StoreError) in try await store.put(try ObjectKey.checked("put"), [1], ifAbsent: false) }
      try await requireError(.cancelled) { () throws(StoreError) in _ = try await store.list(prefix: "", after: nil, limit: 1) }
      try await requireError(.cancelled) { () throws(StoreError) in try await running.finish() }
      await running.abort()
    }
    try await task.value
    try await requireKeys(store, [])
  },
]

private let raceChecks: [StoreCheck] = [
  StoreCheck("of 20 tasks that put one key ifAbsent, exactly one wins") { store, capabilities in
    let key = try key("race/winner")
    let winners = try await withThrowingTaskGroup(of: UInt8?.self) { group in
      for task in 0..<20 {
        group.addTask {
          do {
            try await store.put(key, [UInt8(task)], ifAbsent: true)
            return UInt8(task)
          } catch let error as StoreError where error.reason == .alreadyExists { return nil }
        }
      }
      var winners: [UInt8] = []
      for try await winner in group { if let winner { winners.append(winner) } }
      return winners
    }
    try require(winners.count == 1 || !capabilities.conditionalPut && winners.count > 1, "\(winners.count) winners")
    let held = try await store.read(key)
    try require(held.count == 1 && winners.contains(held[0]), "\(held) is there, the winners are \(winners)")
  },
  StoreCheck("who reads while the object is overwritten or deleted reads one whole version") { store in
    let key = try key("versions/object")
    try await store.put(key, pattern(3 << 20, seed: 0), ifAbsent: false)
    let download = try await store.open(key)
    var read = try await download.next() ?? []
    try await store.put(key, pattern(3 << 20, seed: 1), ifAbsent: false)
    try await store.delete(key)
    while let chunk = try await download.next() { read += chunk }
    await download.close()
    try require(read == pattern(3 << 20, seed: 0), "a mixture of versions, or not the whole")
  },
  StoreCheck("writers and deleters beside each other neither fail nor lose an object") { store in
    try await withThrowingTaskGroup { group in
      for task in 0..<8 {
        group.addTask {
          for round in 0..<30 {
            let key = try ObjectKey.checked("shared/folder/\(task)")
            try await store.put(key, [UInt8(round)], ifAbsent: true)
            if round < 29 { try await store.delete(key) }
          }
        }
      }
      try await group.waitForAll()
    }
    try await requireKeys(store, (0..<8).map { "shared/folder/\($0)" })
  },
]

private func key(_ path: String) throws -> ObjectKey {
  guard let key = ObjectKey(path) else { throw StoreNonconformance(description: "'\(path)' is no key") }
  return key
}

extension ObjectKey {
  fileprivate static func checked(_ path: String) throws(StoreError) -> ObjectKey {
    guard let key = ObjectKey(path) else { throw StoreError(store: "", .other, "'\(path)' is no key") }
    return key
  }
}

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// Bytes that tell where they stand: a block whose length is prime, again and again.
private func pattern(_ count: Int, seed: UInt8) -> [UInt8] {
  let block = (0..<min(count, 65_521)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) &+ seed }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count)
  while bytes.count < count { bytes += block.prefix(count - bytes.count) }
  return bytes
}

private func upload(_ chunks: [[UInt8]], to key: ObjectKey, _ store: any ObjectStore) async throws {
  let upload = try await store.upload(key)
  do {
    for chunk in chunks { try await upload.write(chunk) }
    try await upload.finish()
  } catch {
    await upload.abort()
    throw error
  }
}

private func require(_ condition: Bool, _ found: @autoclosure () -> String) throws {
  guard condition else { throw StoreNonconformance(description: found()) }
}

private func require(_ store: any ObjectStore, _ key: ObjectKey, holds expected: [UInt8]) async throws {
  let found = try await store.read(key)
  try require(found == expected, "'\(key)' holds \(found.count) bytes that are not the \(expected.count) expected ones")
}

private func requireKeys(_ store: any ObjectStore, _ expected: [String], prefix: String = "") async throws {
  let found = try await store.listAll(prefix: prefix).map(\.key.path)
  let (lacking, added) = (expected.filter { key in !found.contains { $0.utf8.elementsEqual(key.utf8) } }, found.filter { key in !expected.contains { $0.utf8.elementsEqual(key.utf8) } })
  try require(
    found.map { Array($0.utf8) } == expected.map { Array($0.utf8) },
    "under '\(prefix)' there is \(found), expected \(expected)" + (lacking.isEmpty && added.isEmpty ? ": the order differs" : ": lacking are \(lacking), nobody wrote \(added)"))
}

private func requireError(_ reason: StoreError.Reason, _ work: () async throws(StoreError) -> Void) async throws {
  do {
    try await work()
  } catch {
    return try require(error.reason == reason, "\(error.reason) instead of \(reason): \(error)")
  }
  throw StoreNonconformance(description: "it succeeded instead of failing with \(reason)")
}

private func requireAnyError(_ work: () async throws(StoreError) -> Void) async throws {
  do { try await work() } catch { return }
  throw StoreNonconformance(description: "it succeeded instead of failing")
}
