import CanonicalJSON
import Hashing
import ObjectStore
import RecoveryPoints
import TestSupport
import Testing
import Units

@Suite("A recovery point is written whole or not at all", .timeLimit(.minutes(10)))
struct WritingTests {
  @Test("what is written is found in the catalogue and read back", arguments: StoreKind.allCases)
  func roundTrip(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let manifest = try await writePoint(place(), in: store)
      let catalogue = await Catalogue.read(shop, in: [store])
      #expect(catalogue.points.map(\.manifest) == [manifest])
      #expect(catalogue.findings == [] && catalogue.unreachable == [])
      let reader = PointReader(manifest, in: store)
      for (path, bytes) in sampleObjects { try await #expect(reader.read(path) == bytes) }
      #expect(manifest.storedBytes.bytes == Int64(sampleObjects.map(\.bytes.count).reduce(0, +)) + 9)
    }
  }

  @Test("SHA256SUMS holds every object and the instructions, as sha256sum reads it")
  func checksums() async throws {
    let store = InMemoryStore(name: "east")
    let manifest = try await writePoint(place(), in: store)
    let sums = String(decoding: try await store.read(object(place().prefix + "SHA256SUMS")), as: UTF8.self)
    let expected = manifest.objects.map { "\($0.sha256)  \($0.path)\n" } + ["\(SHA256Digest.of("zstd -dc …\n".utf8))  RESTORE.md\n"]
    #expect(sums == expected.joined())
  }

  /// The program dies at, or just after, each call to the store in turn.
  @Test("a crash between any two calls leaves the whole point or none", arguments: StoreKind.allCases, [StoreFault.crash, .crashAfterwards])
  func crashes(kind: StoreKind, fault: StoreFault) async throws {
    var calls = 0
    try await kind.withStore { store in
      let counting = FaultyStore(store)
      try await writePoint(place(), in: counting)
      calls = await counting.calls.count
    }
    #expect(calls > 12)
    for dying in 0..<calls {
      try await kind.withStore { store in
        let faulty = FaultyStore(store) { $0.index == dying ? fault : nil }
        await #expect(throws: StoreError.self) { try await writePoint(place(), in: faulty) }
        let catalogue = await Catalogue.read(shop, in: [store])
        if let point = catalogue.points.first {
          try await readWhole(point.manifest, in: store)
          #expect(dying == calls - 1, "a point although the program died at call \(dying) of \(calls)")
        }
        #expect(catalogue.findings.allSatisfy { $0.kind == .unfinished })
        // The next attempt finds what was left by its mark, and clears it away.
        for left in try await Catalogue.leftOver(shop, by: ["run.backup.1"], in: store).unfinished { try await PointWriter(left, in: store).discard() }
        try await #expect(store.listAll(prefix: "").count == (catalogue.points.isEmpty ? 0 : 7))
      }
    }
  }

  @Test("a manifest that was taken although the store says otherwise makes the point; if the store cannot be asked, that is said", arguments: StoreKind.allCases)
  func doubtfulManifest(kind: StoreKind) async throws {
    @Sendable func isManifest(_ call: StoreCall) -> Bool { call.operation == .put && call.key?.path.hasSuffix("manifest.json") == true }
    try await kind.withStore { store in
      try await writePoint(place(), in: FaultyStore(store) { isManifest($0) ? .failAfterwards(.unreachable) : nil })
      await #expect(Catalogue.read(shop, in: [store]).points.count == 1)
    }
    try await kind.withStore { store in
      let refused = FaultyStore(store) { isManifest($0) ? .fail(.denied) : nil }
      await #expect(throws: StoreError.self) { try await writePoint(place(), in: refused) }
      await #expect(Catalogue.read(shop, in: [store]).points == [])
    }
    try await kind.withStore { store in
      let gone = FaultyStore(store) { isManifest($0) ? .failAfterwards(.unreachable) : $0.operation == .open ? .fail(.timedOut) : nil }
      let error = await #expect(throws: StoreError.self) { try await writePoint(place(), in: gone) }
      #expect(error?.reason == .unreachable && error?.detail.contains("could not be found out") == true)
    }
  }

