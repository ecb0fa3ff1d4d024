internal import CanonicalJSON
internal import Diagnostics
internal import PlanLinting
internal import Reporting

/// A file of findings that were there when lint was taken up: they are not reported, new ones are.
struct Baseline: Codable {
  struct Entry: Codable {
    var path, code, fingerprint: String
  }
  var formatVersion = 1
  var findings: [Entry]

  /// Everything that may be in it.
  init(_ files: [LintedFile]) {
    findings = files.flatMap { file, result in
      let prints = result.fingerprints(of: file.path)
      return result.diagnostics.filter(result.canBeIgnored).map { Entry(path: file.path, code: $0.code.rawValue, fingerprint: prints[$0] ?? "") }
    }
  }

  init(at path: String) throws(CommandFailure) {
    let bytes = try Files.read(path)
    guard let baseline = try? CanonicalJSON.decode(Baseline.self, from: bytes), baseline.formatVersion == 1 else {
      throw CommandFailure(
        "baseline-unreadable", "\(path) is no baseline that this sie-dr can read", helps: ["write it anew: `sie-dr lint PATH… --baseline \(path) --write-baseline`"])
    }
    self = baseline
  }

  func write(to path: String) throws { try Files.write(Array(try CanonicalJSON.prettyText(self).utf8), to: path, mode: 0o644) }

  /// The same files without what is in the baseline, and how many of its entries are of nothing that is there.
  func applied(to files: [LintedFile], named name: String) -> (files: [LintedFile], stale: Int) {
    let known = Set(findings.map(\.fingerprint))
    var met: Set<String> = []
    let left = files.map { linted -> LintedFile in
      var result = linted.result
      met.formUnion(result.apply(baseline: known, named: name, path: linted.file.path))
      return (linted.file, result)
    }
    return (left, known.subtracting(met).count)
  }
}
