import ObjectStore
import TestSupport
import Testing

private let key = ObjectKey("folder/object")

@Suite("The wrapper that injects faults", .timeLimit(.minutes(10)))
struct FaultyStoreTests {
  private let inner = InMemoryStore(name: "inner")

  private func objects() async throws -> [String] { try await inner.listAll(prefix: "").map(\.key.path) }

  @Test("a failed call has no effect, one that fails afterwards has")
  func failing() async throws {
    let key = try #require(key)
    for (fault, expected) in [(StoreFault.fail(.denied), []), (.failAfterwards(.timedOut), ["folder/object"])] {
      let store = FaultyStore(inner, FaultyStore.at(0, .put, fault))
      await #expect(throws: StoreError.self) { try await store.put(key, [1], ifAbsent: false) }
      try await #expect(objects() == expected)
    }
  }

  @Test("a lost object was confirmed")
  func losing() async throws {
    let key = try #require(key)
    try await FaultyStore(inner, FaultyStore.every(.put, .lose)).put(key, [1], ifAbsent: false)
    try await #expect(objects() == [])
  }

  @Test("a flip changes one bit, a cut ends the download")
  func reading() async throws {
    let key = try #require(key)
    try await inner.put(key, [1, 2, 3], ifAbsent: false)
    try await #expect(FaultyStore(inner, FaultyStore.every(.next, .flip(byte: 1))).read(key) == [1, 3, 3])
    try await #expect(FaultyStore(inner, FaultyStore.every(.next, .truncate)).read(key) == [])
  }

  @Test("after a crash nothing gets through, not even cleaning up")
  func crashing() async throws {
    let key = try #require(key)
    let store = FaultyStore(inner, FaultyStore.at(1, .write, .crash))
    let upload = try await store.upload(key)
    try await upload.write([1])
    await #expect(throws: StoreError.self) { try await upload.write([2]) }
    await upload.abort()
    await #expect(throws: StoreError.self) { try await store.put(key, [3], ifAbsent: false) }
    try await #expect(objects() == [])
    #expect(await store.calls.map(\.operation) == [.upload, .write, .write])
  }

  @Test("a store that does not answer lets go of a cancelled task")
  func hanging() async throws {
    let key = try #require(key)
    let store = FaultyStore(inner, FaultyStore.every(.put, .hang))
    let task = Task { try await store.put(key, [1], ifAbsent: false) }
    task.cancel()
    let error = await #expect(throws: StoreError.self) { try await task.value }
    #expect(error?.reason == .cancelled)
  }

  @Test("a seed decides which calls meet which fault")
  func seeds() {
    func schedule(_ seed: UInt64) -> [String] {
      let script = FaultyStore.seeded(seed, every: 3, [.truncate, .lose, .crash])
      return (0..<300).map { index in
        let call = StoreCall(index: index, occurrence: index, operation: .put, key: nil, bytesBefore: 0, bytes: 0)
        return script(call).map { "\($0)" } ?? "-"
      }
    }
    #expect(schedule(1) == schedule(1))
    #expect(schedule(1) != schedule(2))
    #expect(Set(schedule(1)).count == 4)
    #expect((60...140).contains(schedule(1).count { $0 != "-" }))
  }
}
