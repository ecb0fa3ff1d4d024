import Glibc
import Scheduling

/// When the tool is killed: all chance comes from the seed, which is printed, and can be given by `SIE_DR_KILL_SEED`.
struct KillPlan: Sendable, CustomStringConvertible {
  enum Start: String, Sendable {
    /// Counted from the start of the process.
    case start
    /// Counted from the durable intent of the step, which is when its effect may begin.
    case intent
  }
  var number: Int
  var from: Start
  /// As a share of how long the undisturbed run took from there to its end, or to a little after the step's outcome.
  var share: Double

  var description: String { "\(number) (\(Int(share * 100)) % after its \(from.rawValue))" }

  static let seed = getenv("SIE_DR_KILL_SEED").map { String(cString: $0) } ?? "1"
  /// In the test suite two of each; `scripts/kill-test` wants more.
  static let count = getenv("SIE_DR_KILLS").flatMap { Int(String(cString: $0)) } ?? 2

  /// How many of them must fall between intent and outcome: with two, chance decides.
  static let wantedInDoubt = min(5, count / 4)

  /// One in four from the start of the process, the others from the intent.
  static func all(of what: String) -> [KillPlan] {
    var random = SplitMix64(seed: "kill \(what) \(seed)")
    return (1...count).map { number in
      KillPlan(number: number, from: number % 4 == 0 ? .start : .intent, share: Double.random(in: 0..<1, using: &random))
    }
  }
}

/// What was found at each kill, for people: printed where `scripts/kill-test` asks for it.
struct KillTable {
  private var lines: [String] = []
  /// How many kills fell between intent and outcome.
  private(set) var inDoubt = 0

  mutating func add(_ plan: KillPlan, after: Duration, phase: Phase, found: String) {
    if phase == .inDoubt { inDoubt += 1 }
    let milliseconds = after.components.seconds * 1_000 + after.components.attoseconds / 1_000_000_000_000_000
    lines.append("  \(plan.number)\t\(plan.from.rawValue)\t\(milliseconds) ms\t\(phase.rawValue)\t\(found)")
  }

  enum Phase: String {
    case noRun = "before the run"
    case beforeIntent = "before the intent"
    case inDoubt = "between intent and outcome"
    case afterOutcome = "after the outcome"
    case over = "after the end"
  }

  func print(_ what: String) {
    guard getenv("SIE_DR_KILLS") != nil else { return }
    let head = "\(what): seed \(KillPlan.seed), \(lines.count) kills, \(inDoubt) of them between intent and outcome"
    Swift.print(([head, "  no.\tfrom\tafter\tkilled\tthen"] + lines).joined(separator: "\n"))
  }
}
