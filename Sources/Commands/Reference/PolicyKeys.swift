internal import Diagnostics
internal import PlanLinting

/// A policy of lint.
extension PlanKeys {
  static let policy: [PlanKey] = [
    PlanKey("apiVersion", .constant("sie-dr/v1"), required: true, "The version of the language."),
    PlanKey("kind", .constant("LintPolicy"), required: true, "What the file is."),
    PlanKey("require", .object(required), "The least that every plan must offer."),
    PlanKey("severity", .object(rules.map { PlanKey($0.code.rawValue, .choice(LintPolicy.Level.allCases.map(\.rawValue)), $0.summary) }), "How much a rule weighs."),
    PlanKey("neverIgnore", .list(.choice(rules.map(\.code.rawValue))), "Rules that no plan may ignore."),
  ]
  private static let rules = lintRules.filter { ignorableCodes.contains($0.code) }
  private static let required = [
    PlanKey(
      "objectives", .object([PlanKey("rpo", .timeSpan, "The weakest RPO that a plan may state."), PlanKey("rto", .timeSpan, "The weakest RTO.")]),
      "Targets that every plan must state."),
    PlanKey("copies", .integer(1...20), "In how many stores each point lies."), PlanKey("sites", .integer(1...20), "In how many sites these are."),
    PlanKey("approvers", .integer(1...20), "How many people must agree to each scenario."),
    PlanKey("drills", .object([PlanKey("every", .timeSpan, required: true, "The longest interval.")]), "How often each scenario is exercised."),
  ]
}
