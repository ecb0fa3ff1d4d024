import Scheduling

/// An independent model of WAL archiving that steps through time, second by second: segments are closed and arrive, base backups come and go, and
/// at most one segment is lost. It knows nothing of terms or formulas.
struct BruteForceArchive {
  struct Segment { var begin, end, usable: Int }
  struct Base { var begin: Int; var end = Int.max; var usable = Int.max }
  let archive: BruteForcePlan.Archive
  private(set) var segments: [Segment] = []
  private(set) var bases: [Base] = []

  /// - Parameter isHostile: everything takes and is as late as it may be, no segment fills by itself, and what breaks does where it hurts most.
  init(_ archive: BruteForcePlan.Archive, isHostile: Bool, _ random: inout SplitMix64, horizon: Int) {
    self.archive = archive
    func upTo(_ most: Int) -> Int { isHostile || most == 0 ? most : Int.random(in: 0...most, using: &random) }
    var opened = 0
    var nextBase = 5
    let slowest = archive.fill ?? Int.max
    var fills = isHostile ? slowest : Int.random(in: 1...min(slowest, 2 * archive.timeout), using: &random)
    var ending: Int?
    let broken = isHostile ? 1 : Int.random(in: 1...3, using: &random)
    var isBroken = false
    for now in 1..<horizon {
      let ends = ending.map { now >= $0 } ?? false
      let starts = (ending == nil || ends) && now >= nextBase
      if starts || ends || now - opened >= archive.timeout || now - opened >= fills {
        // The segment that begins with a base backup is lost, or any other one.
        let isLost = archive.hasBreak && !isBroken && bases.count > broken && (isHostile ? opened == bases[broken].begin : Int.random(in: 0..<3, using: &random) == 0)
        isBroken = isBroken || isLost
        segments.append(Segment(begin: opened, end: now, usable: isLost ? .max : now + upTo(archive.upload)))
        opened = now
        fills = isHostile ? slowest : Int.random(in: 1...min(slowest, 2 * archive.timeout), using: &random)
      }
      if ends { bases[bases.count - 1].end = now; ending = nil }
      if starts {
        bases.append(Base(begin: now))
        ending = now + max(1, upTo(archive.run))
        nextBase = now + (upTo(archive.misses) + 1) * max(archive.base, archive.run) + upTo(archive.jitter)
      }
    }
    // All WAL from its start to its end must be there.
    for index in bases.indices where bases[index].end < .max {
      let needed = segments.filter { $0.begin < bases[index].end && $0.end > bases[index].begin }
      bases[index].usable = needed.map(\.usable).max() ?? .max
    }
  }

  /// The latest moment before `limit` that can be restored at `now`; nil: none. Whoever begins to restore then has read everything at `readAt`.
  func newest(at now: Int, before limit: Int, readAt: Int?) -> Int? {
    var newest: Int?
    for base in bases where base.end < limit && base.usable < now && !isGone(base, readAt) {
      var reach = base.end
      // A segment is closed where a base backup ends.
      for segment in segments.drop(while: { $0.end <= base.end }) {
        guard segment.usable < now else { break }
        reach = max(reach, segment.end)
      }
      newest = max(newest ?? 0, min(reach, limit))
    }
    return newest
  }

  /// A base backup goes when a later one is old enough to serve all that is kept.
  private func isGone(_ base: Base, _ readAt: Int?) -> Bool {
    guard let readAt, let keep = archive.keep else { return false }
    return bases.contains { $0.begin > base.begin && $0.end <= readAt - keep && $0.usable <= readAt }
  }

  /// When the first base backup can be restored.
  var begin: Int? { bases.first.flatMap { $0.usable == .max ? nil : $0.usable } }

  /// The instants at which something changes for whoever restores.
  func moments(unnoticed: Int, reaction: Int) -> [Int] {
    var moments = segments.map(\.usable)
    for base in bases where base.end < .max {
      moments += [base.end + unnoticed, base.end + unnoticed + 1]
      if let keep = archive.keep { moments += [base.end + keep - reaction, base.end + keep - reaction + 1] }
    }
    return moments
  }
}
