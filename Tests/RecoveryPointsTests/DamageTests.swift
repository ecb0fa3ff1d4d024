import CanonicalJSON
import ObjectStore
import PlanModel
import RecoveryPoints
import TestSupport
import Testing
import Units

@Suite("Damage is found", .timeLimit(.minutes(10)))
struct DamageTests {
  private let manifestKey = object(place().prefix + "manifest.json")

  /// Some flips mean the same, such as another case of a hexadecimal digit: such a manifest is as good as the one that was written.
  @Test("a flipped bit anywhere in a manifest is refused or changes nothing")
  func manifestFlips() async throws {
    let store = InMemoryStore(name: "east")
    let manifest = try await writePoint(place(), in: store)
    let bytes = try await store.read(manifestKey)
    var refused = 0
    for position in bytes.indices {
      for bit in [UInt8(1), 1 << 5] {
        var flipped = bytes
        flipped[position] ^= bit
        try await store.put(manifestKey, flipped, ifAbsent: false)
        let catalogue = await Catalogue.read(shop, in: [store])
        refused += catalogue.findings.count
        #expect(catalogue.points.allSatisfy { $0.manifest == manifest }, "the flip of bit \(bit) at byte \(position) was taken for true")
        #expect(catalogue.points.count + catalogue.findings.count == 1)
      }
    }
    #expect(refused > bytes.count)
  }

  @Test("a manifest cut anywhere is refused")
  func manifestCuts() async throws {
    let store = InMemoryStore(name: "east")
    try await writePoint(place(), in: store)
    let bytes = try await store.read(manifestKey)
    for length in stride(from: 0, to: bytes.count - 2, by: 7) {
      try await store.put(manifestKey, Array(bytes.prefix(length)), ifAbsent: false)
      let catalogue = await Catalogue.read(shop, in: [store])
      #expect(catalogue.points == [] && catalogue.findings.count == 1)
    }
  }

  @Test("a manifest under another point's name, or of a newer format, is no point")
  func foreignManifest() async throws {
    let store = InMemoryStore(name: "east")
    try await writePoint(place(), in: store)
    let bytes = try await store.read(manifestKey)
    try await store.put(object(place(minutes: 1).prefix + "manifest.json"), bytes, ifAbsent: true)
    let newer = String(decoding: bytes, as: UTF8.self).split(separator: "\"format\" : 1").joined(separator: "\"format\" : 2")
    try await store.put(object(place(minutes: 2).prefix + "manifest.json"), Array(newer.utf8), ifAbsent: true)
    let catalogue = await Catalogue.read(shop, in: [store])
    #expect(catalogue.points.map(\.manifest.place) == [place()])
    #expect(
      catalogue.findings.map(\.kind) == [
        .damaged("the manifest is that of another point"),
        .damaged("the manifest has format 2, written by a newer sie-dr"),
      ])
  }

  @Test(
    "a changed, shortened or lost byte of an object is found by the end of the download",
    arguments: [StoreFault.flip(byte: 0), .flip(byte: 77_777), .truncate, .fail(.notFound)])
  func objectDamage(fault: StoreFault) async throws {
    let store = InMemoryStore(name: "east")
    let manifest = try await writePoint(place(), in: store)
    for chunk in 0...1 {
      let operation: StoreCall.Operation = if case .fail = fault { .open } else { .next }
      let faulty = FaultyStore(store) { $0.operation == operation && ($0.occurrence == chunk || operation == .open) ? fault : nil }
      let error = await #expect(throws: StoreError.self) { try await PointReader(manifest, in: faulty).read("db/0/data/000001.copy.zst") }
      #expect(error?.reason == .damaged)
      #expect(error?.key?.path == place().prefix + "db/0/data/000001.copy.zst")
      #expect(error?.detail.contains("another store") == true)
    }
  }

  @Test("an object that grew is found before its end, one that the manifest does not name is not opened")
  func grown() async throws {
    let store = InMemoryStore(name: "east")
    let manifest = try await writePoint(place(), in: store)
    try await store.put(object(place().prefix + "globals.sql.zst"), [1], ifAbsent: false)
    let error = await #expect(throws: StoreError.self) { try await PointReader(manifest, in: store).read("globals.sql.zst") }
    #expect(error?.reason == .damaged)
    await #expect(throws: StoreError.self) { try await PointReader(manifest, in: store).read("manifest.json") }
  }

  @Test("an object that the store confirmed and lost is found when the point is read")
  func lost() async throws {
    let store = InMemoryStore(name: "east")
    let forgetful = FaultyStore(store, FaultyStore.every(.finish, on: "schema.dump", .lose))
    let manifest = try await writePoint(place(), in: forgetful)
    let error = await #expect(throws: StoreError.self) { try await readWhole(manifest, in: store) }
    #expect(error?.reason == .damaged && error?.key?.path.hasSuffix("schema.dump") == true)
  }
}
