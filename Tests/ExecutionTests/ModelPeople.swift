import CanonicalJSON
import ChangePlanning
import ExecutionCore
import Journaling
import PlanModel
import ProviderInterface
import Scheduling
import TestSupport
import Units

/// People who are asked: some answer late or never, some twice, some are none of those who may. After three rounds all answer in time.
struct ModelPeople {
  /// Nobody is asked anything if there is no chance.
  var random: SplitMix64?
  /// Whether somebody keeps what is on trial.
  var commits = false
  private var rounds = 0
  private var words = 0

  init(seed: String? = nil, commits: Bool = false) {
    random = seed.map { SplitMix64(seed: $0) }
    self.commits = commits
  }

  /// What they will say because of this record, and when.
  mutating func react(to entry: Entry, _ changeset: Changeset, _ unsaid: inout [String: (at: Timestamp, spoken: Spoken)]) -> [(String, Timestamp)] {
    guard var random else { return [] }
    defer { self.random = random }
    func minutes(_ range: ClosedRange<Int64>) -> TimeSpan { .seconds(Int64.random(in: (range.lowerBound * 60)...(range.upperBound * 60), using: &random)) }
    var said: [(String, Timestamp)] = []
    func say(_ order: Word.Order, _ signature: Spoken.Signature?, after delay: TimeSpan) {
      words += 1
      let (id, at) = ("word-\(words)", entry.at + delay)
      unsaid[id] = (at, Spoken(Word(id: id, by: "ada", host: "ops-2", at: at, reason: "because", order: order), signature))
      said.append((id, at))
    }
    func approve(_ name: String, _ gate: Gate, key: String, after delay: TimeSpan, breaksGlass: Bool = false, forged: Bool = false) {
      let statement = ApprovalStatement(
        digest: forged && Bool.random(using: &random) ? "another" : changeset.digest, run: .sample, gate: gate, name: name, at: entry.at + delay, until: entry.at + delay + .hours(1),
        reason: "because", breaksGlass: breaksGlass)
      let signature: Spoken.Signature = forged && statement.digest == changeset.digest ? .bad(code: "approval-bad-signature", why: "forged") : .good(key: key)
      say(.approve(SignedApproval(statement, signature: "")), signature, after: delay)
    }
    switch entry.event {
    case .awaited(let gate):
      guard let rule = changeset.approvals.first(where: { $0.step == gate.step })?.rule else { break }
      rounds += 1
      for name in rule.by {
        if rounds > 3 { approve(name, gate, key: "key of \(name)", after: minutes(0...5)); continue }
        if Int.random(in: 0..<4, using: &random) == 0 { continue }
        approve(name, gate, key: "key of \(name)", after: minutes(0...20))
        if Bool.random(using: &random) { approve(name, gate, key: "key of \(name)", after: minutes(0...20)) }
        if Bool.random(using: &random) { approve(name, gate, key: "key of mallory", after: minutes(0...10), forged: true) }
      }
      approve("mallory", gate, key: "key of mallory", after: minutes(0...5))
      for name in rule.breakGlass?.by ?? [] where rounds > 3 || Bool.random(using: &random) { approve(name, gate, key: "key of \(name)", after: minutes(0...25), breaksGlass: true) }
    case .trialBegan(let trial):
      if commits { say(.commit, nil, after: .milliseconds(Int64.random(in: 0...(trial.until - entry.at).milliseconds / 2, using: &random))) }
    default: break
    }
    return said
  }
}

extension ModelWorld {
  /// Steps that all work, some of them behind gates, and perhaps a trial at the end.
  init(gates seed: Int) throws {
    var random = SplitMix64(seed: "gates \(seed)")
    func chance(_ n: Int) -> Bool { Int.random(in: 0..<n, using: &random) == 0 }
    func rule() -> ApprovalRule {
      let by = ["a", "b", "c"]
      return ApprovalRule(
        by: by, atLeast: Int.random(in: 1...3, using: &random), within: .minutes(15), breakGlass: chance(3) ? .init(by: ["on-call"], within: .minutes(5)) : nil)
    }
    let steps = (0..<Int.random(in: 1...6, using: &random)).map { index in
      SampleStep(StepName(rawValue: "s\(index)")) { step in
        step.needs = (0..<index).filter { _ in chance(3) }.map { StepName(rawValue: "s\($0)") }
        step.timeout = .seconds(120)
        if chance(4) { step.approval = rule() }
        if chance(5) { step.action = .none }
        if chance(3) { step.basis = .facts(["step": .int(Int64(index))]) }
      }
    }
    let provisional: Provisional? = chance(2) ? Provisional(duration: .minutes(30), ending: chance(2) ? .commit : .rollback) : nil
    let approval: ApprovalRule? = chance(3) ? nil : rule()
    self.init(try .sample(steps, parallelism: Int.random(in: 1...3, using: &random), approval: approval, provisional: provisional), steps.map { _ in Nature() })
    people = ModelPeople(seed: "people \(seed)", commits: chance(2))
  }
}
