public import CanonicalJSON
public import Diagnostics
public import Units
public import YAMLReading

/// Gathers what is wrong while a plan is read, so that a person sees all of it at once.
public final class DiagnosticCollector {
  public private(set) var diagnostics: [Diagnostic] = []
  public init() {}
  public func add(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }
  public func add(contentsOf more: [Diagnostic]) { diagnostics += more }
}

/// Reads the members of one mapping: each getter takes a key, checks its value and reports what is wrong; `finish` reports the keys
/// that nobody asked for, with the nearest known ones.
///
/// A getter returns nil both where the key is missing and where its value is wrong; a wrong value has been reported by then.
public struct MappingReader: ~Copyable {
  /// What a mapping is, for messages: "`PART` of the step `NAME`". Put together only when something is to be said.
  public struct Subject: ExpressibleByStringInterpolation {
    private let part: String?, noun: String, name: String?
    /// - Parameter part: a key or kind, if the mapping is a part of what is named.
    public init(part: String? = nil, of noun: String, _ name: String? = nil) { self.part = part; self.noun = noun; self.name = name }
    public init(stringLiteral text: String) { self.init(of: text) }
    var text: String { (part.map { "`\($0)` of " } ?? "") + noun + (name.map { " `\($0)`" } ?? "") }
  }

  public var what: String { subject.text }
  private let subject: Subject
  private let mapping: YAMLNode
  private let count: Int
  public let collector: DiagnosticCollector
  /// What was asked for, with repetitions.
  private var asked: [String] = []
  /// Of each member.
  private var isKnown: [Bool]
  /// Whoever reads members by names of their own reads all of them.
  private var readsAll = false

  /// Nil, and reported, if the node is not a mapping. An empty value counts as an empty mapping.
  public init?(_ node: YAMLNode, _ subject: Subject, _ collector: DiagnosticCollector) {
    guard let count = node.memberCount ?? (node.scalar?.coreType == .null ? 0 : nil) else {
      collector.add(Diagnostic("wrong-type", "\(subject.text) is \(node.kindName), not a mapping", at: node.span, label: "expected `key: value` pairs"))
      return nil
    }
    mapping = node
    self.count = count
    isKnown = Array(repeating: false, count: count)
    self.subject = subject
    self.collector = collector
  }

  /// For whoever has the text already.
  public init?(_ node: YAMLNode, _ what: String, _ collector: DiagnosticCollector) { self.init(node, Subject(of: what), collector) }

  public var span: SourceSpan { mapping.span }
  private var members: [YAMLMember] { (0..<count).map(mapping.member) }
  private func number(of key: String) -> Int? { count == 0 ? nil : mapping.memberNumber(of: key) }

  /// Where the whole member `key` stands, or the mapping itself.
  public func span(of key: String) -> SourceSpan { number(of: key).map { mapping.member($0).keySpan } ?? span }

  public var keys: [String] { members.map(\.key) }
  /// Whether the key is there; it stays unread.
  public func contains(_ key: String) -> Bool { number(of: key) != nil }
  /// The keys that hold this character.
  func keys(with character: UInt8) -> [String] {
    var found: [String] = []
    mapping.forEachChild { key, _ in if let key, key.bytes?.contains(character) ?? false, let text = key.scalar?.text { found.append(text) } }
    return found
  }

  /// The value of `key`, unread.
  public mutating func node(_ key: String) -> YAMLNode? {
    if asked.isEmpty { asked.reserveCapacity(12) }
    asked.append(key)
    guard let number = number(of: key) else { return nil }
    isKnown[number] = true
    return mapping.memberValue(number)
  }

  /// The members that are read by name of their own: for maps keyed by names.
  public mutating func allMembers() -> [YAMLMember] {
    readsAll = true
    return members
  }

  public mutating func required(_ key: String, example: String) -> YAMLNode? {
    if let node = node(key) { return node }
    collector.add(Diagnostic("missing-key", "\(what) has no `\(key)`", at: span, helps: ["add `\(key): \(example)`"]))
    return nil
  }

