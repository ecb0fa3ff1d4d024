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
    var found: [Diagnostic] = []
    context.document.root.map { find(in: $0, Scope(), &found) }
    return found
  }

  /// What the place of a value says of it.
  private struct Scope {
    /// The name that it goes by, if whoever has that name is secret.
    var secretName: String?
    var isQuery = false
    /// Below `expect` names mean nothing.
    var isExpected = false

    init() {}
    init(_ key: YAMLNode?, below scope: Scope) {
      isExpected = scope.isExpected || key?.spells("expect") ?? false
      guard !isExpected, let key, let bytes = key.bytes else { return }
      isQuery = key.spells("sql") || key.spells("query")
      secretName = SecretPatterns.canBeName(bytes) ? key.scalar.map(\.text).flatMap { SecretPatterns.isSecret($0) ? $0 : nil } : nil
    }
    init(option: String) { secretName = option }
  }

  /// Texts are made only of what can be a secret: most of a plan cannot.
  private static func find(in node: YAMLNode, _ scope: Scope, _ found: inout [Diagnostic]) {
    if let bytes = node.bytes {
      guard scope.secretName != nil || SecretPatterns.canBeSecret(bytes), let text = node.scalar?.text else { return }
      if let reason = reason(text, scope) { found.append(finding(reason, at: node.span)) }
    } else if let count = node.elementCount {
      for index in 0..<count {
        let option = index > 0 ? option(at: index - 1, in: node) : nil
        find(in: node.element(index), option.map(Scope.init(option:)) ?? scope, &found)
      }
    } else {
      node.forEachChild { find(in: $1, Scope($0, below: scope), &found) }
    }
  }

  /// `[--password, VALUE]`: an option and its value stand beside each other, unless another option follows.
  private static func option(at index: Int, in list: YAMLNode) -> String? {
    let dash = UInt8(ascii: "-")
    guard list.element(index).bytes?.first == dash, let value = list.element(index + 1).scalar?.text, !value.hasPrefix("-"),
      let option = list.element(index).scalar?.text
    else { return nil }
    if option == "-u" || option == "--user" {
      let isCurl = list.element(0).scalar?.text.hasSuffix("curl") ?? false
      return isCurl && value.contains(":") && !value.contains("$") ? "password" : nil
    }
    return SecretPatterns.isSecret(option) ? String(option.drop { $0 == "-" }) : nil
  }

  private static func reason(_ text: String, _ scope: Scope) -> String? {
    if let reason = SecretPatterns.reason(text, isQuery: scope.isQuery) { return reason }
    guard let name = scope.secretName, !text.isEmpty, !text.hasPrefix("$") else { return nil }
    return "the value of `\(name)`"
  }

  private static func finding(_ reason: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "secret-literal", "a secret is written into the plan", at: span, label: reason,
      notes: ["everybody who may read the plan can read it, and argument lists are shown by `ps`"],
      helps: ["name it under `secrets:` and write `{ secret: NAME }`; change the secret, since it was exposed"])
  }
}
