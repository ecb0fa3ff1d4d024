internal import PlanModel
internal import Units

/// What the runs of one state directory do to each other: one run at a time is at work, and all that is due shares the places of a run.
struct RunSharing {
  private typealias Run = (index: Int, title: String, backup: PeriodicBackup)
  /// A foreign command holds nobody up, and waits for nobody.
  private let backups: [Run]
  private let width: Int64

  init(_ protections: [ProtectionAssessment], width: Int) {
    backups = protections.enumerated().filter { !$1.backup.protection.method.isForeign }.map {
      ($0, "`\($1.dataClass.name.value)` `\($1.backup.protection.name.value)`", $1.backup)
    }
    self.width = Int64(max(1, width))
  }

  /// What the others do to this one.
  func apply(to backup: inout PeriodicBackup, at index: Int) {
    guard let index = backups.firstIndex(where: { $0.index == index }) else { return }
    let others = backups.indices.filter { $0 != index }.map { backups[$0] }
    backup.wait = wait(of: index)
    backup.isBound = backup.wait != nil || backup.rhythm.isBound
    guard let longest = others.max(by: { $0.backup.cycleTime < $1.backup.cycleTime }) else { return }
    backup.otherRun = otherRun(others, longest)
    // A run takes all that is due: one that is due again at once cuts short by how much this one can be late.
    let again = longest.backup.cycleTime + (backup.protection.jitter?.value ?? .zero)
    backup.isBound = backup.isBound || backup.overruns || longest.backup.rhythm.shortest < again
    // By the calendar two that would meet where it hurts most may never do so.
    backup.isBound = backup.isBound || ([backup] + others.map(\.backup)).contains { $0.rhythm.window != nil }
  }

  /// How long a run of the others can last in which this one is not due: the longest of them, or Graham's bound where they may wait for a place.
  private func otherRun(_ others: [Run], _ longest: Run) -> Term {
    let cycle = longest.backup.cycleTime
    guard isCrowded(others.map(\.backup)) else { return Term("a run of \(longest.title)", cycle, longest.backup.run[0].source) }
    return Term("a run of the other protections", share(of: work(others.map(\.backup)) - cycle) + cycle, longest.backup.run[0].source)
  }

  /// How long the steps of this one can wait in their own run: while they do, other steps take all the places.
  private func wait(of index: Int) -> Term? {
    let all = backups.map(\.backup)
    guard isCrowded(all) else { return nil }
    return Term("waiting for one of \(width) places", share(of: work(all) - all[index].cycleTime), all[index].run[0].source)
  }

  /// More steps may be ready than there are places: one backup of each protection, or all its copies.
  private func isCrowded(_ backups: [PeriodicBackup]) -> Bool {
    backups.reduce(Int64(0)) { $0 + Int64(max(1, $1.protection.copies.count)) } > width
  }

  private func work(_ backups: [PeriodicBackup]) -> TimeSpan {
    backups.reduce(.zero) { $0 + $1.runTime + ($1.copy?.amount ?? .zero) * Int64($1.protection.copies.count) }
  }

  private func share(of work: TimeSpan) -> TimeSpan {
    TimeSpan(milliseconds: work.milliseconds / width + (work.milliseconds % width == 0 ? 0 : 1))
  }
}