  public consuming func finish() {
    guard !readsAll, isKnown.contains(false) else { return }
    let members = members
    var known: [String] = []
    for key in asked where !known.contains(key) { known.append(key) }
    func fix(_ member: YAMLMember, _ near: [String]) -> Diagnostic.Fix? {
      guard near.count == 1, !members.contains(where: { $0.key == near[0] }) else { return nil }
      return Diagnostic.Fix(member.keySpan, near[0], isSafe: true)
    }
    for (index, member) in members.enumerated() where !isKnown[index] {
      let near = nearestNames(to: member.key, in: known)
      let help = near.isEmpty ? "known here: " + known.map { "`\($0)`" }.joined(separator: ", ") : "did you mean " + near.map { "`\($0)`" }.joined(separator: " or ") + "?"
      collector.add(Diagnostic("unknown-key", "\(what) has no key `\(member.key)`", at: member.keySpan, label: "not known here", helps: [help]).fixed(by: fix(member, near)))
    }
  }
}

// MARK: Values

extension MappingReader {
  public mutating func text(_ key: String) -> Located<String>? {
    node(key).flatMap { value($0, key, expected: "text") { $0.text.isEmpty || $0.coreType == .null ? nil : $0.text } }
  }

  public mutating func requiredText(_ key: String, example: String) -> Located<String>? {
    guard required(key, example: example) != nil else { return nil }
    return text(key)
  }

  public mutating func integer(_ key: String, in range: ClosedRange<Int>) -> Located<Int>? {
    node(key).flatMap {
      value($0, key, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") { scalar in
        guard scalar.coreType == .int, let number = Int(scalar.text), range.contains(number) else { return nil }
        return number
      }
    }
  }

  /// A share as `50%`, in percent.
  public mutating func percentage(_ key: String) -> Located<Int>? {
    node(key).flatMap {
      value($0, key, expected: "a share from `0%` to `100%`") { scalar in
        guard scalar.text.last == "%", let number = Int(scalar.text.dropLast()), (0...100).contains(number), scalar.text.first?.isNumber == true else { return nil }
        return number
      }
    }
  }

  public mutating func bool(_ key: String) -> Located<Bool>? {
    node(key).flatMap { value($0, key, expected: "true or false") { if case .bool(let value) = $0.coreType { value } else { nil } } }
  }

  /// An instant, or the beginning of a day in UTC.
  public mutating func date(_ key: String) -> Located<Timestamp>? {
    node(key).flatMap {
      value($0, key, expected: "a day such as `2027-01-01`, or a time such as `2027-01-01T08:00:00Z`") { Timestamp($0.text) ?? Timestamp($0.text + "T00:00:00Z") }
    }
  }

  /// A length of time that must not be zero: a time-out, a period.
  public mutating func positiveTimeSpan(_ key: String) -> Located<TimeSpan>? {
    node(key).flatMap {
      value($0, key, expected: "a length of time longer than zero, such as `90s` or `30m`") { TimeSpan($0.text).flatMap { $0 > .zero ? $0 : nil } }
    }
  }

  public mutating func timeSpan(_ key: String) -> Located<TimeSpan>? {
    node(key).flatMap { value($0, key, expected: "a length of time with its unit, such as `90s`, `30m`, `1h30m` or `7d`") { TimeSpan($0.text) } }
  }

  public mutating func byteCount(_ key: String) -> Located<ByteCount>? {
    node(key).flatMap { value($0, key, expected: "a size with its unit, such as `120GB` or `64MiB`") { ByteCount($0.text) } }
  }

  public mutating func byteRate(_ key: String) -> Located<ByteRate>? {
    node(key).flatMap { value($0, key, expected: "a rate, such as `200MB/s`") { ByteRate($0.text) } }
  }

  /// A size that leaves a point of a terabyte with no more than a million objects, and a piece small enough to be read again.
  public mutating func pieceSize(_ key: String) -> Located<ByteCount>? {
    node(key).flatMap {
      value($0, key, expected: "a size from `1MB` to `100GB`") { scalar in
        ByteCount(scalar.text).flatMap { (1_000_000...100_000_000_000).contains($0.bytes) ? $0 : nil }
      }
    }
  }

  public mutating func pace(_ key: String) -> Located<Pace>? {
    node(key).flatMap {
      value($0, key, expected: "a length of time such as `9m`, or a rate such as `200MB/s`") { scalar in
        TimeSpan(scalar.text).map(Pace.takes) ?? ByteRate(scalar.text).map(Pace.rate)
      }
    }
  }

  public mutating func capacity(_ key: String) -> Located<Capacity>? {
    node(key).flatMap { value($0, key, expected: "a number of turns from 1 to 1000, or a rate such as `300MB/s`") { Capacity($0.text) } }
  }

