internal import PlanModel
public import ProviderInterface
internal import Units

/// What `doctor` finds out of an instance: whether the API answers and takes the key, and what may be looked at.
public struct RDSExamination: Sendable {
  private let reference: RDSReference
  private let host: RDSHost
  /// Whether a scenario makes it: then it is not there yet.
  private let isMade: Bool

  public init(of reference: RDSReference, on host: RDSHost, isMade: Bool) { self.reference = reference; self.host = host; self.isMade = isMade }

  public func outcomes(in context: ObservingContext) async -> [CheckOutcome] {
    do throws(StepFailure) {
      let api = try host.api(reference, context.secrets, within: context.timeout)
      let seen = try await api.asking { api throws(RDSProblem) in try await api.look(at: reference.instance) }
      let answer = CheckOutcome("answer", .ok, "RDS in \(reference.region) answers, and lets instances, automated backups and snapshots be seen")
      return [answer, instance(seen, at: context.now())]
    } catch { return [CheckOutcome("answer", error, otherwise: "look at the server in the plan")] }
  }

  private func instance(_ seen: SeenBackups, at now: Timestamp) -> CheckOutcome {
    switch (seen.exists, isMade) {
    case (false, true): CheckOutcome("instance", .ok, "there is no instance `\(reference.instance)` yet: a scenario makes it")
    case (true, true):
      CheckOutcome("instance", .warning, "there is an instance `\(reference.instance)` already, and a scenario is to make it", helps: ["delete it, or give the server another `instance`: the step will refuse"])
    case (false, false): CheckOutcome("instance", .failed, "there is no instance `\(reference.instance)` in \(reference.region)", helps: ["correct `instance` or `region` of the server"])
    case (true, false):
      seen.retention == 0
        ? CheckOutcome("instance", .warning, "the automated backups of `\(reference.instance)` are switched off", helps: ["switch them on: aws rds modify-db-instance --backup-retention-period"])
        : CheckOutcome("instance", .ok, seen.shown(at: now))
    }
  }
}
