import CanonicalJSON
import Hashing
import ObjectStore
import RecoveryPoints
import S3Store
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

  @Test("between buckets of one server the store copies by itself, and every object is proved", arguments: S3Server.Kind.allCases)
  func buckets(kind: S3Server.Kind) async throws {
    let (source, target): (any ObjectStore, any ObjectStore) = (try testStore(kind), try testStore(kind))
    let manifest = try await writePoint(place(), in: source)
    let ways = try await copyPoint(manifest, from: source, to: target)
    #expect(ways.sent == 0 && ways.byChecksum + ways.byReading == manifest.objects.count, "\(ways)")
    await #expect(Catalogue.read(shop, in: [target]).points.map(\.manifest) == [manifest])
    try await readWhole(manifest, in: target)
  }

  @Test("a copy that the store made wrong is found out, by its checksum or by reading it, and the bytes are sent", arguments: [
    (false, "right"), (false, "none"), (true, "wrong"), (true, "none"),
  ])
  func wrong(isWrong: Bool, checksum: String) async throws {
    let (source, target) = (InMemoryStore(name: "source"), InMemoryStore(name: "target"))
    let manifest = try await writePoint(place(), in: source)
    let ways = try await copyPoint(manifest, from: source, to: CopyingStore(inner: target, isWrong: isWrong, reports: checksum != "none"))
    let count = manifest.objects.count
    let expected = isWrong ? (0, 0, count) : checksum == "right" ? (count, 0, 0) : (0, count, 0)
    #expect((ways.byChecksum, ways.byReading, ways.sent) == expected)
    try await readWhole(manifest, in: target)
  }
}

/// Copies by itself, rightly or with a byte too many, and reports the checksum of what it has made, or none.
private struct CopyingStore: ObjectStore {
  let inner: InMemoryStore
  let isWrong: Bool
  let reports: Bool
  var name: String { inner.name }

  func copy(_ key: ObjectKey, from source: any ObjectReading, _ original: ObjectKey) async throws(StoreError) -> StoreCopy? {
    let whole = try await source.read(original)
    let made = isWrong ? whole.dropLast() + [(whole.last ?? 0) ^ 1] : whole
    try await inner.put(key, made, ifAbsent: false)
    return StoreCopy(size: ByteCount(bytes: Int64(whole.count)), sha256: reports ? SHA256Digest.of(made).bytes.base64 : nil)
  }
  func list(prefix: String, after: ObjectKey?, limit: Int) async throws(StoreError) -> ObjectPage {
    try await inner.list(prefix: prefix, after: after, limit: limit)
  }
  func info(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo { try await inner.info(key) }
  func open(_ key: ObjectKey) async throws(StoreError) -> any ObjectDownload { try await inner.open(key) }
  func put(_ key: ObjectKey, _ bytes: [UInt8], ifAbsent: Bool) async throws(StoreError) { try await inner.put(key, bytes, ifAbsent: ifAbsent) }
  func upload(_ key: ObjectKey) async throws(StoreError) -> any ObjectUpload { try await inner.upload(key) }
  func delete(_ key: ObjectKey) async throws(StoreError) { try await inner.delete(key) }
  func discardUploads(prefix: String) async throws(StoreError) { try await inner.discardUploads(prefix: prefix) }
}
