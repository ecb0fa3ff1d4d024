internal import Diagnostics
internal import PlanLinting
internal import ProviderInterface
internal import Reporting

/// Files that follow from the code: written by `swift run generate write`, proved fresh by a test and by `generate check`.
public enum GeneratedFiles {
  /// Text by path from the repository's root.
  public static func all() throws -> [String: String] {
    var files = ["docs/rules.md": rules, "docs/step-kinds.md": stepKinds(Providers.kinds)]
    for schema in SchemaDocument.allCases { files[schema.path] = try schema.text() }
    return files
  }

  private static let notice = "<!-- Written by `swift run generate write`; do not edit. -->\n"

  private static var rules: String {
    var text = notice + "\n# What lint finds\n\nEach finding has a stable code, a place and a way out. `rpo-exceeded`, `rto-exceeded`, `not-surviving`, `data-unprotected` and\n`replica-against-corruption` say that an objective is breached: exit status 3.\n"
    text += "`sie-dr explain CODE` says the same.\n"
    let rules = Set(lintRules.map(\.code))
    for page in explanations where rules.contains(page.code) { text += "\n" + explanationMarkdown(page) }
    text += "\n# What else is found\n\nIn ignores, by the plan reader and by the YAML reader.\n\n| code | | finding |\n| --- | --- | --- |\n"
    for page in explanations where !rules.contains(page.code) { text += "| `\(page.code)` | \(page.severity.rawValue) | \(page.summary) |\n" }
    text += "\n# What lint cannot decide\n\nNeither plan text nor evidence nor recorded observations answer these. No rule pretends to; silence is no proof.\n"
    text += "\n| question | why not | what decides it |\n| --- | --- | --- |\n"
    for it in undecidedQuestions { text += "| \(it.question) | \(it.why) | \(it.instead) |\n" }
    return text
  }

  private static func stepKinds(_ kinds: StepKinds) -> String {
    var text = notice + "\n# Step kinds\n\nIn a step exactly one key contains a dot: its kind. `docs/language.md` has the keys that every step may have beside it.\n"
    for name in kinds.names {
      guard let kind = kinds[name] else { continue }
      text += "\n## \(name)\n\n\(kind.summary)\n\n| field | type | | meaning |\n| --- | --- | --- | --- |\n"
      for field in kind.fields { text += "| `\(field.name)` | \(type(field.shape)) | \(field.isRequired ? "required" : "") | \(field.meaning) |\n" }
      if !kind.outputs.isEmpty {
        text += "\nOutputs, taken as `{ output: STEP.NAME }`:\n\n"
        for output in kind.outputs.keys.sorted() { text += "* `\(output)`: \(kind.outputs[output] ?? "")\n" }
      }
    }
    return text
  }

  private static func type(_ shape: Field.Shape) -> String {
    switch shape {
    case .text: "text"
    case .integer: "whole number"
    case .bool: "true or false"
    case .timeSpan: "time span"
    case .argumentList: "argument list"
    case .nameList: "list of names"
    case .input: "input"
    case .inputMap: "map of inputs"
    case .httpExpectation: "mapping"
    case .point: "text or `{ before: input }`"
    case .name(let of): "name of a \(of)"
    case .choice(let choices): choices.map { "`\($0)`" }.joined(separator: ", ")
    }
  }
}
