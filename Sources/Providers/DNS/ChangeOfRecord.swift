internal import CanonicalJSON
internal import DNSClient
internal import PlanModel
internal import ProviderInterface
internal import Units

/// The change itself and its way back: what is seen decides, and it is done only if that still holds.
struct ChangeOfRecord {
  let place: ZonePlace
  let goal: Goal
  let context: PerformingContext

  /// Makes the record meet the goal. Gives what stands there then; its mark is this step's where it was this step that changed it.
  func change(_ seen: Standing) async throws(StepFailure) -> Standing {
    let ours = seen.mark(of: context.mark)
    if seen.meets(goal) {
      guard let ours, !place.keeper.isEverywhere(ours) else { return seen }
      return try await place.keeper.confirm(seen)
    }
    if let obstacle = seen.obstacle { throw inTheWay(obstacle) }
    if let expected = place.arguments.expected, seen.answers != [expected] { throw unexpected("the plan says that it points to \(expected)", seen) }
    // An earlier attempt had changed it, and somebody has changed it since: to the former answer is a way back that may be gone again.
    if let ours, !seen.isAs(ours.former, place.arguments.type) { throw unexpected("an earlier attempt of this step had made it so that it \(goal.shown)", seen) }
    let mark = RecordMark(by: RecordMark.owner(context.mark), at: context.now(), former: seen.former)
    if Task.isCancelled { throw .cancelled }
    return try await replace(seen, by: try seen.changed(to: goal, place, mark), mark)
  }

  /// Puts back what was there before. Gives it, or nil where there is nothing to take back.
  func takeBack(_ seen: Standing, _ result: StepResult?) async throws(StepFailure) -> Standing? {
    let type = place.arguments.type
    guard let ours = seen.mark(of: context.mark) else {
      // Taken back already, or never done; else the record was changed and somebody removed what says so.
      guard let record = result?.undoRecord, let former = try? CanonicalJSON.decode(FormerAnswer.self, from: record), !seen.isAs(former, type) else { return nil }
      throw StepFailure(
        "record-changed", "\(place.shown) is left as it is: somebody else has changed it since, or has removed the mark at `\(place.markName)`",
        details: ["it \(seen.found)", "before this step it was \(former.answers.isEmpty ? "not there" : former.shown)"], helps: ["decide where it must point, and put that there by hand"])
    }
    guard seen.meets(goal) || seen.isAs(ours.former, type) else {
      throw StepFailure(
        "record-changed", "\(place.shown) is left as it is: somebody else has changed it since this step",
        details: ["it \(seen.found)", "this step had made it so that it \(goal.shown)", "before it was \(ours.former.answers.isEmpty ? "not there" : ours.former.shown)"],
        helps: ["decide where it must point, and put that there by hand", "then remove the mark `\(place.markName)` TXT"])
    }
    return try await replace(seen, by: seen.restored(ours.former, type), nil)
  }

  /// Gives what stands there then. A change whose answer was lost may have been done, and so may one of a killed attempt that was still under way: the
  /// zone says.
  private func replace(_ seen: Standing, by wanted: Standing, _ mark: RecordMark?) async throws(StepFailure) -> Standing {
    do throws(NotReplaced) { return try await place.keeper.replace(seen, by: wanted) } catch {
      switch error {
      case .failed(let failure): throw failure
      case .unmet(let why):
        let now = try await place.look()
        guard now.isAs(wanted), now.mark?.by == mark?.by, mark != nil || now.marks.isEmpty else {
          if let why, now == seen { throw why }
          throw place.changedMeanwhile(now)
        }
        return try await place.keeper.confirm(now)
      case .doubtful(let failure):
        guard !Task.isCancelled, let now = try? await place.look(), now.isAs(wanted), now.mark == mark else { throw failure }
        return try await place.keeper.confirm(now)
      }
    }
  }

  private func inTheWay(_ obstacle: Obstacle) -> StepFailure {
    StepFailure("record-in-the-way", "`\(place.name)` \(obstacle.what)", details: ["nothing was changed"], helps: [obstacle.help])
  }

  private func unexpected(_ why: String, _ seen: Standing) -> StepFailure {
    StepFailure(
      "record-changed", "\(place.shown) \(seen.found), and \(why)", details: ["somebody else has changed it; nothing was changed by this step"],
      helps: ["find out who and why", "to move it from there, write `from: \(seen.shown)`, or leave `from` out, and plan again"])
  }
}

extension Standing {
  /// As it is to be.
  func changed(to goal: Goal, _ place: ZonePlace, _ mark: RecordMark) throws(StepFailure) -> Standing {
    var wanted = self
    if let answer = goal.answer { wanted.answers = [answer] }
    wanted.ttl = place.arguments.ttl ?? (answers.isEmpty && sets?.others.isEmpty ?? true ? .minutes(1) : ttl)
    wanted.marks = [mark.data]
    wanted.sets?.own = RecordSet(sets?.own, changedTo: goal, place.name, place.arguments.type, wanted.ttl)
    return wanted
  }

  /// As it was.
  func restored(_ former: FormerAnswer, _ type: DNSRecordKind.RecordType) -> Standing {
    var wanted = self
    (wanted.answers, wanted.ttl, wanted.marks) = (Set(former.answers.compactMap(type.data)), former.ttl, [])
    let own = former.set.flatMap(RecordSet.init(written:))
    wanted.sets?.own = own
    if sets != nil { wanted.answers = own?.answers(type) ?? [] }
    return wanted
  }
}
