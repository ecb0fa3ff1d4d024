@testable import Commands
import Diagnostics
import Objectives
import PlanModel
import ProviderInterface
import Scheduling
import Units
import YAMLReading

/// A random plan with two classes that must be from one moment: one with points only, the other with points or an archive. An independent model
/// looks, second by second and for every way in which the two can lie to each other, for the newest pair that is close enough.
struct BruteForceGroup {
  private(set) var problem: String?
  private(set) var features: [String] = ["classes that must be from one moment"]
  private(set) var isExact = false
  private let every, dump, jitter, within: Int
  /// The other class: an archive, or points.
  private let archive: (timeout: Int, upload: Int)?
  private let other: (every: Int, dump: Int)

  init(seed: Int) {
    var random = SplitMix64(seed: "group \(seed)")
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    (every, dump, jitter, within) = (number(12...40), number(1...8), number(0...3), number(0...70))
    archive = number(0...3) > 0 ? (number(1...25), number(0...8)) : nil
    other = (number(12...40), number(1...8))
    check(seed)
  }

  private struct Piece { var consistent, usable: Int }

  /// With runs a second apart the scheduler's places matter to nobody: `orders` starts on time, then as late as it may.
  private func points(_ every: Int, _ dump: Int, _ jitter: Int, from first: Int) -> [Piece] {
    var (at, points) = (first, [Piece]())
    while at < 500 {
      points.append(Piece(consistent: at, usable: at + dump))
      at += every + (points.count == 7 ? jitter : 0)
    }
    return points
  }

  /// What is lost at worst; nil where at some moment no pair is close enough.
  private func worst(phase: Int) -> Int? {
    let orders = points(every, dump, jitter, from: 0)
    var worst = 0
    for now in 60...(9 * every + 20) {
      let mine = orders.filter { $0.usable < now }.map(\.consistent)
      var best: Int?
      if let archive {
        // Segments end again and again; what has arrived reaches up to the end of the last of them, and any moment before can be had.
        let reach = Array(stride(from: phase - 200, to: now, by: archive.timeout)).last { $0 + archive.upload < now } ?? phase - 200
        for point in mine { let pair = min(point, reach); if point - pair <= within { best = max(best ?? pair, pair) } }
      } else {
        let others = points(other.every, other.dump, 0, from: phase).filter { $0.usable < now }.map(\.consistent)
        for point in mine { for second in others where abs(point - second) <= within { best = max(best ?? .min, min(point, second)) } }
      }
      guard let best else { return nil }
      worst = max(worst, now - best)
    }
    return worst
  }

  private mutating func check(_ seed: Int) {
    let typed: TypedPlan
    do throws(UnreadablePlan) { typed = try typedPlan(text) } catch { problem = "group \(seed): \(error) \(text)"; return }
    guard let group = assess(typed).scenarios.first?.groups.first else { problem = "group \(seed): no figure"; return }
    let phases = archive.map { 0..<$0.timeout } ?? 0..<other.every
    let found = phases.map(worst)
    guard let figure = group.loss.figure else {
      features.append("no common cut")
      if archive != nil { problem = "group \(seed): \(group.loss.explanation), with an archive\n\(text)" }
      return
    }
    let computed = Int(figure.total.milliseconds / 1_000)
    guard archive != nil || !found.contains(nil) else { problem = "group \(seed): a common cut is promised, and there is none\n\(text)"; return }
    let worst = found.compactMap { $0 }.max() ?? 0
    // That a segment ends an instant before what is needed is in it is seen to the second only.
    let least = figure.terms.contains { $0.name == "until the others reach it" } ? computed - 1 : computed
    if worst > computed || (archive != nil && !figure.isBound && worst < least) {
      problem = "group \(seed): \(worst) s are lost, computed \(computed) = \(figure.sum)\n\(text)"
    } else {
      isExact = worst >= least
    }
  }

  private var text: String {
    let files =
      archive.map { "estimate: { base: 1s, wal: \($0.upload)s }\nprotect: { p: { wal: { base: 1d, timeout: \($0.timeout)s }, to: [far] } }" }
      ?? "estimate: { dump: \(other.dump)s }\nprotect: { p: { command: { run: [files] }, every: \(other.every)s, to: [far] } }"
    return """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: together }
      objectives: { rpo: 1s }
      sites: { east: {}, west: {} }
      secrets: { url: { env: URL } }
      servers: { pg: { postgresql: { url: { secret: url } }, site: east } }
      stores: { far: { directory: { path: far }, site: west } }
      data:
        orders:
          on: [pg]
          estimate: { dump: \(dump)s }
          protect: { p: { logical: {}, every: \(every)s, jitter: \(jitter)s, to: [far] } }
        files:
          on: [pg]
          \(files.replacing("\n", with: "\n    "))
      consistency: { shop: { data: [orders, files], within: \(within)s } }
      scenarios:
        lost: { loses: { sites: [east] }, steps: {} }

      """
  }
}
