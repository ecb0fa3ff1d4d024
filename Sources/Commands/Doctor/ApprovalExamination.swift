internal import ChangePlanning
internal import PlanModel
internal import ProviderInterface

/// Whether those who are asked for approvals have keys. Pure: the file's text is handed in.
enum ApprovalExamination {
  static func outcomes(_ plan: TypedPlan, signers text: String, file: String) -> [CheckOutcome] {
    let signers = AllowedSigners(text)
    return plan.scenarios.compactMap { scenario in
      let rules = [scenario.scenario.approval?.rule].compactMap { $0 } + scenario.steps.compactMap(\.specification.approval)
      guard !rules.isEmpty else { return nil }
      let name = scenario.scenario.name.value.rawValue
      let asked = rules.flatMap(\.everybody).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      let missing = signers.withoutKey(asked)
      guard !missing.isEmpty else { return CheckOutcome(name, .ok, "everybody who is asked has a key in \(file)") }
      let isShut = rules.contains { rule in
        rule.by.count - signers.withoutKey(rule.by).count < rule.atLeast && rule.breakGlass.map { signers.withoutKey($0.by).count == $0.by.count } ?? true
      }
      return CheckOutcome(
        name, isShut ? .failed : .warning, "\(file) has no key of " + missing.map { "`\($0)`" }.joined(separator: ", ") + (isShut ? ": nobody could approve it" : ""),
        helps: ["add a line `NAME KEYTYPE KEY` for each, as in their `~/.ssh/id_ed25519.pub`"])
    }
  }
}