  @Test("removing a point takes the manifest first, so a crash on the way leaves no half point", arguments: StoreKind.allCases)
  func discardCrashes(kind: StoreKind) async throws {
    for dying in 0..<12 {
      try await kind.withStore { store in
        let manifest = try await writePoint(place(), in: store)
        let faulty = FaultyStore(store) { $0.index == dying ? .crash : nil }
        try? await PointWriter(place(), in: faulty).discard()
        for point in await Catalogue.read(shop, in: [store]).points { try await readWhole(point.manifest, in: store) }
        for _ in 0..<2 { try await PointWriter(manifest.place, in: store).discard() }
        try await #expect(store.listAll(prefix: "") == [])
      }
    }
  }

  @Test("an expiry that was killed anywhere leaves the whole point, or what the next one knows to be left of it", arguments: StoreKind.allCases)
  func expiryCrashes(kind: StoreKind) async throws {
    for dying in 0..<16 {
      try await kind.withStore { store in
        try await writePoint(place(), in: store)
        let faulty = FaultyStore(store) { $0.index == dying ? .crash : nil }
        _ = try? await expirePoint(place(), in: faulty)
        let catalogue = await Catalogue.read(shop, in: [store])
        for point in catalogue.points { try await readWhole(point.manifest, in: store) }
        let objects = try await store.listAll(prefix: "")
        #expect(!catalogue.points.isEmpty || catalogue.findings.map(\.kind) == (objects.isEmpty ? [] : [.expired]))
        // The place can be a point again.
        let west = InMemoryStore(name: "west")
        let again = try await writePoint(place(), in: west)
        try await copyPoint(again, from: west, to: store)
        await #expect(Catalogue.read(shop, in: [store]).points.map(\.manifest) == [again])
        try await #expect(expirePoint(place(), in: store))
        try await #expect(store.listAll(prefix: "") == [])
      }
    }
  }

  @Test("a store that is full can be made room in")
  func expiryOfFullStore() async throws {
    let store = InMemoryStore(name: "east")
    try await writePoint(place(), in: store)
    let full = FaultyStore(store, FaultyStore.every(.put, .fail(.noSpace)))
    try await #expect(expirePoint(place(), in: full))
    try await #expect(store.listAll(prefix: "") == [])
  }

  @Test("a cancelled task can still remove what it began, open uploads too", arguments: StoreKind.allCases)
  func discardWhenCancelled(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let task = Task {
        let writer = PointWriter(place(), in: store)
        _ = try await writer.put("globals.sql.zst", [1])
        let left = try await writer.upload("db/0/data/000001.copy.zst")
        try await left.write([2])
        withUnsafeCurrentTask { $0?.cancel() }
        try await writer.discard()
        return try? await left.finish()
      }
      try await #expect(task.value == nil)
      try await #expect(store.listAll(prefix: "") == [])
    }
  }

  @Test("a full store fails the point and leaves none", arguments: StoreKind.allCases)
  func noSpace(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let full = FaultyStore(store, FaultyStore.noSpace(after: 1_000_000))
      await #expect(throws: StoreError(store: "east", .noSpace, key: object(place().prefix + "db/0/data/000001.copy.zst"), "a fault was injected")) {
        try await writePoint(place(), in: full)
      }
      await #expect(Catalogue.read(shop, in: [store]).points == [])
    }
  }

  @Test("a point is never published over another of its name")
  func publishedOnce() async throws {
    let store = InMemoryStore(name: "east")
    let first = try await writePoint(place(), in: store)
    await #expect(throws: StoreError.self) { try await writePoint(place(), in: store, note: "another") }
    await #expect(Catalogue.read(shop, in: [store]).points.map(\.manifest) == [first])
  }
}
