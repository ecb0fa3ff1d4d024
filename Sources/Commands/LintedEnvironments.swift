internal import Diagnostics
internal import PlanLinting
internal import PlanModel
internal import Reporting

/// The plan as it was asked for; where nobody asked for one of its environments, the plan as it stands (unless it is whole in an environment only)
/// and each of them. What is found in several is told once, where it is met first.
func lintedEnvironments(_ file: SourceFile, _ composition: PlanComposition, _ lint: (PlanComposition) -> LintResult) -> [LintedFile] {
  let first = lint(composition)
  guard composition.environment == nil, composition.overlays.isEmpty, !first.environments.isEmpty else { return [(file, first)] }
  var results = first.needsEnvironment ? [] : [first]
  for name in first.environments {
    var composition = composition
    composition.environment = name
    results.append(lint(composition))
  }
  var known: Set<Diagnostic> = []
  return results.map { result in
    var told = result
    told.diagnostics.removeAll { known.contains($0) }
    told.ignored.removeAll { known.contains($0.finding) }
    if let name = result.environment { for at in told.diagnostics.indices { told.diagnostics[at].notes.append("in the environment `\(name)`") } }
    known.formUnion(result.diagnostics + result.ignored.map(\.finding))
    return (file, told)
  }
}
