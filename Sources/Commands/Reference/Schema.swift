internal import CanonicalJSON

/// A JSON Schema (2020-12) in the few words that our documents need. Objects are strict: what is not named is not allowed.
struct Schema: Sendable {
  var json: JSONValue
  init(_ json: JSONValue) { self.json = json }

  /// One member of an object.
  struct Member: Sendable {
    var name: String
    var schema: Schema
    var isRequired: Bool
    var meaning: String

    static func required(_ name: String, _ schema: Schema, _ meaning: String) -> Member {
      Member(name: name, schema: schema, isRequired: true, meaning: meaning)
    }
    static func optional(_ name: String, _ schema: Schema, _ meaning: String) -> Member {
      Member(name: name, schema: schema, isRequired: false, meaning: meaning)
    }
    /// One case of a value that is written as `{"CASE":{…}}`, with what belongs to it.
    static func alternative(_ name: String, with members: [Member] = [], _ meaning: String) -> Member { required(name, .object(members), meaning) }
    /// What belongs to a case and has no name of its own.
    static func value(_ schema: Schema, _ meaning: String) -> Member { required("_0", schema, meaning) }
    /// A member that says which of several objects this is.
    static func constant(_ name: String, _ value: String, _ meaning: String) -> Member { required(name, Schema(["const": .string(value)]), meaning) }
  }
}

extension Schema {
  static let anything = Schema([:])
  static let text = Schema(["type": "string"])
  static let bool = Schema(["type": "boolean"])
  /// A whole number that is not negative.
  static let count = integer(from: 0)

  static func text(like pattern: String) -> Schema { Schema(["type": "string", "pattern": .string(pattern)]) }
  static func integer(from least: Int64) -> Schema { Schema(["type": "integer", "minimum": .int(least)]) }
  static let integer = Schema(["type": "integer"])
  /// Of a format: every version that this program reads.
  static func version(upTo current: Int) -> Schema { Schema(["type": "integer", "minimum": 1, "maximum": .int(Int64(current))]) }

  static func choice<Choice: RawRepresentable & CaseIterable>(_: Choice.Type) -> Schema where Choice.RawValue == String {
    Schema(["enum": .array(Choice.allCases.map { .string($0.rawValue) })])
  }

  static func nullable(_ schema: Schema) -> Schema { oneOf([Schema(["type": "null"]), schema]) }
  static func list(of element: Schema) -> Schema { Schema(["type": "array", "items": element.json]) }
  static func map(of value: Schema) -> Schema { Schema(["type": "object", "additionalProperties": value.json]) }

  static func object(_ members: [Member]) -> Schema {
    let required = members.filter(\.isRequired).map { JSONValue.string($0.name) }
    return Schema(["type": "object", "additionalProperties": false, "properties": properties(members), "required": .array(required)])
  }

  /// An object with exactly one of these members.
  static func oneMember(_ members: [Member]) -> Schema {
    Schema(["type": "object", "additionalProperties": false, "properties": properties(members), "minProperties": 1, "maxProperties": 1])
  }

  static func oneOf(_ alternatives: [Schema]) -> Schema { Schema(["oneOf": .array(alternatives.map(\.json))]) }
  static func definition(_ name: String) -> Schema { Schema(["$ref": .string("#/$defs/\(name)")]) }

  func described(_ meaning: String) -> Schema { adding(["description": .string(meaning)]) }

  /// Whose member `name` decides what is in another one.
  func when(_ name: String, is value: String, _ other: String, is schema: Schema) -> Schema {
    adding([
      "if": ["properties": [name: ["const": .string(value)]]],
      "then": ["properties": [other: schema.json]],
    ])
  }

  /// A whole file.
  func document(_ file: String, title: String, definitions: [String: Schema]) -> JSONValue {
    adding([
      "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": .string(file), "title": .string(title),
      "$defs": .object(definitions.mapValues(\.json)),
    ]).json
  }

  private static func properties(_ members: [Member]) -> JSONValue {
    .object(Dictionary(members.map { ($0.name, $0.schema.described($0.meaning).json) }) { first, _ in first })
  }

  private func adding(_ members: [String: JSONValue]) -> Schema {
    guard case .object(let own) = json else { return self }
    return Schema(.object(own.merging(members) { _, new in new }))
  }
}

/// What our documents write as text.
extension Schema {
  static let name = text(like: "^[a-z]([a-z0-9-]*[a-z0-9])?$")
  static let kindName = text(like: "^[a-z][a-z0-9-]*\\.[a-z][a-zA-Z0-9-]*$")
  static let timeSpan = text(like: "^(unbounded|-?([0-9]+(d|h|ms|m|s))+)$")
  static let timestamp = text(like: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{3})?Z$")
  static let size = text(like: "^[0-9]+([kMGTP]?B|[KMGTP]iB)$")
  static let sha256 = text(like: "^[0-9a-f]{64}$")
  static let values = map(of: anything)
}
