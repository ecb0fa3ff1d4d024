import Hashing
import ObjectStore
import RecoveryPoints
import TestSupport
import Testing

/// Stands for a program that encrypts: turns bits over, and puts a word in front and behind. `age` itself is tested where it is run.
private struct Turning: ObjectSealing, ObjectUnsealing {
  let encryption = PointEncryption(recipients: ["age1test"])
  /// Thrown instead of going on behind the first chunk.
  var failure: SealingError?

  func seal(
    from next: @escaping @Sendable () async throws -> [UInt8]?, into write: @escaping @Sendable ([UInt8]) async throws -> Void
  ) async throws {
    try await write([1, 2, 3])
    while let chunk = try await next() {
      try await write(chunk.map { ~$0 })
      if let failure { throw failure }
    }
    try await write([4, 5])
  }

  func unseal(
    from next: @escaping @Sendable () async throws -> [UInt8]?, into write: @escaping @Sendable ([UInt8]) async throws -> Void
  ) async throws {
    var whole: [UInt8] = []
    while let chunk = try await next() {
      whole += chunk
      if let failure { throw failure }
    }
    for start in stride(from: 3, to: whole.count - 2, by: 100_000) { try await write(whole[start..<min(start + 100_000, whole.count - 2)].map { ~$0 }) }
  }
}

@Suite("Objects are encrypted on their way", .timeLimit(.minutes(5)))
struct SealingTests {
  @Test("stored are the encrypted bytes under names that say so; checksums and the manifest stay readable", arguments: StoreKind.allCases)
  func stored(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let manifest = try await writePoint(place(), in: store, sealing: Turning())
      #expect(manifest.encryption == PointEncryption(method: "age", recipients: ["age1test"]))
      #expect(manifest.objects.map(\.path) == ["db/0/data/000001.copy.zst.age", "db/0/schema.dump.age", "db/0/sequences.sql.age", "globals.sql.zst.age"])
      let catalogue = await Catalogue.read(shop, in: [store])
      #expect(catalogue.points.map(\.manifest) == [manifest])
      let bytes = try await store.read(object(place().prefix + "db/0/schema.dump.age"))
      #expect(bytes == [1, 2, 3] + sampleObjects[0].bytes.map { ~$0 } + [4, 5])
      let sums = String(decoding: try await store.read(object(place().prefix + "SHA256SUMS")), as: UTF8.self)
      #expect(sums.contains("\(SHA256Digest.of(bytes))  db/0/schema.dump.age\n"))
      let reader = PointReader(manifest, in: store, unsealing: Turning())
      for (path, bytes) in sampleObjects { try await #expect(reader.read(path) == bytes) }
    }
  }

  @Test("without a key nothing is opened, and a copy needs none")
  func copied() async throws {
    let (east, west) = (InMemoryStore(name: "east"), InMemoryStore(name: "west"))
    let manifest = try await writePoint(place(), in: east, sealing: Turning())
    let error = await #expect(throws: StoreError.self) { try await PointReader(manifest, in: east).read("db/0/schema.dump") }
    #expect(error?.reason == .sealed && error?.detail.contains("age1test") == true)
    try await copyPoint(manifest, from: east, to: west)
    for info in try await east.listAll(prefix: "") { try await #expect(east.read(info.key) == west.read(info.key)) }
    try await #expect(PointReader(manifest, in: west, unsealing: Turning()).read("db/0/data/000001.copy.zst") == sampleObjects[1].bytes)
  }

  @Test("a failing encryption fails the upload with its reason, and leaves nothing", arguments: [
    (SealingError.Reason.toolMissing, StoreError.Reason.toolMissing), (.timedOut, .timedOut), (.cancelled, .cancelled), (.other, .toolFailed),
  ])
  func failing(_ reason: SealingError.Reason, _ expected: StoreError.Reason) async throws {
    let store = InMemoryStore(name: "east")
    let sealing = Turning(failure: SealingError(reason, "no luck"))
    let error = await #expect(throws: StoreError.self) { try await writePoint(place(), in: store, sealing: sealing) }
    #expect(error?.reason == expected && error?.detail == "no luck" && error?.key?.path == place().prefix + "db/0/schema.dump.age")
    try await #expect(store.listAll(prefix: "") == [])
  }

  @Test("an object that is damaged is called so even where it looks like one for another key")
  func damaged() async throws {
    let store = InMemoryStore(name: "east")
    let manifest = try await writePoint(place(), in: store, sealing: Turning())
    let wrong = Turning(failure: SealingError(.wrongKey, "no identity matched"))
    func reason(_ reading: any ObjectReading) async -> StoreError.Reason? {
      do throws(StoreError) { _ = try await PointReader(manifest, in: reading, unsealing: wrong).read("db/0/data/000001.copy.zst") } catch { return error.reason }
      return nil
    }
    #expect(await reason(store) == .sealed)
    #expect(await reason(FaultyStore(store, FaultyStore.every(.next, on: "000001", .flip(byte: 5)))) == .damaged)
    #expect(await reason(FaultyStore(store, FaultyStore.every(.next, on: "000001", .fail(.unreachable)))) == .unreachable)
  }

  @Test("a store that fails, or stands still, ends the upload when the task is cancelled")
  func cancelled() async throws {
    let full = FaultyStore(InMemoryStore(name: "east"), FaultyStore.noSpace(after: 600_000))
    let error = await #expect(throws: StoreError.self) { try await writePoint(place(), in: full, sealing: Turning()) }
    #expect(error?.reason == .noSpace)
    let upload = try await PointWriter(place(), in: InMemoryStore(name: "east"), sealing: Standing()).upload("x")
    let task = Task {
      try await upload.write([1])
      return try await upload.write([2])
    }
    try await Task.sleep(for: .milliseconds(20))
    task.cancel()
    let stopped = await #expect(throws: StoreError.self) { try await task.value }
    #expect(stopped?.reason == .cancelled)
  }
}

/// Takes nothing.
private struct Standing: ObjectSealing {
  let encryption = PointEncryption(recipients: [])
  func seal(
    from _: @escaping @Sendable () async throws -> [UInt8]?, into _: @escaping @Sendable ([UInt8]) async throws -> Void
  ) async throws { try await Task.sleep(for: .seconds(1_000)) }
}
