internal import Diagnostics
internal import PlanModel

extension Choice {
  /// A choice gives what each of its branches gives: a branch without it would leave whoever takes it empty-handed.
  func problems(in scenario: Scenario, _ kinds: StepKinds) -> [Diagnostic] {
    gives.flatMap { output in
      branches.compactMap { branch -> Diagnostic? in
        let kinds = scenario.steps.filter { branch.steps.contains($0.name.value) }.compactMap { kinds[$0.kind.value] }
        guard !kinds.isEmpty, !kinds.contains(where: { $0.gives(output.value) }) else { return nil }
        let known = Set(kinds.flatMap(\.outputs.keys)).sorted().map { "`\($0)`" }.joined(separator: ", ")
        return Diagnostic(
          "unknown-reference", "no step of the branch `\(branch.name.value)` of `\(name.value)` gives the output `\(output.value)`", at: output.span,
          label: "each branch must give it", related: [.init(span: branch.name.span, label: "the branch")],
          helps: [known.isEmpty ? "its steps have no outputs" : "its steps give \(known)"])
      }
    }
  }

  func givesNo(_ output: String) -> String? {
    guard !gives.contains(where: { $0.value == output }) else { return nil }
    return gives.isEmpty ? "add `gives: \(output)` to `\(name.value)`, if each of its branches gives it" : "`\(name.value)` gives " + gives.map { "`\($0.value)`" }.joined(separator: ", ")
  }
}
