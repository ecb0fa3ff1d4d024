import DirectoryStore
import ObjectStore
import TestSupport
import Testing
import Units

@Suite("Every store keeps the promises of the door", .timeLimit(.minutes(10)))
struct StoreConformanceTests {
  @Test("in memory", arguments: storeChecks)
  func memory(check: StoreCheck) async throws {
    try await check.run(InMemoryStore(name: "memory"), StoreCapabilities(objectBesideFolder: true))
  }

  @Test("in a folder", arguments: storeChecks)
  func directory(check: StoreCheck) async throws {
    let root = try temporaryFolder("store")
    defer { removeFolder(root) }
    try await check.run(DirectoryStore(name: "folder", root: root), StoreCapabilities(objectBesideFolder: false))
    try await #expect(DirectoryStore(name: "folder", root: root + "/.sie-dr-tmp").listAll(prefix: "") == [])
  }

  @Test("with a bandwidth", arguments: storeChecks)
  func paced(check: StoreCheck) async throws {
    try await check.run(PacedStore(InMemoryStore(name: "memory"), Bandwidth(ByteRate(perSecond: ByteCount(bytes: 1 << 30)))), StoreCapabilities(objectBesideFolder: true))
  }

  @Test("a bandwidth is kept by all transfers together, and a cancelled one does not wait for it")
  func bandwidth() async throws {
    let store = PacedStore(InMemoryStore(name: "memory"), Bandwidth(ByteRate(perSecond: ByteCount(bytes: 1_000_000))))
    let began = ContinuousClock.now
    try await withThrowingTaskGroup { group in
      for number in 0..<4 {
        group.addTask {
          let key = try #require(ObjectKey("object \(number)"))
          let upload = try await store.upload(key)
          for _ in 0..<5 { try await upload.write([UInt8](repeating: 1, count: 50_000)) }
          try await upload.finish()
          #expect(try await store.read(key).count == 250_000)
        }
      }
      try await group.waitForAll()
    }
    // Two million bytes, less the tenth of a second that may be made up for. A machine under load takes longer.
    #expect(began.duration(to: .now) >= .milliseconds(1_890))
    let waiting = Task { try await store.put(try #require(ObjectKey("large")), [UInt8](repeating: 1, count: 1 << 30), ifAbsent: false) }
    waiting.cancel()
    let error = await #expect(throws: StoreError.self) { try await waiting.value }
    #expect(error?.reason == .cancelled)
  }

  @Test("behind the wrapper that injects faults, while it injects none", arguments: storeChecks)
  func faulty(check: StoreCheck) async throws {
    try await check.run(FaultyStore(InMemoryStore(name: "memory")), StoreCapabilities(objectBesideFolder: true))
  }
}