  public mutating func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, of type: Choice.Type) -> Located<Choice>? where Choice.RawValue == String {
    let all = Choice.allCases.map(\.rawValue)
    return node(key).flatMap {
      let near = $0.scalar.flatMap { nearestNames(to: $0.text, in: all).first }
      let helps = near.map { ["did you mean `\($0)`?"] } ?? []
      return value($0, key, expected: "one of " + all.map { "`\($0)`" }.joined(separator: ", "), helps: helps) { Choice(rawValue: $0.text) }
    }
  }

  public mutating func name<Of>(_ key: String, of _: Of.Type = Of.self) -> Located<Name<Of>>? {
    text(key).map { $0.map { Name<Of>(rawValue: $0) } }
  }

  /// A list of texts, or one text alone.
  public mutating func texts(_ key: String) -> [Located<String>]? { node(key).flatMap { list($0, key) } }

  public mutating func names<Of>(_ key: String, of _: Of.Type = Of.self) -> [Located<Name<Of>>] {
    let names: [Located<Name<Of>>] = (texts(key) ?? []).map { $0.map { Name<Of>(rawValue: $0) } }
    for (index, name) in names.enumerated() where names.prefix(index).contains(where: { $0.value == name.value }) {
      collector.add(Diagnostic("named-twice", "`\(key)` of \(what) names `\(name.value)` twice", at: name.span, helps: ["remove one of the two"]))
    }
    return names
  }

  /// An argument list: a program and its arguments, never one text for a shell to split.
  public mutating func arguments(_ key: String) -> [String]? {
    guard let node = node(key) else { return nil }
    return argumentList(node, "`\(key)` of \(what)")
  }

  public func argumentList(_ node: YAMLNode, _ what: @autoclosure () -> String) -> [String]? {
    guard let count = node.elementCount else {
      let what = what()
      collector.add(
        Diagnostic(
          "wrong-type", "\(what) is \(node.kindName), not an argument list", at: node.span, label: "expected a list: the program, then each argument",
          notes: ["a text would have to be split by a shell, which treats spaces and quotes in values as syntax"],
          helps: ["write `[program, argument, …]`; for a shell on purpose: `[sh, -c, TEXT]`"]))
      return nil
    }
    var texts: [String] = []
    texts.reserveCapacity(count)
    for index in 0..<count {
      let element = node.element(index)
      guard let scalar = element.scalar, scalar.coreType != .null || !scalar.isPlain else {
        collector.add(Diagnostic("wrong-type", "an argument of \(what()) is \(element.kindName), not text", at: element.span))
        continue
      }
      texts.append(scalar.text)
    }
    guard texts.count == count else { return nil }
    guard let program = texts.first, !program.isEmpty else {
      collector.add(Diagnostic("wrong-type", "\(what()) names no program", at: node.span, helps: ["write `[program, argument, …]`"]))
      return nil
    }
    return texts
  }

  private func list(_ node: YAMLNode, _ key: String) -> [Located<String>]? {
    switch node.content {
    case .scalar: value(node, key, expected: "a list of names") { $0.text.isEmpty ? nil : $0.text }.map { [$0] }
    case .sequence(let elements): elements.compactMap { value($0, key, expected: "a name") { $0.text.isEmpty ? nil : $0.text } }
    case .mapping: value(node, key, expected: "a list of names") { $0.text }.map { [$0] }
    }
  }

  private func value<Value>(_ node: YAMLNode, _ key: String, expected: @autoclosure () -> String, helps: [String] = [], _ convert: (YAMLScalar) -> Value?) -> Located<Value>? {
    if let scalar = node.scalar, let value = convert(scalar) { return Located(value, at: node.span) }
    let shown = node.scalar.map { $0.text.isEmpty ? "empty" : "`\($0.text)`" } ?? node.kindName
    collector.add(Diagnostic("wrong-value", "`\(key)` of \(what) is \(shown)", at: node.span, label: "expected \(expected())", helps: helps))
    return nil
  }
}

/// Any YAML as JSON: for values that are only compared. Numbers must be whole.
public func jsonValue(_ node: YAMLNode) -> JSONValue? {
  switch node.content {
  case .scalar(let scalar):
    switch scalar.coreType {
    case .null: return .null
    case .bool(let value): return .bool(value)
    case .int: return Int64(scalar.text).map(JSONValue.int) ?? .string(scalar.text)
    case .float, .string: return .string(scalar.text)
    }
  case .sequence(let elements): return .array(elements.compactMap(jsonValue))
  case .mapping(let members): return .object(Dictionary(members.compactMap { member in jsonValue(member.value).map { (member.key, $0) } }) { first, _ in first })
  }
}
