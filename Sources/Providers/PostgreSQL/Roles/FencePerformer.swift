internal import CanonicalJSON
internal import ChildProcess
internal import PlanModel
internal import PostgreSQLClient
public import ProviderInterface
internal import Units

/// Fences the old primary: over SQL where it answers, else by the program that is named, else by a person's word.
public struct FencePerformer: StepPerformer {
  public typealias Kind = PostgreSQLFence
  let host: PostgreSQLHost

  /// How a step was done, as undo has to know.
  private enum Means: String, Codable { case rules, program, person }

  public func perform(_ arguments: PostgreSQLFence.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let knocking = try await knocking(arguments, context)
    switch try await answer(knocking, context) {
    case .open(let connection, _):
      return try await translating("fencing \(knocking.address.server)") {
        let proof = try await Fencing(knocking: knocking, connection: connection, mark: context.mark, report: context.report, now: context.now).run()
        return result(proof, arguments)
      }
    case .refused(let failure):
      // It is alive: no program's exit status and no person's word is better than looking.
      throw failure.adding(details: ["it answers, so it may be taking writes"])
    case .silent(let failure): return try await fenceSilent(arguments, knocking, failure, context)
    }
  }

  private func knocking(_ arguments: PostgreSQLFence.Arguments, _ context: PerformingContext) async throws(StepFailure) -> Knocking {
    Knocking(address: try await context.secrets.address(of: arguments.server), application: context.mark.applicationName)
  }

  /// A server that is just starting, or a line that stumbles, is not gone: it is asked for a while.
  private func answer(_ knocking: Knocking, _ context: PerformingContext) async throws(StepFailure) -> Answer {
    let patience = min(Duration.seconds(15), context.timeout.duration / 5)
    var last = try await knocking.knock()
    guard case .silent = last else { return last }
    try await translating("asking \(knocking.address.server)") {
      _ = try await polled(within: patience, every: .milliseconds(500)) { () -> Bool? in
        last = try await knocking.knock()
        if case .silent = last { return nil }
        return true
      }
    }
    return last
  }

  // MARK: A server that does not answer

  private func fenceSilent(
    _ arguments: PostgreSQLFence.Arguments, _ knocking: Knocking, _ silence: StepFailure, _ context: PerformingContext
  ) async throws(StepFailure) -> StepResult {
    let server = arguments.server.server
    if let by = arguments.by {
      context.report(StepProgress(phase: "running \(by.first ?? "")"))
      try await StepProgram(host: host, words: by, secrets: knocking.address.secretValues).run(context)
      try await proveSilent(knocking, by, context)
      return StepResult(
        summary: "fenced: `\(by.joined(separator: " "))` ended well, and `\(server)` does not answer (\(silence.message)); how far its log got is not known",
        undoRecord: .string(Means.program.rawValue), measurements: ["means": .string(Means.program.rawValue)])
    }
    if let step = arguments.confirmedBy {
      return StepResult(
        summary: "`\(server)` does not answer (\(silence.message)), and a person has said yes to `\(step)`; how far its log got is not known",
        undoRecord: .string(Means.person.rawValue), measurements: ["means": .string(Means.person.rawValue)])
    }
    throw StepFailure(
      "fence-unproved", "`\(server)` does not answer, and nobody knows whether it takes writes", details: [silence.message] + silence.details,
      helps: [
        "cut it off by hand (power, network, storage), then: sie-dr resume \(context.mark.run) --skip \(context.mark.step) --reason \"WHO cut it off, and HOW\"",
        "for the next time, name a program that cuts it off: `by: [PROGRAM, …]`, or a question that a person answers before: `confirmedBy: STEP`",
      ])
  }

  /// From here it stays silent for a while. That others hear nothing either is what the program answers for.
  private func proveSilent(_ knocking: Knocking, _ by: [String], _ context: PerformingContext) async throws(StepFailure) {
    for attempt in 0..<3 {
      if attempt > 0 { try await translating("waiting") { try await Task.sleep(for: .seconds(1)) } }
      guard case .silent = try await knocking.knock() else {
        throw StepFailure(
          "fence-failed", "`\(by.joined(separator: " "))` ended well, and \(knocking.address.server) answers all the same",
          helps: ["look what the program does, or resume: a server that answers is fenced over SQL"], transient: true)
      }
    }
  }

