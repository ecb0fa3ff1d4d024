public import Diagnostics
internal import Hashing

/// A path as other tools write it: from the root of the repository, where lint is run.
public func repositoryPath(_ path: String) -> String { path.hasPrefix("./") ? String(path.dropFirst(2)) : path }

extension LintResult {
  /// What tells each finding from the others and knows it again in a later version of the file, also of those that are ignored. It rests on
  /// the code, the address in the plan and the names in the summary: not on lines, and not on figures.
  public func fingerprints(of path: String) -> [Diagnostic: String] {
    var met: [String: Int] = [:]
    return (diagnostics + ignored.map(\.finding)).sorted().reduce(into: [:]) { prints, finding in
      let identity = [repositoryPath(path) + (environment.map { " (\($0))" } ?? ""), finding.code.rawValue, addresses.address(of: finding.span)] + names(in: finding.summary)
      let text = identity.joined(separator: "\n")
      met[text, default: 0] += 1
      prints[finding] = String(SHA256Digest.of("\(text)\n\(met[text] ?? 1)".utf8).hex.prefix(32))
    }
  }

  /// What stands in back quotes.
  private func names(in summary: String) -> [String] {
    summary.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }
}
