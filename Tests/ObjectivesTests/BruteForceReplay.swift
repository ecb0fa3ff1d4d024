import Objectives
import PlanModel
import Scheduling
import Units

extension BruteForcePlan {
  /// Plays what a counterexample tells in the brute-force model; what disagrees, or nil. The plan's class has one protection.
  func replay(_ assessed: ClassAssessment, of dataClass: Int) -> String? {
    guard assessed.loss.total > .seconds(1) else { return nil }
    guard let told = assessed.counterexample, let best = assessed.best else { return "there is no counterexample" }
    func seconds(_ kind: Counterexample.Event.Kind) -> [Int] { told.events.filter { $0.kind == kind }.map { Int($0.at.milliseconds / 1_000) } }
    if let replica = used(dataClass).replica { return seconds(.received) == [-replica.lag] ? nil : "the replica has received up to \(seconds(.received))" }
    if let archive = used(dataClass).archive { return replay(archive, harm(to: dataClass)?.unnoticed ?? 0, Int(best.figure.total.milliseconds / 1_000), seconds) }
    guard let victim = protections.firstIndex(where: { $0.dataClass == dataClass }) else { return "there is no protection" }
    guard let consistent = seconds(.runStarts).first else { return "no run starts" }
    let protection = protections[victim].protection
    // The model's clock when the story's is at zero.
    let zero = 10 + protection.jitter - consistent
    let longest = protections.indices.filter { $0 != victim }.max { protections[$0].protection.cycle < protections[$1].protection.cycle }
    let first = protections.indices.map { index in
      index == victim ? 10 : index == longest ? seconds(.otherRunStarts).first.map { zero + $0 } ?? .max : Int.max
    }
    var random = SplitMix64(seed: 0)
    let points = BruteForceRuns(self).points(.init(first: first, victim: victim), &random, horizon: zero + 200).filter { $0.protection == victim }
    guard points.count > 1 else { return "there is no second run" }
    if points[0].consistent != zero + consistent { return "the first run starts at \(points[0].consistent - zero)" }
    let (store, from) = (protection.store, stores.indices.first { "s\($0)" == best.place.description } ?? 0)
    let usable = (from == store ? [store] : [store, from]).map { points[0].usable[$0] - zero }
    if usable != seconds(.usable) { return "the first point is usable at \(usable), not at \(seconds(.usable))" }

    let next = points[1]
    let noticed = scenario.corrupts.flatMap { $0.dataClasses.contains(dataClass) ? $0.noticed : nil }
    if let noticed, seconds(.corrupted) != [-noticed] { return "it is not corrupted at \(-noticed)" }
    if noticed == nil, seconds(.disaster) != [0] { return "there is no disaster" }
    // At zero the second point must be of no help: not yet usable, or from after the corruption; and the first one must be.
    let isTooLate = next.usable[from] >= zero
    let isBad = noticed.map { next.consistent >= zero - $0 } ?? false
    if !isTooLate, !isBad { return "the second point helps: consistent at \(next.consistent - zero), usable at \(next.usable[from] - zero)" }
    if let again = seconds(.runStarts).dropFirst().first, again != next.consistent - zero { return "the second run starts at \(next.consistent - zero), not at \(again)" }
    if points[0].usable[from] > zero { return "the first point is not usable yet" }
    // And the loss is what the figure says.
    let loss = zero - points[0].consistent
    return loss == Int(best.figure.total.milliseconds / 1_000) ? nil : "\(loss) s are lost"
  }

  /// The instants of the story must be ones at which the same happens in the model, with everything as late as it may be.
  private func replay(_ archive: Archive, _ unnoticed: Int, _ loss: Int, _ seconds: (Counterexample.Event.Kind) -> [Int]) -> String? {
    var random = SplitMix64(seed: 0)
    let model = BruteForceArchive(archive, isHostile: true, &random, horizon: 60 + 4 * archive.cycle + unnoticed)
    if unnoticed > 0, seconds(.corrupted) != [-unnoticed] { return "it is not corrupted at \(-unnoticed)" }
    if archive.hasBreak {
      guard model.bases.count > 2 else { return "there are not three base backups" }
      let zero = max(model.bases[2].usable, model.bases[2].end + unnoticed)
      let (told, happens) = ([seconds(.chainBreaks), seconds(.runStarts), seconds(.phaseEnds)].flatMap { $0 }, [model.bases[1].begin, model.bases[2].begin, model.bases[2].end].map { $0 - zero })
      return told == happens && loss == -happens[0] ? nil : "base backups at \(told), in the model at \(happens)"
    }
    guard loss != unnoticed else { return nil }
    let pairs = zip(model.segments, model.segments.dropFirst()).map { first, next in [first.end, next.end, first.usable, next.usable].map { $0 - next.usable } }
    let told = seconds(.segmentEnds) + seconds(.usable)
    return pairs.contains { Array($0.prefix(3)) == told && -$0[0] == loss } ? nil : "the segments end and arrive at \(told)"
  }
}
