internal import Diagnostics
internal import PlanLinting
internal import Units

/// `lint --fix`.
struct LintFixes {
  /// Or only says what it would do.
  var writes: Bool
  var policy: LintPolicy?
  var now: Timestamp?

  /// What is changed goes to standard error: the report stays what it is.
  func make(in files: [String], _ console: Console) throws(CommandFailure) {
    for path in files {
      let file = SourceFile(path: path, bytes: try Files.read(path))
      let fixed = fixing(file) { file in
        lint(file, kinds: Providers.kinds, protection: Providers.protection, now: now, policy: policy, evidence: EvidenceFiles(plan: path).callAsFunction).diagnostics
      }
      for change in fixed.changes { console.writeError("\(path):\(change.line): \(writes ? "" : "would have ")\(change.what) (\(change.code))\n") }
      if writes, fixed.file.bytes != file.bytes { try Files.replace(path, with: fixed.file.bytes) }
    }
  }
}

extension FixedPlan.Change {
  fileprivate var what: String {
    let (before, after) = (before.oneLine, after.oneLine)
    return before.isEmpty ? "put in `\(after)`" : "written `\(after)` for `\(before)`"
  }
}

extension String {
  fileprivate var oneLine: String { String(replacing("\n", with: " ").drop { " ,".contains($0) }) }
}
