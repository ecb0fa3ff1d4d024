internal import Diagnostics
internal import YAMLReading

extension LintRule {
  static let secretLiteral = LintRule(
    "secret-literal", .error, "A password, key or token is written into the plan.",
    explanation: """
      A plan is read by everybody who may read the repository, for ever. Secrets are named under `secrets:` and taken by reference:
      `{ secret: NAME }`. What has been committed counts as exposed: change it.
      """
  ) { context in
    context.document.root.map { findings(in: $0, key: nil) } ?? []
  }

  private static func findings(in node: YAMLNode, key: String?) -> [Diagnostic] {
    switch node.content {
    case .sequence(let elements): elements.flatMap { findings(in: $0, key: key) }
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
    if let option = ["--password=", "--token=", "--secret=", "PGPASSWORD="].first(where: text.hasPrefix), text.utf8.count > option.utf8.count {
      return "the value of `\(option.dropLast())`"
    }
    let suspicious = ["password", "passwd", "token", "secret-key", "secretkey", "apikey", "api-key"]
    if let key, suspicious.contains(key.lowercased().replacing("_", with: "-")), !text.isEmpty { return "the value of `\(key)`" }
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
