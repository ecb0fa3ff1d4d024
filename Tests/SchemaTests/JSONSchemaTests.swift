import CanonicalJSON
import TestSupport
import Testing

@Suite("Our JSON Schema validator") struct JSONSchemaTests {
  private func isValid(_ value: JSONValue, _ schema: JSONValue) throws -> Bool { try JSONSchema(schema).verdict(on: value).isValid }

  @Test("refuses a keyword that it does not know, wherever it stands", arguments: [
    ["contains": "text"], ["properties": ["a": ["allOf": []]]], ["$defs": ["a": ["not": [:]]]], ["items": ["multipleOf": 2]],
    ["oneOf": [["format": "date"]]], ["$ref": "#/$defs/nowhere"], ["if": ["else": [:]]],
  ] as [JSONValue])
  func unknown(_ schema: JSONValue) { #expect(throws: (any Error).self) { try JSONSchema(schema) } }

  typealias Row = (schema: JSONValue, good: JSONValue, bad: JSONValue)
  static let rows: [Row] = [
    (["type": "integer"], 1, "1"), (["type": ["string", "null"]], nil, 1), (["const": "a"], "a", "b"), (["enum": ["a", 1]], 1, 2),
    (["pattern": "^a+$"], "aa", "ab"), (["maxLength": 1], "ä", "ab"), (["minimum": 1, "maximum": 2], 2, 3), (["minItems": 1], ["a"], []),
    (["minProperties": 1], ["a": 1], [:]), (["maxProperties": 1], ["a": 1], ["a": 1, "b": 1]), (["required": ["a"]], ["a": 1], ["b": 1]),
    (["properties": ["a": ["type": "null"]], "additionalProperties": false], ["a": nil], ["a": nil, "b": nil]),
    (["additionalProperties": ["type": "string"]], ["a": "b"], ["a": 1]), (["propertyNames": ["maxLength": 1]], ["a": 1], ["ab": 1]),
    (["items": ["type": "string"]], ["a"], ["a", 1]), (["$ref": "#/$defs/a", "$defs": ["a": ["type": "null"]]], nil, 1),
    (["oneOf": [["minimum": 1], ["type": "string"]]], 1, "a"), (["oneOf": [["type": "integer"], ["type": "string"]]], 0, nil),
    (["if": ["properties": ["a": ["const": 1]]], "then": ["required": ["b"]]], ["a": 1, "b": 1], ["a": 1]),
    (["if": ["properties": ["a": ["const": 1]]], "then": ["required": ["b"]]], ["a": 2], ["a": 1]),
  ]

  @Test("tells good from bad", arguments: rows.indices) func tells(_ index: Int) throws {
    let row = Self.rows[index]
    #expect(try isValid(row.good, row.schema) && !isValid(row.bad, row.schema), "\(row)")
  }
}
