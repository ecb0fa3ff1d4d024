import Objectives
import PlanModel
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

  @Test("one run more that is missed costs an interval more, beside the figure", arguments: [
    ("30m", "", "1h14m"), ("30m", ", misses: 1", "1h44m"), ("30m", ", jitter: 5m", "1h19m"), ("10m", "", "42m"),
  ]) func oneMiss(_ every: String, _ protection: String, _ loss: String) throws {
    var shape = PlanShape()
    shape.every = every
    shape.protection = protection
    let data = try #require(try shape.assess().classes.first)
    #expect(data.lossWithOneMiss == TimeSpan(loss))
  }

  @Test("what no points are restored for knows no misses") func noMisses() throws {
    var shape = PlanShape()
    shape.copy = "[]"
    #expect(try #require(try shape.assess().classes.first).lossWithOneMiss == nil)
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
    let terms = try #require(data.candidates.first { $0.protection.name == "regular" }?.figure.terms)
    #expect(terms.map(\.name) == ["interval", "a run of `orders` `slow`", "dump", "upload", "copy to far"])
    #expect(terms[1].amount == .minutes(12))
  }

  @Test("counts the wait for a place where a run has more steps than places, and is then a bound") func crowded() throws {
    var shape = PlanShape()
    shape.protection = " }\n      slow: { logical: {}, every: 4h, to: [near], timeout: 1h"
    let roomy = try #require(try shape.assess(width: 2).classes.first?.candidates.first { $0.protection.name == "regular" })
    #expect(roomy.figure.total == .minutes(30 + 12 + 9 + 3 + 2))
    let narrow = try #require(try shape.assess(width: 1).classes.first?.candidates.first { $0.protection.name == "regular" })
    #expect(narrow.figure.terms.map(\.name) == ["interval", "a run of `orders` `slow`", "waiting for one of 1 places", "dump", "upload", "copy to far"])
    #expect(narrow.figure.total == .minutes(30 + 12 + 12 + 9 + 3 + 2))
    #expect(narrow.figure.isBound)
    // The next point's moment is that late as well, and everything up to a corruption just before it is lost.
    shape.loses = "corrupts: { data: [orders], noticedWithin: 6h }"
    let corrupted = try #require(try shape.assess(width: 1).classes.first?.candidates.first { $0.protection.name == "regular" })
    #expect(corrupted.figure.terms.map(\.name) == ["interval", "a run of `orders` `slow`", "waiting for one of 1 places", "until it is noticed"])
  }

  @Test("is unbounded where no point from before a corruption is kept until it is repaired") func keptTooShort() throws {
    var shape = PlanShape()
    shape.loses = "corrupts: { data: [orders], noticedWithin: 6h }"
    shape.protection = ", keep: { for: 7h }"
    let data = try #require(try shape.assess().classes.first)
    #expect(data.loss == .unbounded(reason: "no point is kept until it is noticed and repaired"))
    shape.protection = ", keep: { for: 30d }"
    #expect(try shape.assess().classes.first?.loss.total == TimeSpan("6h30m"))
  }

  @Test("is exact for one protection, a bound for several of one class") func bounds() throws {
    var shape = PlanShape()
    #expect(try shape.assess().classes.first?.loss.figure?.isBound == false)
    shape.protection = " }\n      slow: { logical: {}, every: 4h, to: [near], copy: [far], timeout: 1h"
    #expect(try shape.assess().classes.first?.loss.figure?.isBound == true)
  }
}
