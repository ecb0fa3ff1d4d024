internal import Diagnostics
internal import YAMLReading

extension LintRule {
  static let secretLiteral = LintRule(
    "secret-literal", .error, "A password, key or token is written into the plan.",
    explanation: """
      A plan is read by everybody who may read the repository, for ever. Secrets are named under `secrets:` and taken by reference:
      `{ secret: NAME }`. What has been committed counts as exposed: change it. Found are values of keys, options, variables, URL parameters,
      connection strings and headers whose names say so, passwords in URLs, and private keys. What stands under `expect` is an answer, so its
      keys mean nothing; `$NAME` is a reference.
      """,
    example: """
      `command.run: { run: [psql, "postgresql://me:…@db/x"] }` is in the history of the repository, in the argument list that `ps` shows, and
      in this plan.
      """,
    source: "CWE-798, use of hard-coded credentials; CWE-214, sensitive information in process arguments",
    fix: "Name it under `secrets:` and write `{ secret: NAME }`; change the secret, since it was exposed.", looksAtIncompletePlans: true
  ) { context in
    context.document.root.map { findings(in: $0, key: nil) } ?? []
  }

  /// `key` is the name that the value goes by; nil where it has none that counts.
  private static func findings(in node: YAMLNode, key: String?) -> [Diagnostic] {
    switch node.content {
    case .sequence(let elements):
      elements.enumerated().flatMap { index, element in
        findings(in: element, key: index > 0 ? option(at: index - 1, in: elements) ?? key : key)
      }
    case .mapping(let members): members.flatMap { findings(in: $0.value, key: key == "expect" || $0.key == "expect" ? "expect" : $0.key) }
    case .scalar(let scalar): reason(scalar.text, key: key).map { [finding($0, at: node.span)] } ?? []
    }
  }

  /// `[--password, VALUE]`: an option and its value stand beside each other, unless another option follows.
  private static func option(at index: Int, in elements: [YAMLNode]) -> String? {
    guard let option = elements[index].scalar?.text, let value = elements[index + 1].scalar?.text, option.hasPrefix("-"), !value.hasPrefix("-") else { return nil }
    if option == "-u" || option == "--user" {
      let isCurl = elements[0].scalar?.text.hasSuffix("curl") ?? false
      return isCurl && value.contains(":") && !value.contains("$") ? "password" : nil
    }
    return SecretPatterns.isSecret(option) ? String(option.drop { $0 == "-" }) : nil
  }

  private static func reason(_ text: String, key: String?) -> String? {
    if let reason = SecretPatterns.reason(text, isQuery: key == "sql" || key == "query") { return reason }
    guard let key, SecretPatterns.isSecret(key), !text.isEmpty, !text.hasPrefix("$") else { return nil }
    return "the value of `\(key)`"
  }

  private static func finding(_ reason: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "secret-literal", "a secret is written into the plan", at: span, label: reason,
      notes: ["everybody who may read the plan can read it, and argument lists are shown by `ps`"],
      helps: ["name it under `secrets:` and write `{ secret: NAME }`; change the secret, since it was exposed"])
  }
}
