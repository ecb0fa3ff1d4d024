public import PlanModel
internal import ProviderInterface

/// What OpenSSH's file of allowed signers says, as far as names go: whose keys are in it. What it means for a signature, `ssh-keygen` decides.
public struct AllowedSigners: Sendable {
  private struct Line: Sendable {
    var text: String
    /// Names, or patterns of names.
    var principals: [String]
    /// The key, in base64.
    var key: String?
  }
  private let all: [Line]

  public init(_ text: String) { self.init(lines: text.split(whereSeparator: \.isNewline).map(String.init)) }

  public init(lines: [String]) {
    all = lines.compactMap { text in
      let line = text.drop { $0 == " " || $0 == "\t" }
      guard let first = line.first, first != "#" else { return nil }
      let isQuoted = first == "\""
      let head = isQuoted ? line.dropFirst().prefix { $0 != "\"" } : line.prefix { $0 != " " && $0 != "\t" }
      let rest = line[head.endIndex...].dropFirst(isQuoted ? 1 : 0).split { $0 == " " || $0 == "\t" }
      // Options come before the kind of the key.
      let kind = rest.firstIndex { $0.hasPrefix("ssh-") || $0.hasPrefix("ecdsa-") || $0.hasPrefix("sk-") }
      let key = kind.flatMap { $0 + 1 < rest.count ? String(rest[$0 + 1]) : nil }
      return Line(text: String(line), principals: head.split(separator: ",").map(String.init), key: key)
    }
  }

  /// The lines that can be about these names. A pattern can be about anybody.
  public func lines(of names: [String]) -> [String] {
    all.filter { line in line.principals.contains { names.contains($0) || Self.isPattern($0) } }.map(\.text)
  }

  /// Those of the names who have no key.
  public func withoutKey(_ names: [String]) -> [String] {
    names.filter { name in !all.contains { line in line.key != nil && line.principals.contains { $0 == name || Self.isPattern($0) } } }
  }

  /// The names that this key (in base64) can sign as.
  public func names(of key: String) -> [String] {
    all.filter { $0.key == key }.flatMap(\.principals).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  private static func isPattern(_ name: String) -> Bool { name.contains { $0 == "*" || $0 == "?" || $0 == "!" } }
}

/// A gate that can never open, because too few have a key to sign with.
public struct Unsignable: Hashable, Sendable {
  /// Nil: before the first step.
  public var step: StepName?
  /// Those who have none.
  public var names: [String]
  public var problem: String {
    "nobody can approve \(step.map { "`\($0)`" } ?? "it"): the file of signers has no key of " + names.map { "`\($0)`" }.joined(separator: ", ")
  }
}

extension Changeset {
  /// What waits for signatures, with the rule; the first step's wait has no name.
  public var approvals: [(step: StepName?, rule: ApprovalRule)] {
    (approval.map { [(nil, $0)] } ?? []) + steps.compactMap { step in step.specification.approval.map { (step.specification.name, $0) } }
  }

  public var unsignable: [Unsignable] {
    let signers = AllowedSigners(lines: signers ?? [])
    return approvals.compactMap { step, rule in
      let missing = signers.withoutKey(rule.by)
      let canBreak = rule.breakGlass.map { signers.withoutKey($0.by).count < $0.by.count } ?? false
      guard rule.by.count - missing.count < rule.atLeast, !canBreak else { return nil }
      return Unsignable(step: step, names: missing)
    }
  }
}
