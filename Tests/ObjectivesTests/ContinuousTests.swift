import Objectives
import PlanModel
import Testing
import Units

@Suite("The worst case of WAL archives and replicas") struct ContinuousTests {
  private func assess(_ protect: String, loses: String = "loses: { sites: [east] }", estimate: String = "base: 40m, wal: 5s, size: 120GB") throws -> ClassAssessment {
    var shape = PlanShape()
    (shape.protect, shape.loses, shape.estimate, shape.on) = (protect, loses, estimate, "[pg-east, pg-west]")
    return try #require(try shape.assess().classes.first)
  }

  static let rows: [(protect: String, loses: String, sum: String)] = [
    ("a: { wal: { base: 1d, timeout: 60s }, to: [near, far] }", "loses: { sites: [east] }", "1m archive time-out + 5s WAL upload"),
    (
      "a: { wal: { base: 1d, timeout: 60s, jitter: 5m, misses: 1, break: true }, to: [far] }", "loses: { sites: [east] }",
      "1d base interval + 1d 1 missed base backup + 5m late start + 40m base backup + 5s WAL upload"
    ),
    (
      "a: { wal: { base: 30m, timeout: 60s, break: true }, to: [far] }", "loses: { sites: [east] }",
      "40m a base backup, which outlasts the interval + 40m base backup + 5s WAL upload"
    ),
    ("a: { wal: { base: 1d, timeout: 60s }, to: [near] }", "corrupts: { data: [orders], noticedWithin: 6h }", "6h until it is noticed"),
    ("a: { wal: { base: 1d, timeout: 60s }, to: [near] }", "corrupts: { data: [orders], noticedWithin: 30s }", "1m archive time-out + 5s WAL upload"),
    (
      "a: { wal: { base: 1d, timeout: 60s, break: true }, to: [near] }", "corrupts: { data: [orders], noticedWithin: 6h }",
      "1d base interval + 40m base backup + 6h until it is noticed"
    ),
    ("r: { replica: { server: pg-west, maxLag: 30s } }", "loses: { sites: [east] }", "30s replication lag"),
  ]

  @Test("is the sum of named terms", arguments: rows) func sum(_ row: (protect: String, loses: String, sum: String)) throws {
    let figure = try #require(try assess(row.protect, loses: row.loses).loss.figure)
    #expect(figure.sum == row.sum)
    #expect(!figure.isBound)
  }

  @Test("counts with the default time-out where nothing is estimated, and is a bound where base backups come sooner than the time-out") func doubts() throws {
    let unsaid = try #require(try assess("a: { wal: { base: 1d, timeout: 60s }, to: [far] }", estimate: "size: 1GB").loss.figure)
    #expect(unsaid.sum == "1m archive time-out + 1h WAL upload" && unsaid.sources(in: "plan.yaml") == "default time-out")
    #expect(try assess("a: { wal: { base: 1h, timeout: 30m }, to: [far] }").loss.figure?.isBound == true)
  }

  @Test("is unbounded where nothing survives, and of a replica where the data is corrupted", arguments: [
    ("a: { wal: { base: 1d, timeout: 60s }, to: [near] }", "loses: { sites: [east] }", "no store that holds its points survives"),
    ("r: { replica: { server: pg-east, maxLag: 30s } }", "loses: { sites: [east] }", "no replica of it survives"),
    ("r: { replica: { server: pg-west, maxLag: 30s } }", "corrupts: { data: [orders], noticedWithin: 6h }", "only replicas protect it, and the corruption has reached them"),
    (
      "a: { wal: { base: 1d, timeout: 60s }, to: [near], keep: { for: 7h } }", "corrupts: { data: [orders], noticedWithin: 6h }",
      "no point is kept until it is noticed and repaired"
    ),
  ]) func unbounded(_ protect: String, _ loses: String, _ reason: String) throws {
    #expect(try assess(protect, loses: loses).loss == .unbounded(reason: reason))
  }

  @Test("takes the protection that loses least of those that help") func best() throws {
    let all = "r: { replica: { server: pg-west, maxLag: 30s } }\n      a: { wal: { base: 1d, timeout: 60s }, to: [near, far] }"
    #expect(try assess(all).candidates.map(\.title) == ["`r` from pg-west", "`a` from far"])
    #expect(try assess(all, loses: "corrupts: { data: [orders], noticedWithin: 6h }").candidates.map(\.title) == ["`a` from near", "`a` from far"])
  }

  @Test("is told as a course of events", arguments: [
    (
      "a: { wal: { base: 1d, timeout: 2h }, to: [far] }", "loses: { sites: [east] }",
      [
        "-2h5s  a WAL segment is closed; what is committed from here on is in the next one", "  -2h  it is in `far`", "  -5s  `archive_timeout` closes the next segment",
        "   0s  the disaster, an instant before that WAL has arrived", "   0s  restored from `far`: the point of 2h 1m ago; 1h 1m more is lost than the target allows",
      ]
    ),
    (
      "a: { wal: { base: 1d, timeout: 60s, jitter: 5m, break: true }, to: [far] }", "loses: { sites: [east] }",
      [
        "-1d45m5s  a base backup starts, and the WAL segment that begins here is lost: nothing after it can be restored",
        "  -40m5s  the next base backup starts, 5m late", "     -5s  it ends; it needs the WAL up to here",
        "      0s  the disaster, an instant before that WAL has arrived",
        "      0s  restored from `far`: the point of 1d 1h ago; 23h 46m more is lost than the target allows",
      ]
    ),
    (
      "a: { wal: { base: 1d, timeout: 60s }, to: [far] }", "corrupts: { data: [orders], noticedWithin: 6h }",
      [
        "-6h  the data is corrupted; the WAL up to this moment comes to `far`", " 0s  the corruption is noticed",
        " 0s  restored from `far`: the point of 6h ago; 5h more is lost than the target allows",
      ]
    ),
    (
      "r: { replica: { server: pg-west, maxLag: 2h } }", "loses: { sites: [east] }",
      [
        "-2h  `pg-west` has received everything up to here, and is as late as it may be", " 0s  the disaster",
        " 0s  restored from `pg-west`: the point of 2h ago; 1h more is lost than the target allows",
      ]
    ),
  ]) func course(_ protect: String, _ loses: String, _ lines: [String]) throws {
    #expect(try assess(protect, loses: loses).counterexample?.lines == lines)
  }
}
