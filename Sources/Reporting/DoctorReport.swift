internal import CanonicalJSON
public import ProviderInterface

/// What `doctor` found: a line a check, by system.
public func doctorReport(_ systems: [CheckedSystem], as format: OutputFormat, _ style: TextStyle) throws -> String {
  switch format {
  case .text: doctorText(systems, style)
  case .json: try CanonicalJSON.prettyText(Report(systems: systems))
  case .markdown: doctorMarkdown(systems)
  }
}

private struct Report: Encodable {
  var formatVersion = 1
  var systems: [CheckedSystem]
}

private func doctorText(_ systems: [CheckedSystem], _ style: TextStyle) -> String {
  let width = systems.flatMap(\.checks).map(\.name.count).max() ?? 0
  let words = CheckOutcome.Verdict.allCases.map(\.words.count).max() ?? 0
  func padded(_ text: String, to width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
  func lines(_ check: CheckOutcome) -> [String] {
    let verdict = style.paint(padded(check.verdict.words, to: words), check.verdict.paint)
    let indent = String(repeating: " ", count: 2 + words + 2 + width + 2)
    return ["  \(verdict)  \(padded(check.name, to: width))  \(check.message)"] + check.helps.map { "\(indent)= help: \($0)" }
  }
  let groups = systems.map { ([style.paint($0.name, .bold)] + $0.checks.flatMap(lines)).joined(separator: "\n") + "\n" }
  return (groups + ["\(summary(systems))\n"]).joined(separator: "\n")
}

private func doctorMarkdown(_ systems: [CheckedSystem]) -> String {
  var table = Table(("system", .left), ("check", .left), ("verdict", .left), ("found", .left))
  for system in systems {
    for check in system.checks {
      let verdict = check.verdict == .failed ? "**failed**" : check.verdict.words
      table.rows.append([system.name, check.name, verdict, ([check.message] + check.helps).joined(separator: "; ")])
    }
  }
  return "### sie-dr doctor: \(summary(systems))\n\n" + table.markdown()
}

/// `31 checks: 2 failed, 1 warning, 28 ok`.
private func summary(_ systems: [CheckedSystem]) -> String {
  let checks = systems.flatMap(\.checks)
  let parts = [CheckOutcome.Verdict.failed, .warning, .notChecked, .ok].compactMap { verdict -> String? in
    let count = checks.count { $0.verdict == verdict }
    return count == 0 ? nil : "\(count) \(verdict.words)\(verdict == .warning && count > 1 ? "s" : "")"
  }
  return "\(checks.count) check\(checks.count == 1 ? "" : "s"): \(parts.joined(separator: ", "))"
}

extension CheckOutcome.Verdict {
  fileprivate var paint: TextStyle.Paint {
    switch self {
    case .ok: .green
    case .warning: .yellow
    case .failed: .red
    case .notChecked: .dim
    }
  }
}
