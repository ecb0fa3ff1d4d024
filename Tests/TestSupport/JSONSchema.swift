public import CanonicalJSON

/// A JSON Schema (2020-12, or draft 4) that values are held against. Knows the keywords that our schemas and that of SARIF use; any other one is an error, so that
/// nothing is taken for checked that was not.
public struct JSONSchema {
  public struct Unsupported: Error, CustomStringConvertible {
    public var description: String
  }
  /// What is wrong with a value, the places of the schema that it touched, and the members that the schema names, by the path of an object.
  public struct Verdict {
    public var problems: [String] = []
    public var touched: Set<String> = []
    public var named: [[String]: Set<String>] = [:]
    public var isValid: Bool { problems.isEmpty }
  }

  private let root: JSONValue
  private var patterns: [String: Regex<AnyRegexOutput>] = [:]
  /// Every member and every alternative that the schema names.
  public private(set) var places: Set<String> = []

  public init(_ document: JSONValue) throws {
    root = document
    try examine(document, "#")
  }

  public func verdict(on value: JSONValue) -> Verdict {
    var verdict = Verdict()
    hold(value, against: root, "#", at: [], &verdict)
    return verdict
  }
}

// MARK: The schema itself

extension JSONSchema {
  /// What a format looks like, as far as a pattern can say it.
  private static let formats = [
    "uri": #"[A-Za-z][A-Za-z0-9+.-]*:[!-~]*"#, "uri-reference": #"[!-~]*"#,
    "date-time": #"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"#,
  ]
}

extension JSONSchema {
  private mutating func examine(_ schema: JSONValue, _ place: String) throws {
    if schema.bool != nil { return }
    guard let members = schema.object else { throw Unsupported(description: "\(place) is no schema") }
    for (keyword, value) in members {
      let here = "\(place)/\(keyword)"
      switch keyword {
      case "$schema", "$id", "title", "description", "type", "const", "enum", "required", "minItems", "maxLength", "minimum", "maximum", "minProperties",
        "maxProperties", "id", "default", "uniqueItems": break
      case "format": guard Self.formats[value.string ?? ""] != nil else { throw Unsupported(description: "\(here) is not a format that this validator knows") }
      case "$ref": guard definition(value) != nil else { throw Unsupported(description: "\(here) refers to nothing") }
      case "pattern": patterns[value.string ?? ""] = try Regex(value.string ?? "")
      case "$defs", "definitions", "properties":
        for (name, schema) in value.object ?? [:] {
          if keyword == "properties", !place.hasSuffix("/if") { places.insert("\(here)/\(name)") }
          try examine(schema, "\(here)/\(name)")
        }
      case "oneOf":
        for (index, schema) in (value.array ?? []).enumerated() {
          places.insert("\(here)/\(index)")
          try examine(schema, "\(here)/\(index)")
        }
      case "anyOf": for (index, schema) in (value.array ?? []).enumerated() { try examine(schema, "\(here)/\(index)") }
      case "if", "then", "items", "additionalProperties", "propertyNames": try examine(value, here)
      default: throw Unsupported(description: "\(here) is not a keyword that this validator knows")
      }
    }
  }

  private func definition(_ reference: JSONValue) -> (schema: JSONValue, place: String)? {
    if reference == "#" { return (root, "#") }
    guard let text = reference.string else { return nil }
    let parts = text.split(separator: "/").map(String.init)
    guard parts.count == 3, parts[0] == "#", ["$defs", "definitions"].contains(parts[1]) else { return nil }
    return root[parts[1]]?[parts[2]].map { ($0, text) }
  }
}

// MARK: Values

