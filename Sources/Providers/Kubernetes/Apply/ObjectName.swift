internal import CanonicalJSON

/// Which object: as `kubectl` prints it and finds it again.
struct ObjectName: Hashable, Sendable, Codable, CustomStringConvertible {
  var apiVersion: String
  var kind: String
  /// Empty for what is in no namespace.
  var namespace: String
  var name: String

  var description: String { "\(kind.lowercased())/\(name)" }
  private var group: String { apiVersion.split(separator: "/").count == 2 ? String(apiVersion.prefix { $0 != "/" }) : "" }
  /// For `auth can-i`.
  var resource: String { kind.lowercased() + (group.isEmpty ? "" : ".\(group)") }
  /// The name of its file in `kubectl diff`.
  var inDiff: String { "\(apiVersion.split(separator: "/").joined(separator: ".")).\(kind).\(namespace).\(name)" }

  /// Enough for `kubectl get -f -` and the like.
  var manifest: JSONValue {
    var metadata: [String: JSONValue] = ["name": .string(name)]
    if !namespace.isEmpty { metadata["namespace"] = .string(namespace) }
    return ["apiVersion": .string(apiVersion), "kind": .string(kind), "metadata": .object(metadata)]
  }

  static let template = #"go-template={{.apiVersion}}|{{.kind}}|{{if .metadata.namespace}}{{.metadata.namespace}}{{end}}|{{.metadata.name}}{{"\n"}}"#

  static func read(_ text: String) -> [ObjectName] {
    text.split(whereSeparator: \.isNewline).compactMap { line in
      let parts = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      return parts.count == 4 ? ObjectName(apiVersion: parts[0], kind: parts[1], namespace: parts[2], name: parts[3]) : nil
    }
  }
}

/// An object, and which it is.
struct FoundObject<Value: Decodable & Sendable>: Decodable, Sendable {
  var name: ObjectName
  var value: Value

  private enum CodingKeys: String, CodingKey { case apiVersion, kind, metadata }
  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    let metadata = try members.decode(Metadata.self, forKey: .metadata)
    name = ObjectName(
      apiVersion: try members.decode(String.self, forKey: .apiVersion), kind: try members.decode(String.self, forKey: .kind), namespace: metadata.namespace ?? "", name: metadata.name)
    value = try Value(from: decoder)
  }
}

/// Any object with all that is in it, fractions too, which our own JSON does without.
enum ObjectTree: Hashable, Sendable, Codable, CustomStringConvertible {
  case null, bool(Bool), int(Int64), fraction(Double), string(String), array([ObjectTree]), object([String: ObjectTree])

  /// It may be a secret.
  var description: String { "[object]" }
  subscript(_ key: String) -> ObjectTree? { if case .object(let members) = self { members[key] } else { nil } }
  var string: String? { if case .string(let text) = self { text } else { nil } }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() { self = .null; return }
    if let value = try? container.decode(Bool.self) { self = .bool(value); return }
    if let value = try? container.decode(Int64.self) { self = .int(value); return }
    if let value = try? container.decode(Double.self) { self = .fraction(value); return }
    if let value = try? container.decode(String.self) { self = .string(value); return }
    if let value = try? container.decode([ObjectTree].self) { self = .array(value); return }
    self = .object(try container.decode([String: ObjectTree].self))
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .int(let value): try container.encode(value)
    case .fraction(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }

  /// Without what the cluster writes by itself: as it can be put back.
  var lasting: ObjectTree {
    guard case .object(var members) = self, case .object(var metadata)? = members["metadata"] else { return self }
    for name in ["resourceVersion", "uid", "creationTimestamp", "generation", "managedFields", "selfLink"] { metadata[name] = nil }
    members["metadata"] = .object(metadata)
    members["status"] = nil
    return .object(members)
  }

  private static let appliedNote = "kubectl.kubernetes.io/last-applied-configuration"
  /// What `kubectl apply` wrote last into it.
  var lastApplied: String? { self["metadata"]?["annotations"]?[Self.appliedNote]?.string }

  /// Without that.
  var withoutApplied: ObjectTree {
    guard case .object(var members) = self, case .object(var metadata)? = members["metadata"], case .object(var notes)? = metadata["annotations"] else { return self }
    notes[Self.appliedNote] = nil
    metadata["annotations"] = notes.isEmpty ? nil : .object(notes)
    members["metadata"] = .object(metadata)
    return .object(members)
  }
}
