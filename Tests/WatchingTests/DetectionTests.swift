import Diagnostics
@testable import Objectives
import PlanModel
import Testing
import Units
@testable import Watching
import YAMLReading

/// What `lint` computes and what a watch does are one rule: over seeded courses of answers it never triggers later than was computed.
struct DetectionTests {
  struct Course: Sendable, CustomTestStringConvertible {
    var detect: String
    var every: Int64
    var timeout: Int64
    var places: [SiteName?]
    /// Those that the disaster takes.
    var lost: Int
    var testDescription: String { "\(detect), every \(every)s, timeout \(timeout)s" }
  }

  static let courses: [Course] = [
    Course(detect: "failing: 5m", every: 30, timeout: 10, places: [nil], lost: 0),
    Course(detect: "failing: 5m", every: 45, timeout: 5, places: [nil], lost: 0),
    Course(detect: "failing: 7s", every: 60, timeout: 30, places: [nil], lost: 0),
    Course(detect: "failing: 0s", every: 10, timeout: 2, places: [nil], lost: 0),
    Course(detect: "failing: 5m, evaluate: 30s", every: 30, timeout: 10, places: [nil], lost: 0),
    Course(detect: "failing: 1m, evaluate: 47s", every: 20, timeout: 15, places: [nil], lost: 0),
    // Answers overtake each other.
    Course(detect: "failing: 1m", every: 5, timeout: 20, places: [nil], lost: 0),
    Course(detect: "failures: { atLeast: 9, of: 10 }", every: 30, timeout: 10, places: [nil], lost: 0),
    Course(detect: "failures: { atLeast: 3, of: 20 }", every: 7, timeout: 30, places: [nil], lost: 0),
    Course(detect: "failures: { atLeast: 5, of: 5 }, evaluate: 13s", every: 20, timeout: 20, places: [nil], lost: 0),
    Course(detect: "failures: { atLeast: 18, of: 20 }, from: [a, b, c], agreeing: 2", every: 15, timeout: 5, places: ["a", "b", "c"], lost: 1),
    Course(detect: "failing: 3m, from: [a, b, c], agreeing: 2", every: 30, timeout: 9, places: ["a", "b", "c"], lost: 1),
    Course(detect: "failing: 3m, from: [a, b, c], agreeing: 3, evaluate: 10s", every: 30, timeout: 9, places: ["a", "b", "c"], lost: 0),
  ]

  @Test(arguments: courses)
  func neverLater(_ course: Course) throws {
    let text = """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: p }
      sites: { a: {}, b: {}, c: {} }
      probes: { ready: { tcp: { host: h, port: 1 }, every: \(course.every)s, timeout: \(course.timeout)s } }
      scenarios:
        lost: { loses: { sites: [] }, detect: { probe: ready, \(course.detect) }, steps: {} }
      """
    let (document, _) = readYAML(SourceFile(path: "p.yaml", bytes: Array(text.utf8)))
    let plan = try #require(readPlan(document).plan)
    let detection = try #require(plan.scenarios.first?.detection)
    let computed = Figure(detection.terms(in: plan)).total
    let scenarios = WatchedScenario.all(in: plan, here: nil)
    #expect(scenarios.count == 1)
    var worst = TimeSpan.zero
    for seed in 0..<300 {
      var random = Seeded(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1)
      // Half of them at the worst phase and as slow as may be: figures that are never reached would be too large.
      let isHarsh = seed % 2 == 0
      let measured = try #require(Self.measure(course, scenarios, isHarsh: isHarsh, &random), "never triggered, seed \(seed)")
      #expect(measured <= computed, "seed \(seed)")
      worst = max(worst, measured)
    }
    #expect(worst.milliseconds * 100 >= computed.milliseconds * 85, "computed \(computed), and never more than \(worst)")
  }

  /// From the disaster to the start.
  private static func measure(_ course: Course, _ scenarios: [WatchedScenario], isHarsh: Bool, _ random: inout Seeded) -> TimeSpan? {
    let (every, timeout) = (course.every * 1_000, course.timeout * 1_000)
    let disaster = noon.milliseconds + Int64.random(in: 0..<100_000, using: &random)
    var records: [(at: Int64, answer: ProbeAnswer)] = []
    for (index, place) in course.places.enumerated() {
      // Just before the disaster, or anywhere.
      let phase = isHarsh ? disaster - 1 - Int64.random(in: 0..<50, using: &random) : noon.milliseconds + Int64.random(in: 0..<every, using: &random)
      var asked = phase - 30 * every
      while asked < disaster + 100 * every + 3_600_000 {
        defer { asked += every }
        let isAfter = asked >= disaster
        if isAfter, index < course.lost { continue }
        // What is on its way when the disaster strikes may come back well.
        let works = !isAfter
        let took = isAfter && isHarsh ? timeout : Int64.random(in: 1...timeout, using: &random)
        let answered = asked + took
        records.append((answered, ProbeAnswer(
          probe: "ready", place: place, asked: Timestamp(milliseconds: asked), answered: Timestamp(milliseconds: answered), outcome: works ? .works : .fails("x"))))
      }
    }
    records.sort { ($0.at, $0.answer.asked) < ($1.at, $1.answer.asked) }
    var told = Told(scenarios)
    told.now = records[0].answer.asked
    for record in records {
      told.say(.record(.answer(record.answer)), at: record.answer.answered)
      if let start = told.starts.first { return start.at - Timestamp(milliseconds: disaster) }
    }
    return nil
  }
}

/// A generator with a seed, so that what fails can be run again.
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
