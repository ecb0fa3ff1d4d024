import DirectoryStore
import ObjectStore
import TestSupport
import Testing

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

  @Test("behind the wrapper that injects faults, while it injects none", arguments: storeChecks)
  func faulty(check: StoreCheck) async throws {
    try await check.run(FaultyStore(InMemoryStore(name: "memory")), StoreCapabilities(objectBesideFolder: true))
  }
}
