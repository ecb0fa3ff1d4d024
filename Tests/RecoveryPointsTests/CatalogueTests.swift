import CanonicalJSON
import ObjectStore
import PlanModel
import RecoveryPoints
import TestSupport
import Testing
import Units

@Suite("The catalogue", .timeLimit(.minutes(10)))
struct CatalogueTests {
  @Test("lists the newest point first; the latest usable one is not suspect")
  func order() async throws {
    let store = InMemoryStore(name: "east")
    for minute in [2, 0, 3, 1] as [Int64] {
      try await writePoint(place(minutes: minute), in: store, sigma: noon + .minutes(minute), suspect: minute == 3 ? "far too small" : nil)
    }
    let catalogue = await Catalogue.read(shop, in: [store])
    #expect(catalogue.points.map(\.manifest.place) == [3, 2, 1, 0].map { place(minutes: $0) })
    #expect(catalogue.latest?.manifest.place == place(minutes: 2))
    #expect(catalogue.point(place(minutes: 1).id.text)?.stores == ["east"])
    await #expect(Catalogue.read("other", in: [store]).points == [])
  }

  @Test("the same point in two stores is one point with two copies; an unreachable store is a value")
  func stores() async throws {
    let (east, west) = (InMemoryStore(name: "east"), InMemoryStore(name: "west"))
    let first = try await writePoint(place(), in: east)
    try await copyPoint(first, from: east, to: west)
    let second = try await writePoint(place(minutes: 1), in: west, sigma: noon + .minutes(1))
    let gone = FaultyStore(InMemoryStore(name: "gone"), FaultyStore.every(.list, .fail(.unreachable)))
    let catalogue = await Catalogue.read(shop, in: [gone, east, west])
    #expect(catalogue.points.map(\.manifest) == [second, first])
    #expect(catalogue.points.map(\.stores) == [["west"], ["east", "west"]])
    #expect(catalogue.unreachable.map(\.store) == ["gone"])
  }

  @Test("two stores that disagree about a point are found out")
  func disagreement() async throws {
    let (east, west) = (InMemoryStore(name: "east"), InMemoryStore(name: "west"))
    let first = try await writePoint(place(), in: east)
    try await writePoint(place(), in: west, note: "another")
    let catalogue = await Catalogue.read(shop, in: [east, west])
    #expect(catalogue.points.map(\.manifest) == [first] && catalogue.points.map(\.stores) == [["east"]])
    #expect(catalogue.findings.map(\.store) == ["west"])
  }

