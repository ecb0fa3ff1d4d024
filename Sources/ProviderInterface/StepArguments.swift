public import CanonicalJSON

/// A step's arguments as the changeset and the journal hold them. They become JSON when somebody asks: `lint` never does, and the encoding would
/// cost it more than everything else together.
public struct StepArguments: Hashable, Sendable, Codable {
  private enum Form: Sendable {
    case written(JSONValue)
    case understood(any Encodable & Sendable)
  }
  private let form: Form

  public init(_ json: JSONValue) { form = .written(json) }

  /// Arguments are made of texts, whole numbers, lists and maps, which always have a JSON form; were there none, performers would refuse the null.
  public init(of arguments: some Encodable & Sendable) { form = .understood(arguments) }

  public init(from decoder: any Decoder) throws { self.init(try JSONValue(from: decoder)) }
  public func encode(to encoder: any Encoder) throws {
    switch form {
    case .written(let json):
      var container = encoder.singleValueContainer()
      try container.encode(json)
    case .understood(let arguments): try arguments.encode(to: encoder)
    }
  }

  public var json: JSONValue {
    switch form {
    case .written(let json): json
    case .understood(let arguments): (try? CanonicalJSON.value(arguments)) ?? .null
    }
  }

  /// As the kind knows them: those that this process has understood itself need no detour by JSON.
  public func decoded<Arguments: Codable>(as type: Arguments.Type) throws -> Arguments {
    if case .understood(let arguments) = form, let arguments = arguments as? Arguments { return arguments }
    return try CanonicalJSON.decode(type, from: json)
  }

  public static func == (a: Self, b: Self) -> Bool { a.json == b.json }
  public func hash(into hasher: inout Hasher) { hasher.combine(json) }
}
