public import Diagnostics
internal import PlanModel
internal import Units

/// What an organisation asks of every plan, beside what the plan asks of itself.
public struct LintPolicy: Sendable {
  public enum Level: String, Sendable, CaseIterable {
    case none, note, warning, error
    var severity: Severity? { Severity(rawValue: rawValue) }
  }
  public let file: SourceFile
  /// The weakest targets that a plan may state.
  var rpo: Located<TimeSpan>?
  var rto: Located<TimeSpan>?
  /// In how many stores each point lies, and in how many sites these are.
  var copies: Located<Int>?
  var sites: Located<Int>?
  /// How many people must agree to each scenario.
  var approvers: Located<Int>?
  /// The longest interval between drills of each scenario.
  var drills: Located<TimeSpan>?
  var levels: [DiagnosticCode: Level] = [:]
  /// Rules that no plan may ignore, and where the policy says so.
  var neverIgnored: [DiagnosticCode: SourceSpan] = [:]

  /// The findings with the severities that the policy gives them, without those that it turns off.
  func weighed(_ findings: [Diagnostic]) -> [Diagnostic] {
    findings.compactMap { finding in
      guard let level = levels[finding.code] else { return finding }
      guard let severity = level.severity else { return nil }
      var weighed = finding
      weighed.severity = severity
      return weighed
    }
  }
}

/// What a plan can owe a policy. All are errors, and none can be ignored: an exception belongs into the policy.
public enum PolicyCode: String, CaseIterable, Sendable {
  case approvers = "policy-approvers"
  case copies = "policy-copies"
  case drills = "policy-drills"
  case objectives = "policy-objectives"
  case sites = "policy-sites"

  public var code: DiagnosticCode { DiagnosticCode(rawValue: rawValue) }

  /// One line for the reference: when it is reported.
  public var meaning: String {
    switch self {
    case .approvers: "A scenario is approved by fewer people than the policy asks for."
    case .copies: "Points lie in fewer stores than the policy asks for."
    case .drills: "A scenario is exercised less often than the policy asks for."
    case .objectives: "A plan states no target, or a weaker one than the policy allows."
    case .sites: "Points lie in fewer sites than the policy asks for."
    }
  }
}
