internal import AWSClient
internal import CanonicalJSON
internal import PlanModel
public import ProviderInterface
internal import Units

/// Makes a new instance of a moment of another one, and waits for it.
public struct RDSRestorePerformer: StepPerformer {
  public typealias Kind = RDSRestore
  let host: RDSHost

  public func perform(_ arguments: RDSRestore.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    if Task.isCancelled { throw .cancelled }
    let work = try RestoreWork(arguments, host, context)
    if let there = try await work.clearedTarget() { return try await work.finish(there) }
    return try await work.finish(work.make())
  }

  /// By the tags: of this run's step or of somebody else.
  public func settle(_ arguments: RDSRestore.Arguments, in context: PerformingContext) async -> Settlement {
    do throws(StepFailure) {
      let work = try RestoreWork(arguments, host, context)
      guard let there = try await work.target(), work.mark.made(there), InstanceState(there.status) == .available, there.address != nil else { return .notDone }
      return .done(work.result(there))
      // It is looked at again before anything is made, and what is ours is gone on with.
    } catch { return .notDone }
  }

  public func undo(_ arguments: RDSRestore.Arguments, result: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    let work = try RestoreWork(arguments, host, context)
    guard let there = try await work.target() else { return }
    let noted = result?.undoRecord["resource"]?.string
    // Nothing of ours is there, and nothing was noted: what has the identifier is somebody else's.
    if noted == nil, !work.mark.made(there) { return }
    guard work.mark.made(there), noted == nil || noted == there.resource else { throw work.notOurs(there) }
    try await work.delete(there)
  }
}

/// One step at work on one instance.
struct RestoreWork {
  let arguments: RDSRestore.Arguments
  let host: RDSHost
  let context: PerformingContext
  let api: RDSAPI
  let mark: RestoreMark
  private let began = ContinuousClock.now
  private let deadline: ContinuousClock.Instant

  init(_ arguments: RDSRestore.Arguments, _ host: RDSHost, _ context: PerformingContext) throws(StepFailure) {
    self.arguments = arguments; self.host = host; self.context = context
    api = try host.api(arguments.server, context.secrets)
    mark = RestoreMark(context)
    // To say what was seen last before the step's own time is over.
    deadline = began + max(.milliseconds(context.timeout.milliseconds / 2), context.timeout - .seconds(5)).duration
  }

  var identifier: String { arguments.server.instance }
  var describing: String { arguments.server.describing(identifier) }

  func target() async throws(StepFailure) -> DatabaseInstance? { try await api.asking { api throws(RDSProblem) in try await api.instance(identifier) } }

  // MARK: Before

  /// What an earlier attempt has made and is to be gone on with; nil: the identifier is free.
  func clearedTarget() async throws(StepFailure) -> DatabaseInstance? {
    guard let there = try await target() else { return nil }
    guard mark.made(there) else { throw taken(there) }
    switch InstanceState(there.status) {
    case .available, .underWay: return there
    case .failed, .leaving:
      try await delete(there)
      return nil
    }
  }

  private func taken(_ there: DatabaseInstance) -> StepFailure {
    let whose = there.tags[RestoreMark.run].map { "the run \($0) has made it" } ?? "it carries no tag of sie-dr"
    return StepFailure(
      "target-exists", "there is an instance `\(identifier)` already, and this run has not made it", details: ["it is \(there.status); \(whose)", "nothing was touched"],
      helps: ["look whose it is: \(describing)", "delete it if nobody needs it, or give the server `\(arguments.server.server)` another `instance`"])
  }

  func notOurs(_ there: DatabaseInstance) -> StepFailure {
    StepFailure(
      "not-ours", "the instance `\(identifier)` is not the one that this run has made, so it is not deleted", details: ["its tags or its resource id (\(there.resource)) are others than the journal says"],
      helps: ["look whose it is: \(describing)", "delete it by hand if it is to go"])
  }

  // MARK: Making it

