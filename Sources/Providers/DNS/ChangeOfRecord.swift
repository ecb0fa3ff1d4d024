internal import CanonicalJSON
internal import DNSClient
internal import PlanModel
internal import ProviderInterface
internal import Units

/// The change itself and its way back: what is seen decides, and the server does it only if that still holds.
struct ChangeOfRecord {
  let place: ZonePlace
  let target: DNSData
  let context: PerformingContext

  /// Makes the record say `target`. Gives the mark of this step's change, nil where the record said so without it.
  func change(_ seen: Standing) async throws(StepFailure) -> RecordMark? {
    let ours = seen.mark(of: context.mark)
    if seen.answers == [target] { return ours }
    if let rival = seen.rival { throw inTheWay(rival) }
    if let expected = place.arguments.expected, seen.answers != [expected] { throw unexpected("the plan says that it points to \(expected)", seen) }
    // An earlier attempt had changed it, and somebody has changed it since: to the former answer is a way back that may be gone again.
    if let ours, Set(ours.former.answers) != Set(seen.former.answers) { throw unexpected("an earlier attempt of this step had pointed it to \(target)", seen) }
    let mark = RecordMark(by: RecordMark.owner(context.mark), at: context.now(), former: seen.former)
    let ttl = place.arguments.ttl ?? (seen.answers.isEmpty ? .minutes(1) : seen.ttl)
    if Task.isCancelled { throw .cancelled }
    return try await replace(seen, by: [target], ttl, mark).mark(of: context.mark) ?? mark
  }

  /// Puts back what was there before. Gives it, or nil where there is nothing to take back.
  func takeBack(_ seen: Standing, _ result: StepResult?) async throws(StepFailure) -> [DNSData]? {
    guard let ours = seen.mark(of: context.mark) else {
      // Taken back already, or never done; else the record was changed and somebody removed what says so.
      guard let record = result?.undoRecord, let former = try? CanonicalJSON.decode(FormerAnswer.self, from: record), former.answers != seen.former.answers else { return nil }
      throw StepFailure(
        "record-changed", "`\(place.name)` is left as it is: somebody else has changed it since, or has removed the mark at `\(place.markName)`",
        details: ["it \(seen.found)", "before this step it was \(former.answers.isEmpty ? "not there" : former.shown)"], helps: ["decide where it must point, and put that there by hand"])
    }
    let answers = ours.former.answers.compactMap(place.arguments.type.data)
    guard seen.answers == [target] || seen.answers == Set(answers) else {
      throw StepFailure(
        "record-changed", "`\(place.name)` is left as it is: somebody else has changed it since this step",
        details: ["it \(seen.found)", "this step had pointed it to \(target)", "before it was \(ours.former.answers.isEmpty ? "not there" : ours.former.shown)"],
        helps: ["decide where it must point, and put that there by hand", "then remove the mark `\(place.markName)` TXT"])
    }
    _ = try await replace(seen, by: answers, ours.former.ttl, nil)
    return answers
  }

  /// Gives what stands there then. An update whose answer was lost may have been done, and so may one of a killed attempt that was still under way: the
  /// zone says.
  private func replace(_ seen: Standing, by answers: [DNSData], _ ttl: TimeSpan, _ mark: RecordMark?) async throws(StepFailure) -> Standing {
    var wanted = seen
    (wanted.answers, wanted.marks) = (Set(answers), mark.map { [$0.data] } ?? [])
    do throws(DNSError) {
      try await place.replace(seen, by: answers, ttl: ttl, mark: mark)
      return wanted
    } catch {
      if error.isUnmetRequirement {
        let now = try await place.look()
        guard now.answers == wanted.answers, now.mark?.by == mark?.by, mark != nil || now.marks.isEmpty else { throw place.changedMeanwhile(now) }
        return now
      }
      guard error.leavesDoubt, !Task.isCancelled, let now = try? await place.look(), now.answers == wanted.answers, now.mark == mark else {
        throw Failures.translate(error, asking: place.arguments, key: place.key, now: context.now())
      }
      return now
    }
  }

  private func inTheWay(_ rival: String) -> StepFailure {
    StepFailure(
      "record-in-the-way", "`\(place.name)` points to \(rival) by a record of another type, beside which a \(place.arguments.type.rawValue) cannot stand", details: ["nothing was changed"],
      helps: ["write the `type` that the name has, or remove the other record first"])
  }

  private func unexpected(_ why: String, _ seen: Standing) -> StepFailure {
    StepFailure(
      "record-changed", "`\(place.name)` \(seen.found), and \(why)", details: ["somebody else has changed it; nothing was changed by this step"],
      helps: ["find out who and why", "to move it from there, write `from: \(seen.shown)`, or leave `from` out, and plan again"])
  }
}

extension DNSError {
  /// The server has looked, and it was not as it was seen.
  fileprivate var isUnmetRequirement: Bool { [.said(.noSuchSet), .said(.setExists), .said(.nameExists), .said(.noSuchName)].contains(reason) }
}
