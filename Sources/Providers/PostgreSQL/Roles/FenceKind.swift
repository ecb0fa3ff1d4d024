internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import Units

/// `postgresql.fence`: makes sure that a server takes no writes any more, and shows the proof.
public enum PostgreSQLFence: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var server: PostgreSQLReference
    /// Fences a server that does not answer.
    public var by: [String]?
    /// Takes back what `by` did.
    public var undo: [String]?
    /// The step whose question a person has answered with yes.
    public var confirmedBy: StepName?
  }

  public static let name: StepKindName = "postgresql.fence"
  public static let summary = "Makes sure that a server takes no writes any more, whether or not it answers, and shows the proof."
  public static let fields = [
    Field("server", .name(of: ServerKind.postgresql.noun), required: true, "The old primary. Its URL's user must be a superuser there."),
    Field("by", .argumentList, "A program that fences a server which does not answer: power, a firewall, a load balancer. It may be run again, so twice must be once."),
    Field("undo", .argumentList, "A program that takes back what `by` did; must do no harm where it did nothing."),
    Field("confirmedBy", .name(of: "step"), "An `operator.confirm` step among its `needs`: where the server does not answer, that yes is the fence. Without it and `by` the run pauses, and a person says so with `resume --skip`."),
  ]
  public static let outputs = [
    "position": "the WAL position up to which everything was committed, if it answers: `upTo` of `postgresql.promote` takes it",
  ]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let server = fields.postgresql("server", in: context.plan)
    let by = fields.arguments("by")
    let undo = fields.arguments("undo")
    let confirmedBy: Located<StepName>? = fields.name("confirmedBy")
    if by == nil, undo != nil {
      fields.collector.add(
        Diagnostic(
          "missing-key", "\(fields.what) has `undo` and no `by`", at: fields.span(of: "undo"),
          helps: ["what the step does over SQL it takes back by itself: remove `undo`"]))
    }
    if let confirmedBy, let problem = problem(with: confirmedBy, in: context) { fields.collector.add(problem) }
    guard let server else { return nil }
    return Arguments(server: server, by: by, undo: undo, confirmedBy: confirmedBy?.value)
  }

  private static func problem(with name: Located<StepName>, in context: StepContext) -> Diagnostic? {
    guard let scenario = context.scenario else { return nil }
    guard let step = scenario.steps.first(where: { $0.name.value == name.value }) else {
      return unknownReference(name, "step", among: scenario.steps.map(\.name))
    }
    guard step.kind.value == "operator.confirm" else {
      return Diagnostic("wrong-value", "`\(name.value)` asks nobody: it is a `\(step.kind.value)`", at: name.span, helps: ["name a step `operator.confirm`"])
    }
    guard context.step.needs.contains(where: { $0.value == name.value }) else {
      return Diagnostic("wrong-value", "`\(name.value)` need not be answered before", at: name.span, helps: ["add it to the step's `needs`"])
    }
    return nil
  }

  /// What is fenced may be gone, and its secret with it.
  public static func footprint(_ arguments: Arguments) -> Footprint { Footprint(writes: [.server(arguments.server.server)]) }

  public static func undoAbility(_ arguments: Arguments) -> UndoAbility {
    let own = "lets the server take connections and writes again"
    guard arguments.by != nil else { return .byKind(own) }
    return arguments.undo.map { .byKind("\(own), and runs `\($0.joined(separator: " "))`") } ?? .mustBeWritten
  }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    let server = "`\(arguments.server.server)`"
    if case .unreachable(let reason) = observation.reach { return Change(.unknown, reason: "could not be observed: \(reason)") }
    if observation.facts[RoleFact.isFenced]?.bool == true { return Change(.check, reason: "\(server) is fenced already: the proof is shown again") }
    guard observation.measurements[RoleShown.isReached]?.bool == true else {
      let why = observation.measurements[RoleShown.problem]?.string ?? "no reason given"
      if let by = arguments.by { return Change(.run, reason: "\(server) does not answer (\(why)): `\(by.joined(separator: " "))` is to fence it") }
      if let step = arguments.confirmedBy { return Change(.check, reason: "\(server) does not answer (\(why)): the yes to `\(step)` is the fence") }
      return Change(.unknown, reason: "\(server) does not answer (\(why)), and nothing else is named that fences it: the step will ask")
    }
    if let problem = observation.measurements[RoleShown.problem]?.string { return Change(.unknown, reason: "the step would fail: \(problem)") }
    let sessions = observation.measurements[RoleShown.sessions]?.int ?? 0
    return Change(
      .update, reason: "\(server) lets nobody in any more but replicas, and \(sessions == 1 ? "1 session is" : "\(sessions) sessions are") ended",
      before: ["connections": "taken"], after: ["connections": "refused"])
  }
}
