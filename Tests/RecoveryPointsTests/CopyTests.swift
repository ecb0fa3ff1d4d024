import CanonicalJSON
import ObjectStore
import RecoveryPoints
import TestSupport
import Testing
import Units

@Suite("Copying a point", .timeLimit(.minutes(10)))
struct CopyTests {
  @Test("gives the same bytes under the same names", arguments: StoreKind.allCases)
  func same(kind: StoreKind) async throws {
    let source = InMemoryStore(name: "source")
    let manifest = try await writePoint(place(), in: source)
    try await kind.withStore { target in
      var told = ByteCount.zero
      try await copyPoint(manifest, from: source, to: target) { told = $0 }
      #expect(told == manifest.storedBytes)
      let keys = try await source.listAll(prefix: "").map(\.key)
      try await #expect(target.listAll(prefix: "").map(\.key) == keys)
      for key in keys { try await #expect(target.read(key) == source.read(key)) }
    }
  }

  @Test("stopped at any call it leaves no half point, and the next try completes it", arguments: [StoreFault.crash, .crashAfterwards])
  func interrupted(fault: StoreFault) async throws {
    let source = InMemoryStore(name: "source")
    let manifest = try await writePoint(place(), in: source)
    let counting = FaultyStore(InMemoryStore(name: "target"))
    try await copyPoint(manifest, from: source, to: counting)
    let calls = await counting.calls.count
    #expect(calls > 10)
    for dying in 0..<calls {
      let target = InMemoryStore(name: "target")
      _ = try? await copyPoint(manifest, from: source, to: FaultyStore(target) { $0.index == dying ? fault : nil })
      for point in await Catalogue.read(shop, in: [target]).points { try await readWhole(point.manifest, in: target) }
      try await copyPoint(manifest, from: source, to: target)
      await #expect(Catalogue.read(shop, in: [target]).points.map(\.manifest) == [manifest])
      try await readWhole(manifest, in: target)
    }
  }

  @Test("a copy that is there already is not written again")
  func repeated() async throws {
    let (source, target) = (InMemoryStore(name: "source"), InMemoryStore(name: "target"))
    let manifest = try await writePoint(place(), in: source)
    try await copyPoint(manifest, from: source, to: target)
    let watching = FaultyStore(target)
    try await copyPoint(manifest, from: source, to: watching)
    await #expect(watching.calls.filter(\.operation.isChange) == [])
  }

  @Test("another point under the same name at the target is left alone")
  func another() async throws {
    let (source, target) = (InMemoryStore(name: "source"), InMemoryStore(name: "target"))
    let manifest = try await writePoint(place(), in: source)
    let other = try await writePoint(place(), in: target, note: "another")
    let error = await #expect(throws: StoreError.self) { try await copyPoint(manifest, from: source, to: target) }
    #expect(error?.reason == .alreadyExists)
    await #expect(Catalogue.read(shop, in: [target]).points.map(\.manifest) == [other])
  }

  @Test(
    "a damaged source fails with its name and gives no point",
    arguments: [StoreFault.flip(byte: 4_711), .truncate, .fail(.damaged)])
  func damaged(fault: StoreFault) async throws {
    let (source, target) = (InMemoryStore(name: "source"), InMemoryStore(name: "target"))
    let manifest = try await writePoint(place(), in: source)
    let faulty = FaultyStore(source, FaultyStore.every(.next, on: "000001", fault))
    let error = await #expect(throws: StoreError.self) { try await copyPoint(manifest, from: faulty, to: target) }
    #expect(error?.reason == .damaged && error?.store == "source")
    await #expect(Catalogue.read(shop, in: [target]).points == [])
    try await #expect(target.listAll(prefix: "").contains { $0.key.path.contains("000001") } == false)
  }
}
