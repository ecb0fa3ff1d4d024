import RecoveryPoints
import Testing
import Units

@Suite("Retention")
struct RetentionTests {
  /// Points by age in days, newest first; `?` marks a suspect one. Expected: the ages that expire.
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
  ]

  @Test("what expires, by age, number and suspicion", arguments: columns.indices)
  func column(index: Int) throws {
    let (points, keepFor, atLeast, expires) = Self.columns[index]
    let retained = try points.map { text in
      let day = try #require(Int64(text.filter { $0 != "?" }))
      return RetainedPoint(id: PointID(started: noon - .days(day), mark: text), consistentAt: noon - .days(day), isGood: !text.contains("?"))
    }
    for input in [retained, retained.reversed()] {
      let decisions = retentionDecisions(input, keepFor: .days(keepFor), atLeast: atLeast, now: noon)
      #expect(decisions.map(\.point) == retained)
      let expired = zip(points, decisions).filter { if case .expire = $1.decision { true } else { false } }.map(\.0)
      #expect(expired == expires)
    }
  }

  @Test("each decision says why")
  func reasons() {
    let points = [-1, 1, 8, 9].map { day in
      RetainedPoint(id: PointID(started: noon - .days(day), mark: "m"), consistentAt: noon - .days(day), isGood: true)
    }
    #expect(
      retentionDecisions(points, keepFor: .days(7), atLeast: 3, now: noon).map(\.decision) == [
        .keep(.fromTheFuture), .keep(.younger(than: .days(7))), .keep(.amongLastGood(3)), .expire(age: .days(9)),
      ])
  }

  @Test(
    "a point a tenth the size of the last good one is suspect",
    arguments: [
      (100_000_000, 1_000_000_000, true), (100_000_001, 1_000_000_000, false), (0, 1_000_000_000, true), (2_000_000_000, 1_000_000_000, false),
      (0, 1_000, false),  // So little says nothing.
    ] as [(Int64, Int64, Bool)])
  func suspects(raw: Int64, last: Int64, isSuspect: Bool) {
    #expect((suspicion(rawBytes: ByteCount(bytes: raw), lastGood: ByteCount(bytes: last)) != nil) == isSuspect)
    #expect(suspicion(rawBytes: ByteCount(bytes: raw), lastGood: nil) == nil)
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