  // MARK: What is told

  private func result(_ proof: Fencing.Proof, _ arguments: PostgreSQLFence.Arguments) -> StepResult {
    let sessions = proof.swept.ended
    var parts = [
      "fenced: `\(arguments.server.server)` refuses connections (\(proof.refusal))", "\(sessions) session\(sessions == 1 ? "" : "s") ended and none left",
      "its log ends at \(proof.position)",
    ]
    parts += proof.replicas.map { $0.behind == .zero ? "\($0.name) has received all of it" : "\($0.name) LACKS \($0.behind.rounded) of it" }
    if proof.replicas.isEmpty { parts.append("no replica is connected to it") }
    parts += proof.swept.goesOn.map { "BUT \($0)" }
    return StepResult(
      summary: parts.joined(separator: "; "), outputs: ["position": .text("\(proof.position)")], undoRecord: .string(Means.rules.rawValue),
      measurements: [
        "means": .string(Means.rules.rawValue), "position": .string("\(proof.position)"), "sessionsEnded": .int(Int64(sessions)),
        "nextTransaction": .int(proof.nextTransaction), "writtenAfterwards": .string(proof.movedAfterwards.description),
        "replicas": .object(Dictionary(proof.replicas.map { ($0.name, .string($0.behind.description)) }) { first, _ in first }),
      ])
  }

  // MARK: Afterwards

  public func settle(_ arguments: PostgreSQLFence.Arguments, in context: PerformingContext) async -> Settlement {
    do {
      let knocking = try await knocking(arguments, context)
      // What is left of a fence is found and finished when it is performed again, and a program may be run again.
      guard case .open(let connection, true) = try await knocking.knock() else { return .notDone }
      let (fence, role, sessions) = try await translating("looking at \(knocking.address.server)") {
        let rules = AccessRules(connection: connection, server: knocking.address.server)
        let seen = (try await rules.fence(), try await ServerRole.look(connection), try await SessionSweep.count(connection))
        await connection.close()
        return seen
      }
      guard let fence, fence.mark.isOf(context.mark), role.isPrimary, sessions == 0, let position = WALPosition(fence.mark.position) else { return .notDone }
      return .done(
        StepResult(
          summary: "`\(arguments.server.server)` refuses connections, no session is left, and its log ends at \(position)",
          outputs: ["position": .text("\(position)")], undoRecord: .string(Means.rules.rawValue), measurements: ["means": .string(Means.rules.rawValue), "position": .string("\(position)")]))
    } catch {
      return .unknown("whether `\(arguments.server.server)` is fenced cannot be told: \(error.message)")
    }
  }

  /// Takes away a fence of this step, and no other.
  public func undo(_ arguments: PostgreSQLFence.Arguments, result: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    let means = result.flatMap { $0.undoRecord.string }.flatMap(Means.init(rawValue:))
    let knocking = try await knocking(arguments, context)
    if let undo = arguments.undo, means != .rules, means != .person {
      try await StepProgram(host: host, words: undo, secrets: knocking.address.secretValues).run(context)
    }
    // What a person has cut off, a person lets back.
    if means == .person { return }
    switch try await answer(knocking, context) {
    case .silent where means == .program: return
    case .refused(let failure), .silent(let failure): throw failure
    case .open(let connection, _):
      try await translating("letting \(knocking.address.server) take connections again") {
        let rules = AccessRules(connection: connection, server: knocking.address.server)
        if let fence = try await rules.fence(), fence.mark.isOf(context.mark) { try await reopen(fence, rules, knocking) }
        await connection.close()
      }
    }
  }

  private func reopen(_ fence: FencedRules, _ rules: AccessRules, _ knocking: Knocking) async throws {
    try await rules.lift(fence)
    let isOpen = try await polled(within: .seconds(15)) { () -> Bool? in
      do throws(PostgreSQLError) {
        await (try await knocking.byURL()).close()
        return true
      } catch {
        // Any other refusal was there before.
        return error.isByRule ? nil : true
      }
    }
    guard isOpen == true else {
      throw StepFailure(
        "still-shut", "the rules of \(knocking.address.server) are as they were, and it goes on refusing connections",
        helps: ["look into its pg_hba.conf and its log, and run SELECT pg_reload_conf()"], transient: true)
    }
  }
}
