public import Diagnostics

/// A plan with the safe fixes of its findings made, and what was changed.
public struct FixedPlan: Sendable {
  public struct Change: Sendable {
    /// In the text as it was when it was made.
    public var line: Int
    public var before: String
    public var after: String
    public var code: DiagnosticCode
  }
  public var file: SourceFile
  public var changes: [Change]
}

/// Makes the safe fixes until there are none left; comments and everything else stay as they are. A mended key shows what stands below it, so it takes more
/// than one look; how many are needed is limited by the depth of a plan.
public func fixing(_ file: SourceFile, findings: (SourceFile) -> [Diagnostic]) -> FixedPlan {
  var plan = FixedPlan(file: file, changes: [])
  for _ in 0..<8 {
    let fixes = findings(plan.file).compactMap { finding in
      finding.fixes.first { $0.isSafe && $0.span.path == plan.file.path }.map { (finding.code, $0) }
    }
    guard !fixes.isEmpty else { break }
    let changes = plan.make(fixes)
    guard !changes.isEmpty else { break }
    plan.changes += changes
  }
  return plan
}

extension FixedPlan {
  /// From the last to the first, so that places stay true; of two that overlap, and of what stands at one place twice, only the first is made.
  fileprivate mutating func make(_ fixes: [(DiagnosticCode, Diagnostic.Fix)]) -> [Change] {
    let lines = SourceLines(file.bytes)
    var bytes = file.bytes
    var changes: [Change] = []
    var kept: [(code: DiagnosticCode, fix: Diagnostic.Fix)] = []
    for (code, fix) in fixes.sorted(by: { $0.1.span.start < $1.1.span.start }) {
      if let last = kept.last, last.fix.span.end > fix.span.start || last.fix.span.start == fix.span.start { continue }
      kept.append((code, fix))
    }
    for (code, fix) in kept.reversed() {
      guard let start = lines.byte(at: fix.span.start), let end = lines.byte(at: fix.span.end), start <= end else { continue }
      changes.append(Change(line: fix.span.start.line, before: String(decoding: bytes[start..<end], as: UTF8.self), after: fix.replacement, code: code))
      bytes.replaceSubrange(start..<end, with: Array(fix.replacement.utf8))
    }
    file = SourceFile(path: file.path, bytes: bytes)
    return changes.reversed()
  }
}

extension SourceLines {
  fileprivate func byte(at mark: SourceMark) -> Int? { self[mark.line].map { Self.text($0, afterScalars: mark.column - 1).startIndex } }
}