extension JSONSchema {
  private func hold(_ value: JSONValue, against schema: JSONValue, _ place: String, at path: [String], _ verdict: inout Verdict) {
    func refuse(_ why: String) { verdict.problems.append("/\(path.joined(separator: "/")) \(why) (\(place))") }
    if schema == false { refuse("is not allowed") }
    for (keyword, wanted) in schema.object ?? [:] {
      switch keyword {
      case "type": if !(wanted.array ?? [wanted]).contains(where: { has(value, type: $0.string) }) { refuse("is not of the type \(wanted)") }
      case "const": if value != wanted { refuse("is not \(wanted)") }
      case "enum": if wanted.array?.contains(value) != true { refuse("is none of \(wanted)") }
      case "pattern": if let text = value.string, !fits(text, wanted) { refuse("does not fit \(wanted)") }
      case "maxLength": if let text = value.string, text.unicodeScalars.count > wanted.int ?? 0 { refuse("is too long") }
      case "minimum": if let number = value.int, number < wanted.int ?? 0 { refuse("is less than \(wanted)") }
      case "maximum": if let number = value.int, number > wanted.int ?? 0 { refuse("is more than \(wanted)") }
      case "minItems": if let array = value.array, array.count < wanted.int ?? 0 { refuse("has too few elements") }
      case "minProperties": if let object = value.object, object.count < wanted.int ?? 0 { refuse("has too few members") }
      case "maxProperties": if let object = value.object, object.count > wanted.int ?? 0 { refuse("has too many members") }
      case "required":
        for name in wanted.array?.compactMap(\.string) ?? [] where value.object.map({ $0[name] == nil }) ?? false { refuse("has no `\(name)`") }
      case "$ref": if let (schema, place) = definition(wanted) { hold(value, against: schema, place, at: path, &verdict) }
      case "uniqueItems": if wanted == true, let array = value.array, Set(array).count < array.count { refuse("has an element twice") }
      case "format": if let text = value.string, let format = Self.formats[wanted.string ?? ""], (try? Regex(format).wholeMatch(in: text)) ?? nil == nil { refuse("is no \(wanted)") }
      case "oneOf": holdOneOf(value, wanted.array ?? [], "\(place)/oneOf", at: path, &verdict)
      case "anyOf":
        let verdicts = (wanted.array ?? []).enumerated().map { self.verdict(on: value, $0.element, "\(place)/anyOf/\($0.offset)", at: path) }
        if !verdicts.contains(where: \.isValid) { refuse("fits none of the alternatives: " + verdicts.flatMap(\.problems).joined(separator: "; ")) }
      case "if":
        guard self.verdict(on: value, wanted, "\(place)/if", at: path).isValid, let then = schema["then"] else { continue }
        hold(value, against: then, "\(place)/then", at: path, &verdict)
      case "items":
        for (index, element) in (value.array ?? []).enumerated() { hold(element, against: wanted, "\(place)/items", at: path + [String(index)], &verdict) }
      default: break
      }
    }
    if let names = schema["properties"]?.object?.keys, value.object != nil { verdict.named[path, default: []].formUnion(names) }
    for (name, member) in value.object ?? [:] { holdMember(name, member, of: schema, place, at: path + [name], &verdict) }
  }

  private func holdMember(_ name: String, _ member: JSONValue, of schema: JSONValue, _ place: String, at path: [String], _ verdict: inout Verdict) {
    if let names = schema["propertyNames"] { hold(.string(name), against: names, "\(place)/propertyNames", at: path, &verdict) }
    if let known = schema["properties"]?[name] {
      verdict.touched.insert("\(place)/properties/\(name)")
      hold(member, against: known, "\(place)/properties/\(name)", at: path, &verdict)
    } else if let others = schema["additionalProperties"] {
      hold(member, against: others, "\(place)/additionalProperties", at: path, &verdict)
    }
  }

  private func holdOneOf(_ value: JSONValue, _ alternatives: [JSONValue], _ place: String, at path: [String], _ verdict: inout Verdict) {
    let verdicts = alternatives.enumerated().map { (index: $0.offset, verdict: self.verdict(on: value, $0.element, "\(place)/\($0.offset)", at: path)) }
    for other in verdicts { verdict.named.merge(other.verdict.named) { $0.union($1) } }
    let fitting = verdicts.filter(\.verdict.isValid)
    guard let only = fitting.first, fitting.count == 1 else {
      let why = verdicts.flatMap(\.verdict.problems).joined(separator: "; ")
      verdict.problems.append("/\(path.joined(separator: "/")) fits \(fitting.count) of \(alternatives.count) alternatives (\(place)): \(why)")
      return
    }
    verdict.touched.formUnion(only.verdict.touched)
    verdict.touched.insert("\(place)/\(only.index)")
  }

  private func verdict(on value: JSONValue, _ schema: JSONValue, _ place: String, at path: [String]) -> Verdict {
    var verdict = Verdict()
    hold(value, against: schema, place, at: path, &verdict)
    return verdict
  }

  private func fits(_ text: String, _ pattern: JSONValue) -> Bool {
    guard let pattern = patterns[pattern.string ?? ""] else { return false }
    return text.firstMatch(of: pattern) != nil
  }

  private func has(_ value: JSONValue, type: String?) -> Bool {
    switch value {
    case .null: type == "null"
    case .bool: type == "boolean"
    case .int: type == "integer" || type == "number"
    case .string: type == "string"
    case .array: type == "array"
    case .object: type == "object"
    }
  }
}