  @Test("garbage beside the points neither hides one nor holds the search up", arguments: StoreKind.allCases)
  func garbage(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let manifest = try await writePoint(place(minutes: 1), in: store)
      try await store.put(object(place().prefix + "db/0/data/000001.copy.zst"), [1], ifAbsent: true)
      let stray = [
        "README", "\u{301}x/1", "zzz/deep/er", "20261124T120000Z-/x", "20261124T120000Z-UPPER1/x", place(minutes: 1).id.text + "0",
        place(minutes: 1).id.text + "-/x", "\u{10FFFF}/x", "é/x", (0..<3).map { _ in String(repeating: "n", count: 250) }.joined(separator: "/"),
      ]
      for path in stray { try await store.put(object("shop/" + path), [2], ifAbsent: true) }
      for path in ["shop-2/x", "sho/x", "shop0"] { try await store.put(object(path), [3], ifAbsent: true) }
      let catalogue = await Catalogue.read(shop, in: [store])
      #expect(catalogue.points.map(\.manifest) == [manifest])
      #expect(catalogue.findings.map(\.place) == [place()] && catalogue.findings.map(\.kind) == [.unfinished])
    }
  }

  @Test("a store's longest names do not hold the search up")
  func longNames() async throws {
    let store = InMemoryStore(name: "east")
    let manifest = try await writePoint(place(), in: store)
    try await store.put(object("shop/" + String(repeating: "x", count: 893) + "/y"), [1], ifAbsent: true)
    await #expect(Catalogue.read(shop, in: [store]).points.map(\.manifest) == [manifest])
  }

  @Test("what a dead attempt left is found by its mark; points and other attempts' remains are not touched")
  func unfinished() async throws {
    let store = InMemoryStore(name: "east")
    try await writePoint(place(), in: store)
    let (dead, other) = (place(minutes: 1), place(minutes: 1, mark: "run.backup.2"))
    for left in [dead, other] { _ = try await PointWriter(left, in: store).put("globals.sql.zst", [1]) }
    try await #expect(Catalogue.leftOver(shop, by: ["run.backup.1"], in: store).unfinished == [dead])
    try await #expect(Catalogue.leftOver(shop, by: ["run.backup.1", "run.backup.2"], in: store).unfinished.count == 2)
    try await #expect(Catalogue.leftOver(shop, by: [], in: store).unfinished == [])
  }

  @Test("an attempt that died while it wrote its first object is found by what it left open, and cleared away", arguments: StoreKind.allCases)
  func firstObject(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let (dead, other) = (place(minutes: 1), place(minutes: 1, mark: "run.backup.2"))
      let left = try await PointWriter(dead, in: store).upload("roles.json.zst")
      let living = try await PointWriter(other, in: store).upload("db/0/50% off.copy.zst")
      try await #expect(Catalogue.leftOver(shop, by: ["run.backup.1"], in: store).unfinished == [dead])
      try await PointWriter(dead, in: store).discard()
      try await #expect(store.openUploads(prefix: "shop/").map(\.path) == [other.prefix + "db/0/50% off.copy.zst"])
      try await #expect(Catalogue.leftOver(shop, by: ["run.backup.1"], in: store).unfinished == [])
      await left.abort()
      await living.abort()
      try await #expect(store.openUploads(prefix: "") == [])
    }
  }

  @Test("what was given up and could not be aborted is found once its point is published; a backup under way is left alone", arguments: StoreKind.allCases)
  func abandoned(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let (published, underWay) = (place(minutes: 1), place(minutes: 2, mark: "run.backup.2"))
      let left = try await PointWriter(published, in: store).upload("db/0/data/000009.copy.zst")
      let living = try await PointWriter(underWay, in: store).upload("db/0/data/000001.copy.zst")
      try await #expect(Catalogue.leftOver(shop, by: [], in: store).uploadsOf == [])
      try await writePoint(published, in: store)
      try await #expect(Catalogue.leftOver(shop, by: [], in: store).uploadsOf == [published])
      try await store.discardUploads(prefix: published.prefix)
      try await #expect(Catalogue.leftOver(shop, by: [], in: store).uploadsOf == [])
      await left.abort()
      _ = try await living.finish()
    }
  }

  @Test("a thousand points are read a few at once, in order, and are found in a few lists")
  func thousand() async throws {
    let store = InMemoryStore(name: "east")
    var places: [PointPlace] = []
    for minute in 0..<1_000 {
      let place = place(minutes: Int64(minute))
      let writer = PointWriter(place, in: store)
      // Folders of many sizes: some fill a page of the list, and some end where a page does.
      let objects = try await (0..<(minute % 97 == 0 ? 1_100 : minute % 11)).asyncMap { try await writer.put("db/0/\($0)", []) }
      let manifest = try PointManifest(
        id: place.id, dataClass: place.dataClass, protection: "p", method: "logical", sigma: noon + .minutes(Int64(minute)), started: noon, available: noon,
        plan: "sie", planDigest: "d", mark: "m", toolVersion: "1", objects: objects, rawBytes: .zero, rows: 0, suspect: nil, content: [:])
      try await writer.publish(manifest, instructions: "")
      if minute % 3 == 0 { #expect(try await note.put(.hold, beside: place, in: store)) }
      if minute % 5 == 0 { #expect(try await note.put(.acceptance, beside: place, in: store)) }
      places.append(place)
    }
    let slow = FaultyStore(store) { $0.operation == .open ? .delay(.milliseconds(20)) : nil }
    let catalogue = await Catalogue.read(shop, in: [slow])
    #expect(catalogue.points.map(\.manifest.place) == places.reversed())
    #expect(catalogue.points.filter { $0.hold != nil }.count == 334 && catalogue.points.filter { $0.acceptance != nil }.count == 200)
    #expect(catalogue.findings == [] && catalogue.unreachable == [])
    #expect(await slow.mostDelayed == 8)
    let calls = await slow.calls
    #expect(calls.filter { $0.operation == .list }.count < 60)
    #expect(calls.filter { $0.operation == .open }.count == 1_000 + 334 + 200)
  }

  @Test("a store that fails in the middle is not asked for the rest")
  func fails() async throws {
    let store = InMemoryStore(name: "east")
    for minute in 0..<40 { try await writePoint(place(minutes: Int64(minute)), in: store) }
    let failing = FaultyStore(store) { $0.operation == .open && $0.occurrence >= 20 ? .fail(.unreachable) : nil }
    let catalogue = await Catalogue.read(shop, in: [failing])
    #expect(catalogue.unreachable.map(\.reason) == [.unreachable] && catalogue.points.count < 21)
    #expect(await failing.calls.filter { $0.operation == .open }.count < 30)
  }
}

extension Range<Int> {
  fileprivate func asyncMap<Value>(_ body: (Int) async throws -> Value) async rethrows -> [Value] {
    var values: [Value] = []
    for number in self { values.append(try await body(number)) }
    return values
  }
}
