internal import CanonicalJSON
internal import PlanModel
internal import ProviderInterface

/// JSON Schema (2020-12) of the plan language, for editors: completion, hover texts, red lines while typing.
enum PlanSchema {
  static func document(_ kinds: StepKinds) -> JSONValue {
    let definitions = definitions(kinds).mapValues { Schema(allowingVariables($0)) }
    return Schema(allowingVariables(object(PlanKeys.plan))).document("plan.v1.json", title: "sie-dr recovery plan", definitions: definitions)
  }

  /// Wherever a value must be of some form, a text that names a variable may stand for it.
  private static func allowingVariables(_ schema: JSONValue) -> JSONValue {
    if let elements = schema.array { return .array(elements.map(allowingVariables)) }
    guard let members = schema.object else { return schema }
    let isNumberOrBool = ["integer", "boolean"].contains(schema["type"]?.string ?? "")
    guard isNumberOrBool || schema["enum"]?.array != nil || schema["pattern"]?.string != nil else {
      let untouched: Set<String> = ["propertyNames", "variables", "overlays"]
      return .object(Dictionary(members.map { ($0.key, untouched.contains($0.key) ? $0.value : allowingVariables($0.value)) }) { first, _ in first })
    }
    let description = members.filter { $0.key == "description" }
    let reference: JSONValue = ["type": "string", "pattern": "\\$\\{var\\.[a-z][a-z0-9-]*\\}"]
    return .object(description.merging(["anyOf": [.object(members.filter { $0.key != "description" }), reference]]) { first, _ in first })
  }

  /// Of another file that people write, in the words of the plan language.
  static func document(_ file: String, title: String, _ keys: [PlanKey], using used: Set<String>) -> JSONValue {
    let definitions = definitions(StepKinds([])).filter { used.contains($0.key) }
    return Schema(object(keys)).document(file, title: title, definitions: definitions.mapValues(Schema.init))
  }

  private static func definitions(_ kinds: StepKinds) -> [String: JSONValue] {
    let span: JSONValue = ["type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(d|h|ms|m|s))+$"]
    return [
      "timeSpan": span,
      "date": ["type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9:.]+([Zz]|[+-][0-9:]+))?$"],
      "size": ["type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?([kKMGTP]?B|[KMGTP]iB)$"],
      "byteRate": ["type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?([kKMGTP]?B|[KMGTP]iB)/s$"],
      "pace": ["type": "string", "pattern": "^(([0-9]+(\\.[0-9]+)?(d|h|ms|m|s))+|[0-9]+(\\.[0-9]+)?([kKMGTP]?B|[KMGTP]iB)/s)$"],
      "names": ["oneOf": [["type": "string"], ["type": "array", "items": ["type": "string"]]]],
      "argumentList": ["type": "array", "minItems": 1, "items": ["type": ["string", "integer", "boolean", "number"]]],
      "input": [
        "oneOf": [
          ["type": ["string", "integer", "boolean", "number"]],
          ["type": "object", "required": ["secret"], "additionalProperties": false, "properties": ["secret": ["type": "string"]]],
          ["type": "object", "required": ["output"], "additionalProperties": false, "properties": ["output": ["type": "string"]]],
        ]
      ],
      "step": step(kinds),
      "retention": ["oneOf": [["const": "forever"], object(PlanKeys.retention)]],
    ]
  }

  private static func step(_ kinds: StepKinds) -> JSONValue {
    var properties = members(PlanKeys.step)
    for name in kinds.names {
      guard let kind = kinds[name] else { continue }
      let fields = Dictionary(kind.fields.map { ($0.name, described(field($0), $0.meaning)) }) { first, _ in first }
      properties[name.rawValue] = [
        "type": ["object", "null"], "description": .string(kind.summary), "additionalProperties": false, "properties": .object(fields),
        "required": .array(kind.fields.filter(\.isRequired).map { .string($0.name) }),
      ]
    }
    return [
      "type": "object", "additionalProperties": false, "properties": .object(properties),
      "oneOf": .array(kinds.names.map { ["required": [.string($0.rawValue)]] }),
    ]
  }

  private static func field(_ field: Field) -> JSONValue {
    switch field.shape {
    case .text: ["type": ["string", "integer", "boolean", "number"]]
    case .integer: ["type": "integer"]
    case .bool: ["type": "boolean"]
    case .timeSpan: reference("timeSpan")
    case .argumentList: reference("argumentList")
    case .nameList: reference("names")
    case .input: reference("input")
    case .inputMap: ["type": "object", "additionalProperties": reference("input")]
    case .httpExpectation: schema(PlanKeys.expect.shape)
    case .point:
      [
        "oneOf": [
          ["type": "string"], ["type": "object", "required": ["before"], "additionalProperties": false, "properties": ["before": reference("input")]],
        ]
      ]
    case .name: ["type": "string"]
    case .choice(let choices): ["enum": .array(choices.map(JSONValue.string))]
    }
  }

  private static func object(_ keys: [PlanKey]) -> JSONValue {
    [
      "type": ["object", "null"], "additionalProperties": false, "properties": .object(members(keys)),
      "required": .array(keys.filter(\.isRequired).map { .string($0.name) }),
    ]
  }

  private static func members(_ keys: [PlanKey]) -> [String: JSONValue] {
    Dictionary(keys.map { ($0.name, described(schema($0.shape), $0.meaning)) }) { first, _ in first }
  }

  private static func schema(_ shape: PlanKey.Shape) -> JSONValue {
    switch shape {
    case .text: ["type": ["string", "integer", "boolean", "number"]]
    case .bool: ["type": "boolean"]
    case .timeSpan: reference("timeSpan")
    case .date: reference("date")
    case .size: reference("size")
    case .byteRate: reference("byteRate")
    case .pace: reference("pace")
    case .capacity: ["oneOf": [reference("byteRate"), ["type": "integer", "minimum": 1, "maximum": 1000]]]
    case .percentage: ["type": "string", "pattern": "^(100|[0-9]?[0-9])%$"]
    case .input: reference("input")
    case .secretReference: ["type": "object", "required": ["secret"], "additionalProperties": false, "properties": ["secret": ["type": "string"]]]
    case .argumentList: reference("argumentList")
    case .anything: [:]
    case .integer(let range): ["type": "integer", "minimum": .int(Int64(range.lowerBound)), "maximum": .int(Int64(range.upperBound))]
    case .constant(let value): ["const": .string(value)]
    case .choice(let choices): ["enum": .array(choices.map(JSONValue.string))]
    case .names: reference("names")
    case .inputs: ["type": "object", "additionalProperties": reference("input")]
    case .object(let keys): object(keys)
    case .objectWithOne(let names, let keys): .object((object(keys).object ?? [:]).merging(["oneOf": .array(names.map { ["required": .array($0.map(JSONValue.string))] })]) { $1 })
    case .retention: reference("retention")
    case .oneOf(let all): ["oneOf": .array(all.map(schema))]
    case .list(let element): ["type": "array", "items": schema(element)]
    case .map(let value):
      ["type": ["object", "null"], "propertyNames": ["pattern": "^[a-z]([a-z0-9-]*[a-z0-9])?$", "maxLength": 63], "additionalProperties": schema(value)]
    case .step: reference("step")
    }
  }

  private static func reference(_ name: String) -> JSONValue { Schema.definition(name).json }
  private static func described(_ schema: JSONValue, _ meaning: String) -> JSONValue { Schema(schema).described(meaning).json }
}
