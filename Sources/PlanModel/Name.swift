public import Diagnostics

/// The name of something in a plan. `Of` tells names of different things apart, so that a server's name is never taken for a store's.
///
/// Names are lower-case words joined by `-`, at most 63 characters, beginning with a letter: they become parts of paths, database names
/// and command lines.
public struct Name<Of>: Hashable, Comparable, Sendable, RawRepresentable, CustomStringConvertible {
  public let rawValue: String
  /// Takes any text; `Name.problem(in:)` tells whether a text an author wrote is a proper name.
  public init(rawValue: String) { self.rawValue = rawValue }
  public var description: String { rawValue }
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

  /// What is wrong with a text as a name, or nil.
  public static func problem(in text: String) -> String? {
    guard !text.isEmpty else { return "a name cannot be empty" }
    guard text.utf8.count <= 63 else { return "a name has at most 63 characters" }
    guard let first = text.utf8.first, first >= 0x61, first <= 0x7A else { return "a name begins with a lower-case letter" }
    let allowed = text.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2D }
    guard allowed, text.utf8.last != 0x2D else { return "a name holds lower-case letters, digits and `-` between them" }
    return nil
  }
}

extension Name: ExpressibleByStringLiteral {
  public init(stringLiteral value: String) { rawValue = value }
}

extension Name: Codable, CodingKeyRepresentable {
  public init(from decoder: any Decoder) throws { rawValue = try decoder.singleValueContainer().decode(String.self) }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
  public var codingKey: any CodingKey { NameKey(stringValue: rawValue) }
  public init?<K: CodingKey>(codingKey: K) { rawValue = codingKey.stringValue }
}

private struct NameKey: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

public typealias SiteName = Name<Site>
public typealias SecretName = Name<Secret>
public typealias ServerName = Name<Server>
public typealias StoreName = Name<Store>
public typealias ProbeName = Name<Probe>
public typealias DataClassName = Name<DataClass>
public typealias ProtectionName = Name<Protection>
public typealias ScenarioName = Name<Scenario>
public typealias StepName = Name<Step>

/// What a step does, as `provider.verb`: `postgresql.restore`.
public struct StepKindName: Hashable, Comparable, Sendable, RawRepresentable, Codable, ExpressibleByStringLiteral, CustomStringConvertible {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }
  public init(stringLiteral value: String) { rawValue = value }
  public init(from decoder: any Decoder) throws { rawValue = try decoder.singleValueContainer().decode(String.self) }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
  public var description: String { rawValue }
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// A value together with the place where its author wrote it.
public struct Located<Value> {
  public var value: Value
  public var span: SourceSpan
  public init(_ value: Value, at span: SourceSpan) { self.value = value; self.span = span }
  public func map<Other>(_ transform: (Value) -> Other) -> Located<Other> { Located<Other>(transform(value), at: span) }
}

extension Located: Sendable where Value: Sendable {}
extension Located: Equatable where Value: Equatable {}
extension Located: Hashable where Value: Hashable {}
