internal import CanonicalJSON
internal import Diagnostics
internal import PlanLinting

/// SARIF 2.1.0 (OASIS), for code scanning: rules with their help, results with places and with fingerprints that outlive a change of lines.
func lintSARIF(_ results: [LintedFile], toolVersion: String) throws -> String {
  let found = Set(results.flatMap { $0.result.diagnostics + $0.result.ignored.map(\.finding) }.map(\.code))
  let rules = explanations.filter { found.contains($0.code) }
  let indices = Dictionary(uniqueKeysWithValues: rules.enumerated().map { ($0.element.code, $0.offset) })
  let run: JSONValue = [
    "tool": ["driver": ["name": "sie-dr", "version": .string(toolVersion), "rules": .array(rules.map(descriptor))]],
    "columnKind": "unicodeCodePoints",
    "results": .array(results.flatMap { file, result in
      let prints = result.fingerprints(of: file.path)
      let reported = result.diagnostics.map { ($0, IgnoredFinding?.none) } + result.ignored.map { ($0.finding, $0) }
      return reported.map { entry($0, ignored: $1, in: file.path, fingerprint: prints[$0] ?? "", indices) }
    }),
  ]
  return try CanonicalJSON.prettyText(
    ["$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", "version": "2.1.0", "runs": [run]] as JSONValue)
}

private func descriptor(_ page: Explanation) -> JSONValue {
  [
    "id": .string(page.code.rawValue), "shortDescription": message(page.summary), "fullDescription": message(page.text ?? page.summary),
    "help": ["text": .string(explanationBody(page)), "markdown": .string(explanationBody(page))],
    "defaultConfiguration": ["level": .string(page.severity.rawValue)],
  ]
}

private func entry(_ finding: Diagnostic, ignored: IgnoredFinding?, in path: String, fingerprint: String, _ indices: [DiagnosticCode: Int]) -> JSONValue {
  var result: [String: JSONValue] = [
    "ruleId": .string(finding.code.rawValue), "level": .string(finding.severity.rawValue), "message": message(finding.wholeText),
    "locations": [["physicalLocation": place(finding.span, in: path)]],
    // The first is ours; the second is the name under which GitHub looks for one.
    "partialFingerprints": ["sieDr/v1": .string(fingerprint), "primaryLocationLineHash": .string("\(fingerprint):1")],
  ]
  result["ruleIndex"] = indices[finding.code].map { .int(Int64($0)) }
  if let ignored {
    let kind = switch ignored.place { case .plan: "inSource"; case .baseline: "external" }
    result["suppressions"] = [["kind": .string(kind), "status": "accepted", "justification": .string(ignored.reason)]]
  }
  if !finding.related.isEmpty {
    result["relatedLocations"] = .array(finding.related.enumerated().map { index, related in
      ["id": .int(Int64(index)), "physicalLocation": place(related.span, in: path), "message": message(related.label)]
    })
  }
  if !finding.fixes.isEmpty { result["fixes"] = .array(finding.fixes.map { fix($0, finding, in: path) }) }
  return .object(result)
}

private func fix(_ fix: Diagnostic.Fix, _ finding: Diagnostic, in path: String) -> JSONValue {
  let region: JSONValue = [
    "startLine": .int(Int64(fix.span.start.line)), "startColumn": .int(Int64(fix.span.start.column)), "endLine": .int(Int64(fix.span.end.line)),
    "endColumn": .int(Int64(fix.span.end.column)),
  ]
  return [
    "description": message(finding.helps.first ?? finding.summary),
    "artifactChanges": [
      [
        "artifactLocation": ["uri": .string(uri(fix.span.path))],
        "replacements": [["deletedRegion": region, "insertedContent": ["text": .string(fix.replacement)]]],
      ]
    ],
    "properties": ["isSafe": .bool(fix.isSafe)],
  ]
}

/// A finding without a place is about the whole file.
private func place(_ span: SourceSpan?, in path: String) -> JSONValue {
  var region: [String: JSONValue] = ["startLine": .int(Int64(span?.start.line ?? 1))]
  if let span {
    region["startColumn"] = .int(Int64(span.start.column))
    if span.end > span.start {
      region["endLine"] = .int(Int64(span.end.line))
      region["endColumn"] = .int(Int64(span.end.column))
    }
  }
  return ["artifactLocation": ["uri": .string(uri(span?.path ?? path))], "region": .object(region)]
}

private func message(_ text: String) -> JSONValue { ["text": .string(braced(text))] }

/// Braces stand for placeholders in SARIF's messages (3.11.5); literal ones are doubled.
private func braced(_ text: String) -> String { text.replacing("{", with: "{{").replacing("}", with: "}}") }

/// A path as a URI reference: relative ones count from the root of the repository.
private func uri(_ path: String) -> String {
  let escaped = repositoryPath(path).utf8.map { byte -> String in
    let character = Character(UnicodeScalar(byte))
    if byte < 0x80, character.isLetter || character.isNumber || "-._~/".contains(character) { return String(character) }
    return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }.joined()
  return path.hasPrefix("/") ? "file://" + escaped : escaped
}