  func make() async throws(StepFailure) -> DatabaseInstance {
    let source = arguments.from.instance
    let moment = try await arguments.moment.resolved(in: context)
    let (instance, backups) = try await api.asking { api throws(RDSProblem) in (try await api.instance(source), try await api.backups(of: source)) }
    let chosen = SeenBackups.chosen(instance, backups)
    let window = SeenBackups(source, instance, backups, []).window
    guard instance != nil || chosen != nil else {
      throw StepFailure(
        "no-backups", "there is neither an instance `\(source)` nor an automated backup of it in \(arguments.from.region)",
        helps: ["see what there is: aws rds describe-db-instance-automated-backups --region \(arguments.from.region)", "correct `instance` of the server `\(arguments.from.server)`"])
    }
    if instance?.retention == 0 {
      throw StepFailure(
        "backups-off", "the automated backups of `\(source)` are switched off: no moment of it can be restored",
        helps: ["restore a snapshot by hand: aws rds describe-db-snapshots --region \(arguments.from.region) --db-instance-identifier \(source)"])
    }
    if let problem = moment.problem(in: window, of: source) {
      throw StepFailure("moment-not-kept", problem, details: ["nothing was touched"], helps: ["write a `point` within it, or `latest`"])
    }
    guard let window, let known = moment.resolved else { throw StepFailure("moment-not-kept", "no moment of `\(source)` is known", helps: ["write `point: latest`"]) }
    return try await ask(known, window, source: instance == nil ? ("SourceDbiResourceId", chosen?.resource ?? "") : ("SourceDBInstanceIdentifier", source))
  }

  private func ask(_ moment: KnownMoment, _ window: RestoreWindow, source: (String, String)) async throws(StepFailure) -> DatabaseInstance {
    var fields = [source, ("TargetDBInstanceIdentifier", identifier)]
    fields.append(moment.written.map { ("RestoreTime", $0) } ?? ("UseLatestRestorableTime", "true"))
    fields += [("DBInstanceClass", arguments.instanceClass), ("DBSubnetGroupName", arguments.subnetGroup)].compactMap { name, value in value.map { (name, $0) } }
    if let isMultiAZ = arguments.isMultiAZ { fields.append(("MultiAZ", isMultiAZ ? "true" : "false")) }
    fields += arguments.securityGroups.enumerated().map { ("VpcSecurityGroupIds.VpcSecurityGroupId.\($0 + 1)", $1) }
    for (number, tag) in mark.tags(moment.time ?? window.last).enumerated() {
      fields += [("Tags.Tag.\(number + 1).Key", tag.key), ("Tags.Tag.\(number + 1).Value", tag.value)]
    }
    do throws(RDSProblem) { return try await api.restore(fields) } catch {
      switch error.error.code {
      case "DBInstanceAlreadyExists":
        // Ours, if an answer was lost on the way; somebody else's, if he was quicker.
        guard let there = try await target() else { throw error.failure(arguments.server) }
        guard mark.made(there) else { throw taken(there) }
        return there
      case "PointInTimeRestoreNotEnabled":
        throw StepFailure("backups-off", "the automated backups of `\(arguments.from.instance)` are switched off: no moment of it can be restored", helps: ["look at it: \(arguments.from.describing(arguments.from.instance))"])
      case "InvalidRestoreFault":
        throw StepFailure(
          "moment-not-kept", "RDS cannot restore \(moment.time.map { "\($0)" } ?? "the last moment") of `\(arguments.from.instance)`: \(error.error.detail)",
          details: ["it said a moment ago that it keeps \(window.first) to \(window.last)"], helps: ["write a `point` that is a little further within it"])
      default: throw error.failure(arguments.server)
      }
    }
  }

  // MARK: Until it is there

  func finish(_ made: DatabaseInstance) async throws(StepFailure) -> StepResult {
    let there = try await waited("is not available", made) { seen throws(StepFailure) in
      guard let seen else {
        throw StepFailure(
          "instance-gone", "the instance `\(identifier)` is gone while it was made", details: ["somebody has deleted it"],
          helps: ["who? aws cloudtrail lookup-events --region \(arguments.server.region) --lookup-attributes AttributeKey=ResourceName,AttributeValue=\(identifier)"])
      }
      guard mark.made(seen) else {
        throw StepFailure(
          "mark-lost", "the instance `\(identifier)` does not carry the tags of this run", details: ["without them a rollback leaves it, and nobody can tell whose it is"],
          helps: ["look at it: \(describing)", "allow rds:AddTagsToResource; delete the instance if this run has made it"])
      }
      switch InstanceState(seen.status) {
      case .available: return seen.address != nil
      case .underWay: return false
      case .leaving: throw StepFailure("instance-gone", "the instance `\(identifier)` is being deleted while it is made", details: ["somebody has asked for it"], helps: ["find out who, then run the step again"])
      case .failed(let help):
        throw StepFailure(
          "restore-failed", "the instance `\(identifier)` cannot become available: it is \(seen.status)", details: ["it stays until the step is run again or rolled back, and costs money meanwhile"],
          helps: [help, "see why: aws rds describe-events --region \(arguments.server.region) --source-type db-instance --source-identifier \(identifier)"])
      }
    }
    guard let there else { throw StepFailure("instance-gone", "the instance `\(identifier)` is gone", helps: [describing]) }
    return result(there)
  }

