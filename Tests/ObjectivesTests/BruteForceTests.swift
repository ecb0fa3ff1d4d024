import Glibc
import Testing

@Suite("The arithmetic against brute force") struct BruteForceTests {
  /// `scripts/brute-force` asks for more, and for a table.
  @Test("equals what stepping through time finds, or is called a bound and is not below it") func random() async {
    let count = getenv("SIE_DR_BRUTE_FORCE").flatMap { Int(String(cString: $0)) } ?? 2_000
    let first = getenv("SIE_DR_BRUTE_FORCE_SEED").flatMap { Int(String(cString: $0)) } ?? 0
    let tally = await withTaskGroup(of: Tally.self) { group in
      let chunk = 100
      for start in stride(from: first, to: first + count, by: chunk) {
        group.addTask { (start..<min(start + chunk, first + count)).reduce(into: Tally()) { tally, seed in
            tally.add(BruteForceCheck(seed: seed))
            if seed % 10 == 0, let calendar = BruteForceCalendar(seed: seed) { tally.add(calendar.features, calendar.isExact, calendar.problem) }
            if seed % 10 == 5 {
              let group = BruteForceGroup(seed: seed)
              tally.add(group.features, group.isExact, group.problem)
            }
          }
        }
      }
      return await group.reduce(into: Tally()) { $0.add($1) }
    }
    let wrong = tally.problems.count
    #expect(wrong == 0, "\(tally.problems.count) disagree, such as\n\(tally.problems.prefix(20).joined(separator: "\n"))")
    #expect(tally.exact > count / 2)
    print(tally.table)
  }
}

extension BruteForceTests {
  /// WAL that is kept exactly as long as it takes: the instant before the corruption has just gone. In 24265 a backup waits for a place in its run.
  @Test("holds for plans that once disagreed", arguments: [5502, 24265, 27083, 28078, 28776]) func once(_ seed: Int) {
    for isSharing in [false, true] { #expect(BruteForceCheck(seed: seed, isSharing: isSharing).problems == []) }
  }
}

private struct Tally: Sendable {
  var plans = 0, exact = 0
  var features: [String: Int] = [:]
  var problems: [String] = []
  var lossRatios: [Int] = [], recoveryRatios: [Int] = []

  mutating func add(_ check: BruteForceCheck) {
    plans += 1
    exact += check.exact
    for feature in Set(check.features) { features[feature, default: 0] += 1 }
    problems += check.problems
    lossRatios += check.lossRatios
    recoveryRatios += check.recoveryRatios
  }

  mutating func add(_ found: [String], _ isExact: Bool, _ problem: String?) {
    plans += 1
    exact += isExact ? 1 : 0
    for feature in found { features[feature, default: 0] += 1 }
    problems += [problem].compactMap { $0 }
  }

  mutating func add(_ other: Tally) {
    plans += other.plans
    exact += other.exact
    features.merge(other.features, uniquingKeysWith: +)
    problems += other.problems
    lossRatios += other.lossRatios
    recoveryRatios += other.recoveryRatios
  }

  var table: String {
    func percent(_ part: Int) -> String { "\(part * 1_000 / max(1, plans) / 10).\(part * 1_000 / max(1, plans) % 10) %" }
    func median(_ ratios: [Int]) -> String {
      guard !ratios.isEmpty else { return "none" }
      let thousandths = ratios.sorted()[ratios.count / 2]
      return "\(ratios.count), median of bound / found \(thousandths / 1_000).\(String(1_000 + thousandths % 1_000).dropFirst())"
    }
    let shares = features.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "  \(percent($0.value))  \($0.key)" }
    return (["\(plans) random plans against brute force, \(problems.count) wrong; figures that are exact: \(exact)"]
      + ["losses that are bounds: \(median(lossRatios))", "guaranteed recovery times that are bounds: \(median(recoveryRatios))", "share of plans with:"] + shares)
      .joined(separator: "\n")
  }
}
