import ObjectStore
import RecoveryPoints
import TestSupport
import Testing
import Units

@Suite("A person's word on a point", .timeLimit(.minutes(5)))
struct NoteTests {
  @Test("a hold is put beside the point once, is listed, and can be taken away twice", arguments: StoreKind.allCases)
  func hold(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await writePoint(place(), in: store)
      try await #expect(note.put(.hold, beside: place(), in: store))
      let later = PointNote(who: "bob", host: "bastion", at: noon + .hours(1), reason: "me too")
      try await #expect(!later.put(.hold, beside: place(), in: store))
      await #expect(Catalogue.read(shop, in: [store]).points.first?.hold == note)
      try await #expect(!expirePoint(place(), in: store))
      for _ in 0..<2 { try await PointNote.remove(.hold, from: place(), in: store) }
      await #expect(Catalogue.read(shop, in: [store]).points.map(\.hold) == [nil])
      try await #expect(expirePoint(place(), in: store))
      try await #expect(store.listAll(prefix: "").isEmpty)
    }
  }

  @Test("a suspect point is the latest once a person has accepted it, in whichever store", arguments: StoreKind.allCases)
  func acceptance(kind: StoreKind) async throws {
    try await kind.withStore { east in
      let west = InMemoryStore(name: "west")
      try await writePoint(place(), in: east)
      let suspect = try await writePoint(place(minutes: 1), in: east, sigma: noon + .minutes(1), suspect: "holds no rows")
      try await copyPoint(suspect, from: east, to: west)
      await #expect(Catalogue.read(shop, in: [east, west]).latest?.manifest.place == place())
      _ = try await note.put(.acceptance, beside: place(minutes: 1), in: west)
      await #expect(Catalogue.read(shop, in: [east, west]).latest?.manifest == suspect)
      await #expect(Catalogue.read(shop, in: [east]).latest?.manifest.place == place())
    }
  }

  @Test("a copy takes what people have said along")
  func copied() async throws {
    let (east, west) = (InMemoryStore(name: "east"), InMemoryStore(name: "west"))
    let manifest = try await writePoint(place(), in: east, suspect: "holds no rows")
    for kind in PointNote.Kind.allCases { _ = try await note.put(kind, beside: place(), in: east) }
    try await copyPoint(manifest, from: east, to: west)
    let point = await Catalogue.read(shop, in: [west]).points.first
    #expect(point?.hold == note && point?.acceptance == note && point?.isUsable == true)
  }

  @Test("a note that cannot be read holds the point, and accepts none", arguments: ["", "{}", "[1]", "not JSON", String(repeating: " ", count: 2 << 20)])
  func unreadable(text: String) async throws {
    let store = InMemoryStore(name: "east")
    try await writePoint(place(), in: store, suspect: "holds no rows")
    for kind in PointNote.Kind.allCases { try await store.put(object(place().prefix + kind.path), Array(text.utf8), ifAbsent: true) }
    let point = try #require(await Catalogue.read(shop, in: [store]).points.first)
    #expect(point.hold != nil && point.acceptance == nil && !point.isUsable)
  }
}
