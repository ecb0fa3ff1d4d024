internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import Units

/// `operator.confirm`: puts a question to a person; the run goes on with a yes and pauses with anything else.
public enum OperatorConfirm: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var ask: String
  }

  public static let name: StepKindName = "operator.confirm"
  public static let summary = "Asks a person. Without a terminal the run pauses; `resume RUN --confirm STEP` answers."
  public static let fields = [Field("ask", .text, required: true, "The question, to be answered with yes.")]

  public static func decode(_ fields: inout MappingReader, in _: StepContext) -> Arguments? {
    fields.requiredText("ask", example: "\"are the writers stopped?\"").map { Arguments(ask: $0.value) }
  }

  public static func footprint(_: Arguments) -> Footprint { Footprint() }
  public static func undoAbility(_: Arguments) -> UndoAbility { .nothingToUndo }
  public static func question(_ arguments: Arguments) -> String? { arguments.ask }
  public static func compare(_ arguments: Arguments, _: Observation, at _: Timestamp) -> Change {
    Change(.check, reason: "asks: \(arguments.ask)")
  }
}
