internal import Diagnostics
internal import YAMLReading

extension LintRule {
  static let secretLiteral = LintRule(
    "secret-literal", .error, "A password, key or token is written into the plan.",
    explanation: """
      A plan is read by everybody who may read the repository, for ever. Secrets are named under `secrets:` and taken by reference:
      `{ secret: NAME }`. What has been committed counts as exposed: change it.
      """, looksAtIncompletePlans: true
  ) { context in
    context.document.root.map { findings(in: $0, key: nil) } ?? []
  }

  private static func findings(in node: YAMLNode, key: String?) -> [Diagnostic] {
    switch node.content {
    case .sequence(let elements):
      // `[--password, VALUE]`: an option and its value stand beside each other.
      elements.enumerated().flatMap { index, element in
        let before = index > 0 ? elements[index - 1].scalar?.text : nil
        return findings(in: element, key: before.flatMap { $0.hasPrefix("--") ? String($0.dropFirst(2)) : nil } ?? key)
      }
    case .mapping(let members): members.flatMap { findings(in: $0.value, key: $0.key) }
    case .scalar(let scalar):
      reason(scalar.text, key: key).map {
        [
          Diagnostic(
            "secret-literal", "a secret is written into the plan", at: node.span, label: $0,
            notes: ["everybody who may read the plan can read it, and argument lists are shown by `ps`"],
            helps: ["name it under `secrets:` and write `{ secret: NAME }`; change the secret, since it was exposed"])
        ]
      } ?? []
    }
  }

  /// Why a text looks like a secret, or nil.
  private static func reason(_ text: String, key: String?) -> String? {
    if holdsPassword(text) { return "a URL with a password" }
    if text.contains("-----BEGIN") && text.contains("PRIVATE KEY") { return "a private key" }
    if text.hasPrefix("AKIA") || text.hasPrefix("ASIA"), text.utf8.count == 20 { return "an AWS access key" }
    if text.hasPrefix("AGE-SECRET-KEY-") { return "an age identity" }
    for option in ["--password=", "--token=", "--secret=", "PGPASSWORD=", "MYSQL_PWD="] {
      guard let found = text.firstRange(of: option), let next = text[found.upperBound...].first else { continue }
      if next != "$" && !next.isWhitespace { return "the value of `\(option.dropLast())`" }
    }
    let suspicious = ["password", "passwd", "pgpassword", "token", "secret-key", "secret-access-key", "secretkey", "apikey", "api-key"]
    let name = key?.lowercased().replacing("_", with: "-") ?? ""
    if suspicious.contains(where: { name == $0 || name.hasSuffix("-\($0)") }), !text.isEmpty, !text.hasPrefix("$") { return "the value of `\(key ?? "")`" }
    return nil
  }

  /// `scheme://user:password@host`.
  private static func holdsPassword(_ text: String) -> Bool {
    text.ranges(of: "://").contains { range in
      let authority = text[range.upperBound...].prefix { !"/ \t\n'\"".contains($0) }
      guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else { return false }
      let password = authority[authority.index(after: colon)..<at]
      return !password.isEmpty && !password.hasPrefix("$")
    }
  }
}
