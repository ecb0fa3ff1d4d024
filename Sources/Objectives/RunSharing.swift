internal import PlanModel
internal import Units

/// What the runs of one state directory do to each other: one run at a time is at work, and all that is due shares the places of a run.
struct RunSharing {
  /// What counts of one protection's part in a run, computed once: each is asked of all others.
  private struct Member {
    let title: String
    let cycle: TimeSpan
    let source: Term.Source
    let every: TimeSpan
    /// Of all its steps that take a place.
    let work: TimeSpan
    /// Steps of one kind that may be ready at once: its backup, or all its copies.
    let places: Int64
  }

  private let members: [Member]
  /// Of all members.
  private let work: TimeSpan
  private let places: Int64
  /// The longest, and the longest of the others.
  private let longest: [Int]
  private let width: Int64

  init(_ protections: [ProtectionAssessment], width: Int) {
    let members = protections.map { protection in
      let (backup, copies) = (protection.backup, Int64(protection.backup.protection.copies.count))
      return Member(
        title: "`\(protection.dataClass.name.value)` `\(backup.protection.name.value)`", cycle: backup.cycleTime, source: backup.run[0].source,
        every: backup.protection.every.value, work: backup.runTime + (backup.copy?.amount ?? .zero) * copies, places: max(1, copies))
    }
    self.members = members
    work = members.reduce(.zero) { $0 + $1.work }
    places = members.reduce(0) { $0 + $1.places }
    longest = members.indices.sorted { (members[$1].cycle, $0) < (members[$0].cycle, $1) }.prefix(2).map { $0 }
    self.width = Int64(max(1, width))
  }

  /// What the others do to this one.
  func apply(to backup: inout PeriodicBackup, at index: Int) {
    backup.wait = wait(of: index)
    backup.isBound = backup.wait != nil
    guard let longest = longest.first(where: { $0 != index }).map({ members[$0] }) else { return }
    backup.otherRun = otherRun(than: members[index], longest)
    // A run takes all that is due: one that is due again at once cuts short by how much this one can be late.
    let again = longest.cycle + (backup.protection.jitter?.value ?? .zero)
    backup.isBound = backup.isBound || backup.overruns || longest.every < again
  }

  /// How long a run of the others can last in which this one is not due: the longest of them, or Graham's bound where they may wait for a place.
  private func otherRun(than own: Member, _ longest: Member) -> Term {
    guard isCrowded(places - own.places) else { return Term("a run of \(longest.title)", longest.cycle, longest.source) }
    return Term("a run of the other protections", share(of: work - own.work - longest.cycle) + longest.cycle, longest.source)
  }

  /// How long the steps of this one can wait in their own run: while they do, other steps take all the places.
  private func wait(of index: Int) -> Term? {
    guard isCrowded(places) else { return nil }
    return Term("waiting for one of \(width) places", share(of: work - members[index].cycle), members[index].source)
  }

  /// More steps may be ready than there are places.
  private func isCrowded(_ places: Int64) -> Bool { places > width }

  private func share(of work: TimeSpan) -> TimeSpan {
    TimeSpan(milliseconds: work.milliseconds / width + (work.milliseconds % width == 0 ? 0 : 1))
  }
}
