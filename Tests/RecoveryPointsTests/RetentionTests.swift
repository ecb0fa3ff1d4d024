import ObjectStore
import PlanModel
import RecoveryPoints
import Testing
import Units

@Suite("Retention")
struct RetentionTests {
  /// Points by age in days, newest first; `?` marks a suspect one, `!` one that somebody holds. Expected: the ages that expire.
  private static let columns: [(points: [String], keepFor: Int64, atLeast: Int, expires: [String])] = [
    ([], 7, 3, []),
    (["1", "2", "3"], 7, 1, []),
    (["1", "2", "8", "9"], 7, 1, ["8", "9"]),
    (["1", "2", "8", "9"], 7, 3, ["9"]),
    (["8", "9", "10"], 7, 1, ["9", "10"]),
    (["8", "9", "10"], 7, 0, ["9", "10"]),  // The newest good one never goes.
    (["8", "9", "10"], 7, 5, []),
    (["1?", "8", "9"], 7, 1, ["9"]),  // A suspect one is no reason to let the last good one go.
    (["1?", "2?", "8"], 7, 1, []),
    (["1?", "2?", "8", "9", "10"], 7, 2, ["10"]),
    (["1", "8?", "9"], 7, 1, ["8?", "9"]),
    (["7"], 7, 1, []),
    (["1", "7"], 7, 1, ["7"]),  // At the limit the time is over.
    (["-1", "8", "9"], 7, 1, ["8", "9"]),
    (["1", "8!", "9", "10!"], 7, 1, ["9"]),
    (["8!", "9", "10"], 7, 1, ["9", "10"]),  // A hold takes the place of no rule.
    (["8?", "9", "10"], 7, 1, ["10"]),  // It may be the truth, and waits for a person's word.
    (["8?", "9?"], 7, 1, []),
    (["8?!", "9", "10?!"], 7, 1, []),
  ]

  @Test("what expires, by age, number and suspicion", arguments: columns.indices)
  func column(index: Int) throws {
    let (points, keepFor, atLeast, expires) = Self.columns[index]
    let retained = try points.map { text in
      let day = try #require(Int64(text.filter { $0 != "?" && $0 != "!" }))
      return RetainedPoint(
        id: PointID(started: noon - .days(day), mark: text), consistentAt: noon - .days(day), isGood: !text.contains("?"),
        hold: text.contains("!") ? note : nil)
    }
    for input in [retained, retained.reversed()] {
      let decisions = retentionDecisions(input, keepFor: .days(keepFor), atLeast: atLeast, now: noon)
      #expect(decisions.map(\.point) == retained)
      let expired = zip(points, decisions).filter(\.1.decision.expires).map(\.0)
      #expect(expired == expires)
      // While a store that may know more is silent, nothing goes.
      let blind = retentionDecisions(input, keepFor: .days(keepFor), atLeast: atLeast, heldBack: .unreachable(store: "west"), now: noon)
      #expect(blind.allSatisfy { !$0.decision.expires })
    }
  }

  @Test("each decision says why")
  func reasons() {
    func point(_ day: Int64, good: Bool = true, hold: PointNote? = nil) -> RetainedPoint {
      RetainedPoint(id: PointID(started: noon - .days(day), mark: "m"), consistentAt: noon - .days(day), isGood: good, hold: hold)
    }
    let points = [point(-1, good: false), point(1, good: false), point(8, good: false), point(9), point(10), point(11, hold: note), point(12), point(13, good: false)]
    func decisions(heldBack: RetentionDecision.Reason? = nil) -> [RetentionDecision] {
      retentionDecisions(points, keepFor: .days(7), atLeast: 2, heldBack: heldBack, now: noon).map(\.decision)
    }
    let kept: [RetentionDecision] = [
      .keep(.fromTheFuture), .keep(.younger(than: .days(7))), .keep(.awaitsJudgement), .keep(.newestGood), .keep(.amongLastGood(2)), .keep(.held(note)),
    ]
    #expect(decisions() == kept + [.expire(age: .days(12)), .expire(age: .days(13))])
    #expect(decisions(heldBack: .unreachable(store: "west")) == kept + [.keep(.unreachable(store: "west")), .keep(.unreachable(store: "west"))])
  }

  @Test("each protection's points are judged by themselves")
  func protections() async throws {
    let store = InMemoryStore(name: "east")
    for (day, protection) in [(1, "daily"), (8, "hourly"), (9, "hourly"), (10, "daily")] as [(Int64, ProtectionName)] {
      try await writePoint(place(minutes: -day * 1_440), in: store, sigma: noon - .days(day), protection: protection)
    }
    let catalogue = await Catalogue.read(shop, in: [store])
    func expired(_ protection: ProtectionName?) -> [Timestamp] {
      catalogue.retention(of: protection, in: "east", keepFor: .days(7), atLeast: 1, now: noon).filter(\.decision.expires).map(\.point.manifest.consistentAt)
    }
    #expect(expired("hourly") == [noon - .days(9)])
    #expect(expired("daily") == [noon - .days(10)])
    #expect(expired(nil) == [noon - .days(8), noon - .days(9), noon - .days(10)])
  }

  @Test(
    "a point with far less than the last good one is suspect",
    arguments: [
      // Rows and megabytes of the last good point, rows and megabytes now, the share in percent.
      (1_000, 100, 100, 10, 10, false), (1_000, 100, 99, 100, 10, true), (1_000, 100, 1_000, 9, 10, true), (1_000, 100, 5_000, 500, 10, false),
      (1_000, 100, 499, 100, 50, true), (1_000, 100, 501, 51, 50, false), (3, 0, 0, 0, 10, true), (0, 0, 0, 0, 10, false),
      (99, 0, 2, 0, 10, false),  // So little says nothing, unless all of it is gone.
      (1_000, 100, 0, 0, 0, false),  // Asked never to be suspicious.
      (0, 100, 0, 2, 10, true),  // Large objects alone.
      (900_000_000_000_000_000, 0, 80_000_000_000_000_000, 0, 10, true),
    ] as [(Int64, Int64, Int64, Int64, Int, Bool)])
  func suspects(lastRows: Int64, lastSize: Int64, rows: Int64, size: Int64, below: Int, isSuspect: Bool) async throws {
    let last = try await writePoint(place(), in: InMemoryStore(name: "east"), rows: lastRows, raw: ByteCount(bytes: lastSize * 1_000_000))
    let raw = ByteCount(bytes: size * 1_000_000)
    #expect((suspicion(rows: rows, rawBytes: raw, after: last, below: below) != nil) == isSuspect)
    #expect(suspicion(rows: rows, rawBytes: raw, after: nil, below: below) == nil)
  }
}

@Suite("The id of a point")
struct PointIDTests {
  @Test("sorts by time, is read back, and tells who made it")
  func ids() {
    let ids = (0..<50).map { PointID(started: noon + .minutes(Int64($0)), mark: "run.step.\($0)") }
    #expect(ids.sorted() == ids)
    for (index, id) in ids.enumerated() {
      #expect(PointID(id.text) == id)
      #expect(id.wasMade(by: "run.step.\(index)") && !id.wasMade(by: "run.step.x"))
    }
  }

  @Test("other texts are none", arguments: ["", "x", "20261124T120000Z", "20261124T120000Z-", "20261124T120000Z-ABCDEF", "20261124T120000Z-abcde/", "../../../../../..-abcdef"])
  func notAnID(text: String) { #expect(PointID(text) == nil) }
}