  func result(_ there: DatabaseInstance) -> StepResult {
    let moment = there.tags[RestoreMark.moment] ?? ""
    var outputs: [String: OutputValue] = ["instance": .text(identifier), "restoredTo": .text(moment)]
    outputs["address"] = there.address.map { .text($0) }
    outputs["port"] = there.port.map { .text("\($0)") }
    var measurements: [String: JSONValue] = [:]
    measurements["storageGiB"] = there.storage.map { .int(Int64($0)) }
    return StepResult(
      summary: "`\(identifier)` (\(there.engine) \(there.version), \(there.instanceClass)) is available as of \(moment), at \(there.address ?? "")" + (there.port.map { ":\($0)" } ?? ""),
      outputs: outputs, undoRecord: ["resource": .string(there.resource)], measurements: measurements)
  }

  /// Looks until `isReached`, a little apart at first and then more; `what` says of the instance what it is still in want of.
  private func waited(
    _ what: String, _ first: DatabaseInstance?, until isReached: (DatabaseInstance?) throws(StepFailure) -> Bool
  ) async throws(StepFailure) -> DatabaseInstance? {
    var pause = host.looks.lowerBound
    var seen = first
    var silence: StepFailure?
    while true {
      if silence == nil, try isReached(seen) { return seen }
      let elapsed = TimeSpan(began.duration(to: .now))
      guard .now < deadline else {
        if let silence { throw silence }
        throw StepFailure(
          "not-in-time", "the instance `\(identifier)` \(what) after \(elapsed.rounded)", details: ["it was \(seen?.status ?? "gone") last" + (seen?.address == nil ? ", and had no address" : "")],
          helps: ["look at it: \(describing)", "resume the run: it goes on with the same instance; give the step a longer `timeout`"], transient: true)
      }
      context.report(StepProgress(phase: "`\(identifier)` is \(seen?.status ?? "gone"), for \(elapsed.rounded)"))
      do { try await Task.sleep(for: pause.duration) } catch { throw .cancelled }
      pause = min(host.looks.upperBound, .milliseconds(pause.milliseconds * 3 / 2))
      do throws(StepFailure) {
        seen = try await target()
        silence = nil
      } catch {
        // An API that is silent for a while makes no instance fail.
        guard error.isTransient else { throw error }
        silence = error
      }
    }
  }

  // MARK: Away with it

  /// Deletes what this run has made, and waits until it is gone.
  func delete(_ there: DatabaseInstance) async throws(StepFailure) {
    if there.isProtected { throw protected() }
    var isAsked = InstanceState(there.status) == .leaving
    while !isAsked {
      do throws(RDSProblem) {
        try await api.delete(identifier)
        isAsked = true
      } catch {
        switch error.error.code {
        case "DBInstanceNotFound": return
        case "InvalidDBInstanceState":
          // It may be in the midst of something, or an answer was lost and it goes already.
          guard let now = try await target() else { return }
          guard mark.made(now), now.resource == there.resource else { return }
          isAsked = InstanceState(now.status) == .leaving
          guard .now < deadline else { throw error.failure(arguments.server) }
          if !isAsked { do { try await Task.sleep(for: host.looks.lowerBound.duration) } catch { throw .cancelled } }
        case "InvalidParameterCombination" where error.error.detail.contains("protect"): throw protected()
        default: throw error.failure(arguments.server)
        }
      }
    }
    _ = try await waited("is not deleted", there) { seen throws(StepFailure) in seen.map { $0.resource != there.resource } ?? true }
  }

  private func protected() -> StepFailure {
    StepFailure(
      "deletion-protected", "the instance `\(identifier)` is protected against deletion, so it stays", details: ["somebody has switched that on since this run made it"],
      helps: [
        "if it is to go: aws rds modify-db-instance --region \(arguments.server.region) --db-instance-identifier \(identifier) --no-deletion-protection --apply-immediately",
        "then roll back again",
      ])
  }
}

extension TimeSpan {
  init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    self = .seconds(seconds) + .milliseconds(attoseconds / 1_000_000_000_000_000)
  }
}
