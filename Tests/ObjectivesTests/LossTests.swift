import Objectives
import PlanModel
import Scheduling
import Testing
import Units

@Suite("The worst case of periodic backups") struct LossTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var shape: @Sendable (inout PlanShape) -> Void
    var loss: String
    var sum: String
    var testDescription: String { sum }
  }

  static let rows: [Row] = [
    Row(shape: { _ in }, loss: "44m", sum: "30m interval + 9m dump + 3m upload + 2m copy to far"),
    Row(shape: { $0.loses = "loses: { servers: [pg-east] }" }, loss: "42m", sum: "30m interval + 9m dump + 3m upload"),
    Row(shape: { $0.protection = ", jitter: 5m" }, loss: "49m", sum: "30m interval + 5m late start + 9m dump + 3m upload + 2m copy to far"),
    Row(shape: { $0.protection = ", misses: 1" }, loss: "1h14m", sum: "30m interval + 30m 1 missed run + 9m dump + 3m upload + 2m copy to far"),
    Row(shape: { $0.estimate = "size: 120GB, dump: 200MB/s, copy: 2m" }, loss: "42m", sum: "30m interval + 10m dump + 2m copy to far"),
    Row(shape: { $0.estimate = "copy: 2m" }, loss: "52m", sum: "30m interval + 20m backup with all its retries + 2m copy to far"),
    Row(shape: { $0.every = "10m" }, loss: "28m", sum: "14m a run, which outlasts the interval + 9m dump + 3m upload + 2m copy to far"),
    Row(shape: { $0.every = "14m" }, loss: "28m", sum: "14m a run, which outlasts the interval + 9m dump + 3m upload + 2m copy to far"),
    Row(
      shape: { $0.loses = "corrupts: { data: [orders], noticedWithin: 6h }" }, loss: "6h30m", sum: "30m interval + 6h until it is noticed"),
    Row(
      shape: { $0.loses = "corrupts: { data: [orders], noticedWithin: 5m }" }, loss: "42m", sum: "30m interval + 9m dump + 3m upload"),
  ]

  @Test("is the sum of named terms", arguments: rows) func column(_ row: Row) throws {
    var shape = PlanShape()
    row.shape(&shape)
    let data = try #require(try shape.assess().classes.first)
    #expect(data.loss.total == TimeSpan(row.loss))
    #expect(data.loss.figure?.sum == row.sum)
    #expect(data.loss.figure.map { $0.terms.reduce(TimeSpan.zero) { $0 + $1.amount } } == data.loss.total)
  }

  @Test("is unbounded where no store survives") func nothingSurvives() throws {
    var shape = PlanShape()
    shape.copy = "[]"
    let data = try #require(try shape.assess().classes.first)
    #expect(data.loss == .unbounded(reason: "no store that holds its points survives"))
    #expect(data.loss.total == .longest)
  }

  @Test("counts the run of another protection, which holds this one up") func otherRuns() throws {
    var shape = PlanShape()
    shape.protection = " }\n      slow: { logical: {}, every: 4h, to: [near], timeout: 1h"
    let data = try #require(try shape.assess().classes.first)
    let terms = try #require(data.candidates.first { $0.backup.protection.name.value == "regular" }?.figure.terms)
    #expect(terms.map(\.name) == ["interval", "a run of `orders` `slow`", "dump", "upload", "copy to far"])
    #expect(terms[1].amount == .minutes(12))
  }

  @Test("equals what stepping through time finds, on seeded random plans", arguments: 0..<300) func bruteForce(_ seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let every = Int.random(in: 5...60, using: &random)
    let (dump, upload, copy) = (Int.random(in: 1...20, using: &random), Int.random(in: 0...5, using: &random), Int.random(in: 1...10, using: &random))
    let (jitter, misses) = (Int.random(in: 0...5, using: &random), Int.random(in: 0...2, using: &random))
    let regionLost = Bool.random(using: &random)
    var shape = PlanShape()
    shape.every = "\(every)m"
    shape.estimate = "dump: \(dump)m, upload: \(upload)m, copy: \(copy)m"
    shape.protection = ", jitter: \(jitter)m, misses: \(misses)"
    if !regionLost { shape.loses = "loses: { servers: [pg-east] }" }
    let computed = try #require(try shape.assess().classes.first).loss.total
    let model = MinuteModel(every: every, dump: dump + upload, copy: copy, jitter: jitter, misses: misses, tail: regionLost ? copy : 0)
    #expect(computed == .minutes(Int64(model.worstLoss())), "seed \(seed)")
  }
}

/// An independent model: a clock that goes minute by minute, a scheduler that looks whether a run is due and nobody is at work, and a disaster
/// at each instant. Knows nothing of terms or formulas.
struct MinuteModel {
  var every, dump, copy, jitter, misses, tail: Int

  func worstLoss() -> Int {
    var points: [(consistent: Int, available: Int)] = []
    var lastConsistent: Int?
    var busyUntil = 0
    var lookAgainAt = 0
    var isUnlucky = false
    var worst = 0
    for now in 0..<12 * (max(every, dump + copy) * (misses + 1) + jitter) {
      let isDue = lastConsistent.map { now - $0 >= every } ?? true
      if isDue, now >= busyUntil, now >= lookAgainAt {
        if isUnlucky {
          // This time as many runs are missed, and the one that is made comes as late, as the plan allows.
          lookAgainAt = now + misses * max(every, dump + copy) + jitter
          isUnlucky = false
        }
        if now >= lookAgainAt {
          points.append((now, now + dump + tail))
          lastConsistent = now
          busyUntil = now + dump + copy
          isUnlucky = true
        }
      }
      guard now > 0, let usable = points.filter({ $0.available < now }).map(\.consistent).max() else { continue }
      worst = max(worst, now - usable)
    }
    return worst
  }
}
