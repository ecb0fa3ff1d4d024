internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import Units

/// `command.run`: runs a program with an argument list. No shell splits or expands anything.
public enum CommandRun: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    /// The program, then its arguments.
    public var run: [String]
    /// Exit status 0: the goal holds already; 1: it does not; anything else: cannot be told.
    public var observe: [String]?
    /// Takes the effect back; must do no harm where there is none.
    public var undo: [String]?
    public var environment: [String: InputValue]
    public var reads: [String]
    public var writes: [String]
    /// The data class that it brings back.
    public var recovers: DataClassName?
    /// May be run again when nobody knows whether it ran.
    public var isIdempotent: Bool
    /// The first line of the output becomes the step's output `line`.
    public var capturesLine: Bool
  }

  public static let name: StepKindName = "command.run"
  public static let summary = "Runs a program. The arguments are a list, never a text for a shell to split."
  public static let fields = [
    Field("run", .argumentList, required: true, "The program and its arguments. For a shell on purpose: `[sh, -c, TEXT]`."),
    Field("observe", .argumentList, "Looks whether the goal holds already: exit status 0 yes, 1 no, anything else cannot tell. Must change nothing."),
    Field("undo", .argumentList, "Takes the effect back. Also run after a failure, so it must do no harm where there is nothing to undo."),
    Field("env", .inputMap, "Environment variables: text, `{ secret: NAME }` or `{ output: STEP.NAME }`. The program gets these, PATH, HOME, LANG and SIE_DR_*."),
    Field("reads", .nameList, "What it looks at, by any names you choose: steps that write the same name must be ordered."),
    Field("writes", .nameList, "What it changes, by any names you choose."),
    Field("recovers", .name(of: "data class"), "The data class that it brings back: counts as its restore, and wants a later step that looks at it."),
    Field("idempotent", .bool, "Running it twice is running it once: after a crash it is run again without a question."),
    Field("captureLine", .bool, "Keep the first line of the output as the output `line`. It goes into the journal: never print a secret there."),
  ]
  public static let outputs = ["line": "the first line of the program's output, if `captureLine: true`"]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    _ = fields.required("run", example: "[program, argument]")
    let run = fields.arguments("run")
    let recovers: DataClass? = fields.node("recovers") != nil ? fields.dataClass("recovers", in: context.plan) : nil
    let arguments = Arguments(
      run: run ?? [], observe: fields.arguments("observe"), undo: fields.arguments("undo"), environment: fields.inputs("env", in: context.plan),
      reads: (fields.texts("reads") ?? []).map(\.value), writes: (fields.texts("writes") ?? []).map(\.value), recovers: recovers?.name.value,
      isIdempotent: fields.bool("idempotent")?.value ?? false, capturesLine: fields.bool("captureLine")?.value ?? false)
    return run == nil ? nil : arguments
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    let secrets = arguments.environment.values.compactMap { if case .secret(let reference) = $0 { Requirement.secret(reference.name) } else { nil } }
    return Footprint(reads: Set(arguments.reads.map(Resource.named)), writes: Set(arguments.writes.map(Resource.named)), requires: Set(secrets), recovers: arguments.recovers?.rawValue)
  }

  public static func undoAbility(_ arguments: Arguments) -> UndoAbility {
    arguments.undo.map { .byKind("runs `\($0.joined(separator: " "))`") } ?? .mustBeWritten
  }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    let command = "`\(arguments.run.joined(separator: " "))`"
    switch observation.facts[Fact.holds]?.bool {
    case true: return Change(.none, reason: "its observe command says that the goal holds already")
    case false: return Change(.run, reason: "runs \(command); its observe command says that the goal does not hold yet")
    case nil:
      if case .unreachable(let reason) = observation.reach { return Change(.run, reason: "runs \(command); could not be observed: \(reason)") }
      return Change(.run, reason: "runs \(command)")
    }
  }
}

enum Fact {
  static let holds = "goalHolds"
}
