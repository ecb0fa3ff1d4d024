internal import PlanModel
internal import ProviderInterface

/// A step kind that the language has and no provider carries out yet, as one value. What a step of it touches, needs and brings back follows
/// from what its fields mean, so that a new kind is a row of a table and no code.
struct KindDescription: Sendable {
  var name: StepKindName
  var summary: String
  var fields: [DescribedField]
  var outputs: [String: String] = [:]
  var undo: UndoAbility
  /// Further things that it changes, with fields in braces: `terraform:{folder}/{workspace}`.
  var writes: [String] = []
}

/// One field, and what stands in it.
struct DescribedField: Sendable {
  enum Value: Sendable {
    case text, input, inputs
    case choice([String])
    case server(ServerKind, Access)
    /// Servers of the plan that the step makes.
    case servers
    case store
    case dataClass(Role, on: ServerKind)
  }

  /// What a step does to a server that it names, which must survive.
  enum Access: Sendable { case reads, changes }
  /// What a step does with the data that it names.
  enum Role: Sendable { case backsUp, restores, rebuilds }

  var name: String
  var value: Value
  var isRequired: Bool
  /// What counts where the field is left out.
  var usual: String?
  var meaning: String

  static func required(_ name: String, _ value: Value, _ meaning: String) -> DescribedField {
    DescribedField(name: name, value: value, isRequired: true, meaning: meaning)
  }
  static func optional(_ name: String, _ value: Value, usual: String? = nil, _ meaning: String) -> DescribedField {
    DescribedField(name: name, value: value, isRequired: false, usual: usual, meaning: meaning)
  }

  /// For the reference and the schema.
  var field: Field {
    let shape: Field.Shape =
      switch value {
      case .text: .text
      case .input: .input
      case .inputs: .inputMap
      case .servers: .nameList
      case .choice(let choices): .choice(choices)
      case .server(let kind, _): .name(of: kind.noun)
      case .store: .name(of: "store")
      case .dataClass: .name(of: "data class")
      }
    return Field(name, shape, required: isRequired, meaning + (usual.map { "; `\($0)` if not given" } ?? "") + ".")
  }
}
