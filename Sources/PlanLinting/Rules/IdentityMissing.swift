internal import Diagnostics
internal import Objectives
internal import PlanModel

extension LintRule {
  static let identityMissing = LintRule(
    "identity-missing", .warning, "Points are encrypted, and nothing says where the key is.",
    explanation: """
      Encrypting needs public keys only; restoring needs the private one. Without `identity` of the data class no step of this plan can open its
      points, and nobody can check whether the key survives the disaster.
      """,
    example: """
      `encrypt: { recipients: [age1…] }` and no `identity`: the backup succeeds every night, and no step can read what it wrote.
      """,
    source: "age-encryption.org/v1: a file is opened by an identity, never by a recipient",
    fix: """
      Keep the identity where no scenario reaches it, with the operators or in another site, and name it: `identity: { secret: NAME }`.
      """
  ) { context in
    context.plan.dataClasses.filter { $0.identity == nil }.flatMap { dataClass in
      dataClass.protections.compactMap { protection in
        guard let recipient = protection.recipients.first else { return nil }
        return Diagnostic(
          "identity-missing", .warning, "the points of `\(dataClass.name.value)` are encrypted, and the plan names no identity that opens them", at: recipient.span,
          label: "nobody can restore it from this plan", related: [.init(span: dataClass.name.span, label: "has no `identity`")],
          helps: ["add `identity: { secret: NAME }` to `\(dataClass.name.value)`, and under `secrets` where the identity file is found"])
      }
    }
  }
}
