public import Diagnostics
internal import PlanModel
public import Units

/// What can be wrong with an ignore itself.
public enum IgnoreCode: String, CaseIterable, Sendable {
  case expired = "ignore-expired"
  case notAllowed = "ignore-not-allowed"
  case unused = "ignore-unused"

  public var code: DiagnosticCode { DiagnosticCode(rawValue: rawValue) }
  public var severity: Severity { self == .unused ? .warning : .error }

  /// One line for the reference: when it is reported.
  public var meaning: String {
    switch self {
    case .expired: "The last day of an ignore is over, and what it hid is still there."
    case .notAllowed: "An ignore of something that nobody may ignore."
    case .unused: "An ignore that hides nothing: what it was for is mended, or stands elsewhere."
    }
  }
}

/// Rules whose findings nobody may ignore: what breaks an objective, and what gives a secret away. Neither can what reading finds.
public let unignorable: Set<DiagnosticCode> = objectiveBreaches.union(["secret-literal"])

/// A finding that somebody chose not to be told of.
public struct IgnoredFinding: Sendable {
  public enum Place: String, Sendable, Codable, CaseIterable { case plan, baseline }
  public var finding: Diagnostic
  public var place: Place
  public var reason: String
  public var until: Timestamp?
}

extension LintResult {
  /// Takes away what the plan ignores, and says what is wrong with its ignores. Without `now` no ignore is over: lint has no clock.
  mutating func apply(_ ignores: [LintIgnore], now: Timestamp?) {
    var remarks: [Diagnostic] = []
    for ignore in ignores {
      if let problem = problem(of: ignore) {
        remarks.append(problem)
        continue
      }
      let found = diagnostics.filter { $0.code.rawValue == ignore.rule.value }
      let hidden = Set(found.filter { addresses.address(of: $0.span).isAddress(in: ignore.at.value) })
      if hidden.isEmpty {
        if isWhole { remarks.append(unused(ignore, found)) }
      } else if let now, let until = ignore.until, now >= until.value {
        remarks.append(
          Diagnostic(
            IgnoreCode.expired.code, "the ignore of `\(ignore.rule.value)` at `\(ignore.at.value)` was for the time until \(until.value)", at: until.span,
            label: "over", notes: ["its reason was: \(ignore.reason)"], helps: ["mend what it hid, or decide again: a new reason and a new day"]))
      } else {
        diagnostics.removeAll { hidden.contains($0) }
        ignored += hidden.sorted().map { IgnoredFinding(finding: $0, place: .plan, reason: ignore.reason, until: ignore.until?.value) }
      }
    }
    diagnostics = (diagnostics + remarks).sorted()
  }

  /// Takes away what was there when the baseline was written; gives the entries that it found.
  public mutating func apply(baseline: Set<String>, named name: String, path: String) -> Set<String> {
    let prints = fingerprints(of: path)
    let hidden = diagnostics.filter { canBeIgnored($0) && prints[$0].map(baseline.contains) ?? false }
    diagnostics.removeAll { hidden.contains($0) }
    ignored += hidden.map { IgnoredFinding(finding: $0, place: .baseline, reason: "in the baseline \(name)") }
    return Set(hidden.compactMap { prints[$0] })
  }

  /// What a baseline may hold.
  public func canBeIgnored(_ finding: Diagnostic) -> Bool { ignorableCodes.contains(finding.code) && neverIgnored[finding.code] == nil }

  private func problem(of ignore: LintIgnore) -> Diagnostic? {
    let rule = DiagnosticCode(rawValue: ignore.rule.value)
    if let forbidden = neverIgnored[rule] {
      return Diagnostic(
        IgnoreCode.notAllowed.code, "the policy lets nobody ignore `\(rule)`", at: ignore.rule.span, related: [.init(span: forbidden, label: "said here")],
        helps: ["mend what it finds, or let the policy be changed"])
    }
    guard !ignorableCodes.contains(rule) else { return nil }
    guard explanations.contains(where: { $0.code == rule }) else { return unknownRule(ignore.rule) }
    return Diagnostic(
      IgnoreCode.notAllowed.code, "`\(rule)` cannot be ignored", at: ignore.rule.span,
      label: "breaks an objective, gives a secret away, or keeps the plan from being read",
      helps: ["mend what it finds; where a target cannot be met, state the one that can"])
  }

  private func unused(_ ignore: LintIgnore, _ found: [Diagnostic]) -> Diagnostic {
    let elsewhere = found.map { "`\(addresses.address(of: $0.span))`" }.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    return Diagnostic(
      IgnoreCode.unused.code, IgnoreCode.unused.severity, "nothing at `\(ignore.at.value)` is `\(ignore.rule.value)`", at: ignore.at.span, label: "hides nothing",
      helps: ["remove it" + (elsewhere.isEmpty ? "" : "; the rule finds something at " + elsewhere.prefix(3).joined(separator: ", "))])
  }
}

/// The finding for a name that is no rule's.
func unknownRule(_ name: Located<String>) -> Diagnostic {
  let near = nearestNames(to: name.value, in: ignorableCodes.map(\.rawValue).sorted())
  return Diagnostic(
    PlanCode.unknownReference.code, "lint has no rule `\(name.value)`", at: name.span,
    helps: [near.isEmpty ? "`sie-dr explain` lists them" : "did you mean " + near.map { "`\($0)`" }.joined(separator: " or ") + "?"])
}

public let ignorableCodes = Set(lintRules.map(\.code)).subtracting(unignorable)

extension String {
  /// Whether this address is `part`, or lies in it.
  fileprivate func isAddress(in part: String) -> Bool { self == part || hasPrefix(part + ".") }
}
