import CanonicalJSON
import PlanModel
import ProviderInterface
import Testing
import Units
@testable import Watching

/// What a rule makes of answers: each row a course of events, and the seconds after which the scenario starts.
struct RuleTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var rule: ProbeTrigger
    /// As `Told.answers` reads them, from noon on, every 30 s.
    var answers: String
    var starts: [Double]
    init(_ name: String, _ rule: ProbeTrigger, _ answers: String, _ starts: Double...) {
      testDescription = name; self.rule = rule; self.answers = answers; self.starts = starts
    }
  }

  static let rows: [Row] = [
    Row("all is well", .failing(.minutes(5)), "++++++++++++++++++++++"),
    Row("it fails for as long", .failing(.minutes(5)), "+-------------", 330.1),
    Row("it fails from the first answer on", .failing(.minutes(5)), "-------------", 300.1),
    Row("it stops failing just before", .failing(.minutes(5)), "+---------+++++++++++"),
    Row("a success in minute 3 begins it anew", .failing(.minutes(5)), "+------+-----------------", 540.1),
    Row("no window at all", .failing(.zero), "++--", 60.1),
    Row("one success among ten does not matter", .failures(9, of: 10), "+------+---", 300.1),
    Row("two of them do", .failures(9, of: 10), "+---+--+----"),
    Row("a rule of many may fire before it has seen as many as it looks at", .failures(3, of: 10), "---", 60.1),
    Row("2 of 2", .failures(2, of: 2), "-+-+-+--", 210.1),
    Row("what was seen before a silence says nothing", .failing(.minutes(3)), "+---      ----------", 480.1),
    Row("of many, too", .failures(5, of: 8), "----      --------", 420.1),
    Row("one missing answer is no silence", .failing(.minutes(3)), "+-- -----", 210.1),
    Row("what could not be asked says nothing", .failing(.minutes(3)), "+--???????????????"),
    Row("and does not end a failure", .failing(.minutes(3)), "+--?------", 210.1),
    Row("it is not triggered again before it was well for as long", .failing(.minutes(1)), "+---+---+---+----", 90.1),
    Row("but then it is", .failing(.minutes(1)), "+----+++++----", 90.1, 360.1),
    Row("of many: well is when none of them failed", .failures(2, of: 3), "--+-++-+++--", 30.1, 330.1),
    Row("looked at now and then only", .failing(.minutes(1), evaluate: .seconds(20)), "+------", 100),
    Row("what was over when it was looked at was nothing", .failing(.seconds(45), evaluate: .minutes(2)), "+--+++--"),
  ]

  @Test(arguments: rows)
  func starts(_ row: Row) {
    var told = Told([WatchedScenario(name: "lost", trigger: .probe(row.rule))])
    told.answers(row.answers, from: noon)
    // A run ends at once: it is the rule that is looked at.
    #expect(told.startedAt.first == row.starts.first)
    var again = Told([WatchedScenario(name: "lost", trigger: .probe(row.rule))])
    for (index, letter) in row.answers.enumerated() {
      again.answers(String(letter), from: .after(Int64(index) * 30))
      if let start = again.starts.last, again.machine.underWay != nil { again.say(.runEnded(start.scenario, ours, "is done"), at: again.now) }
    }
    again.pass(to: .after(Int64(row.answers.count) * 30 - 1))
    #expect(again.startedAt == row.starts)
  }

  @Test("places: as many as must agree, and a silent one is none", arguments: [
    ("-----------", "+++++++++++", 1, true), ("-----------", "+++++++++++", 2, false), ("-----------", "-----------", 2, true), ("-----------", "           ", 1, true),
    ("-----------", "           ", 2, false), ("-----------", "???????????", 2, false),
  ])
  func places(_ east: String, _ west: String, _ agreeing: Int, _ starts: Bool) {
    var told = Told([WatchedScenario(name: "lost", trigger: .probe(.failing(.minutes(2), places: ["east", "west"], agreeing: agreeing)))])
    for (index, (one, other)) in zip(east, west).enumerated() {
      told.answers(String(one), from: .after(Int64(index) * 30), place: "east")
      told.answers(String(other), from: .after(Int64(index) * 30) + .milliseconds(10), place: "west")
    }
    #expect(told.starts.count == (starts ? 1 : 0))
    // Nobody asked for the answers of the watch's own place.
    told.answers("----------", from: .after(1_000))
    #expect(told.starts.count == (starts ? 1 : 0))
  }

  @Test("an answer that was overtaken counts where it was asked")
  func overtaken() {
    func answer(_ asked: Int64, _ answered: Int64, _ works: Bool) -> WatchInput {
      .record(.answer(ProbeAnswer(probe: "ready", place: nil, asked: .after(asked), answered: .after(answered), outcome: works ? .works : .fails("x"))))
    }
    var rule = ProbeTrigger.failing(.seconds(20), every: .seconds(5))
    rule.timeout = .seconds(12)
    var told = Told([WatchedScenario(name: "lost", trigger: .probe(rule))])
    told.say(answer(0, 1, true), at: .after(1))
    told.say(answer(10, 11, true), at: .after(11))
    // Asked before that success, so it is old news.
    told.say(answer(5, 17, false), at: .after(17))
    #expect(told.machine.nextLook(after: told.now) == .after(31))
    told.say(answer(15, 27, false), at: .after(27))
    told.say(answer(20, 32, false), at: .after(32))
    told.say(answer(25, 37, false), at: .after(37))
    // A success that was asked in between: the failures asked after it stay.
    told.say(answer(18, 38, true), at: .after(38))
    told.say(answer(30, 42, false), at: .after(42))
    told.say(answer(35, 47, false), at: .after(47))
    told.say(answer(40, 52, false), at: .after(52))
    #expect(told.startedAt == [52])
  }

  @Test("in the pause nothing is triggered again, and at its end what still holds is")
  func coolDown() {
    var told = Told([WatchedScenario(name: "lost", trigger: .probe(.failing(.minutes(1))), coolDown: .minutes(10))])
    told.answers("+---", from: noon)
    #expect(told.startedAt == [90.1])
    told.say(.runEnded("lost", ours, "is done"), at: .after(100))
    told.answers("+++++---------", from: .after(120))
    #expect(told.startedAt == [90.1])
    #expect(told.events.contains { $0.event == .heldBack("lost", until: .after(690) + .milliseconds(100)) })
    told.answers("------", from: .after(540))
    #expect(told.startedAt == [90.1, 690.1])
  }

  @Test("where people decide, they are asked, and nothing is started")
  func asks() {
    var told = Told([WatchedScenario(name: "lost", trigger: .probe(.failing(.minutes(1))), asks: true)])
    told.answers("+------", from: noon)
    #expect(told.starts.isEmpty && told.isTriggered == 1)
    #expect(told.machine.memory("lost")?.incident?.course == .asked)
    told.answers("++++", from: .after(210))
    #expect(told.machine.memory("lost")?.incident?.course == .over)
    told.answers("----", from: .after(330))
    told.say(.foundRun("lost", theirs, who: "sre"), at: .after(440))
    #expect(told.machine.memory("lost")?.incident?.run == theirs && told.machine.memory("lost")?.incident?.isOpen == false)
  }

  @Test("one recovery at a time: what else triggers meanwhile is for people")
  func two() {
    let rule = ProbeTrigger.failing(.minutes(1))
    var told = Told([WatchedScenario(name: "small", trigger: .probe(rule)), WatchedScenario(name: "large", trigger: .probe(rule))])
    told.answers("+-----------", from: noon)
    #expect(told.starts.map(\.scenario) == ["small"] && told.isTriggered == 2)
    #expect(told.machine.memory("large")?.incident?.course == .asked)
    #expect(told.machine.underWay == "small")
  }

  @Test("what is remembered goes on after the end: the failure, the pause, the incident")
  func remembers() throws {
    let scenario = WatchedScenario(name: "lost", trigger: .probe(.failing(.minutes(5))), coolDown: .hours(1))
    func again(_ told: Told) throws -> Told {
      var next = Told([scenario], former: try CanonicalJSON.decode(WatchState.self, from: CanonicalJSON.bytes(told.machine.state)))
      next.now = told.now
      return next
    }
    var told = Told([scenario])
    told.answers("+-----", from: noon)
    told = try again(told)
    told.answers("-----", from: .after(180))
    told = try again(told)
    told.answers("--", from: .after(330))
    #expect(told.startedAt == [330.1])
    told.say(.runNamed("lost", ours), at: told.now)
    told.say(.runBegan("lost", ours), at: told.now)
    told = try again(told)
    #expect(told.machine.underWay == "lost" && told.machine.memory("lost")?.incident?.run == ours)
    told.answers("------------------------", from: .after(390))
    told.say(.runEnded("lost", ours, "is done"), at: told.now)
    told = try again(told)
    told.answers("++++++++++++++---------------", from: .after(1_100))
    #expect(told.starts.isEmpty && told.events.contains { if case .heldBack = $0.event { true } else { false } })
    // With another rule, what was seen says nothing, and what was done was done.
    let other = WatchedScenario(name: "lost", trigger: .probe(.failing(.minutes(1))), coolDown: .hours(1))
    var changed = Told([other], former: told.machine.state)
    changed.now = told.now
    changed.answers("-----", from: told.now + .seconds(1))
    #expect(changed.starts.isEmpty)
  }

  @Test("an alert triggers once, however often it is said, and again when it was over")
  func alerts() {
    func said(_ fingerprint: String, _ fires: Bool) -> WatchInput { .record(.alert(AlertNews(name: "Slow", fingerprint: fingerprint, isFiring: fires, heard: noon))) }
    var told = Told([WatchedScenario(name: "lost", trigger: .alert("Slow"))])
    told.say(.record(.alert(AlertNews(name: "Other", fingerprint: "o", isFiring: true, heard: noon))), at: noon)
    #expect(told.starts.isEmpty)
    for second in 0..<3 { told.say(said("a", true), at: .after(Int64(second))) }
    told.say(said("b", true), at: .after(5))
    told.say(said("a", false), at: .after(6))
    told.say(.runEnded("lost", ours, "is done"), at: .after(7))
    told.say(said("a", true), at: .after(8))
    #expect(told.startedAt == [0])
    told.say(said("a", false), at: .after(9))
    told.say(said("b", false), at: .after(10))
    told.say(said("b", true), at: .after(11))
    #expect(told.startedAt == [0, 11])
  }
}

private let ours = RunID(rawValue: "r")
private let theirs = RunID(rawValue: "by-hand")
