internal import CanonicalJSON
internal import Diagnostics
internal import PlanLinting

/// GitLab's code quality report: findings beside the lines of a merge request.
func lintGitLab(_ results: [LintedFile]) throws -> String {
  try CanonicalJSON.prettyText(
    results.flatMap { file, result in
      let prints = result.fingerprints(of: file.path)
      return result.diagnostics.map { finding in
        Entry(
          description: finding.wholeText, check_name: finding.code.rawValue, fingerprint: prints[finding] ?? "", severity: severity(finding),
          location: .init(
            path: repositoryPath(finding.span?.path ?? file.path), lines: .init(begin: finding.span?.start.line ?? 1, end: finding.span?.end.line ?? 1)))
      }
    })
}

private struct Entry: Encodable {
  struct Location: Encodable { var path: String; var lines: Lines }
  struct Lines: Encodable { var begin: Int; var end: Int }
  var description, check_name, fingerprint, severity: String
  var location: Location
}

private func severity(_ finding: Diagnostic) -> String {
  switch finding.severity {
  case .error: objectiveBreaches.contains(finding.code) ? "critical" : "major"
  case .warning: "minor"
  case .note: "info"
  }
}
