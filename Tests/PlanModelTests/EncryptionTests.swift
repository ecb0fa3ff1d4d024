import Diagnostics
import PlanModel
import Testing
import YAMLReading

private let key = "age1amwjfk89hav4hdxgxly577l4h34606cfw53a4t2jgc6ghrwmw47qngs7t9"

private func read(_ protection: String, identity: String = "identity: { secret: backup-key }") -> (plan: Plan?, diagnostics: [Diagnostic]) {
  let text = """
    apiVersion: sie-dr/v1
    kind: RecoveryPlan
    metadata: { name: test }
    secrets: { url: { env: URL }, backup-key: { file: identity.txt } }
    servers: { pg: { postgresql: { url: { secret: url } } } }
    stores: { east: { directory: { path: east } } }
    data:
      things:
        on: [pg]
        \(identity)
        protect:
          hourly: { logical: {}, every: 1h, to: [east], \(protection) }
    """
  return readPlan(readYAML(SourceFile(path: "plan.yaml", bytes: Array(text.utf8))).document)
}

@Suite struct EncryptionTests {
  @Test("recipients and identity are read", arguments: [
    key, "age1yubikey1q8w4ur23clxd5mzfsh79vn6pg0kaytjeq8w4ur23clxd5mzfsh79v2w8dcj",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@here",
  ])
  func whole(recipient: String) throws {
    let (plan, diagnostics) = read("encrypt: { recipients: ['\(recipient)'] }")
    #expect(diagnostics.isEmpty, "\(diagnostics.map(\.summary))")
    let dataClass = try #require(plan?.dataClasses.first)
    #expect(dataClass.protections.first?.recipients.map(\.value) == [recipient] && dataClass.identity?.value == "backup-key")
  }

  @Test("what is wrong is said where it stands, and shows no private key", arguments: [
    ("encrypt: {}", "missing-key", "has no `recipients`"), ("encrypt: { recipients: [] }", "wrong-value", "is empty"),
    ("encrypt: { recipients: [me@example.org] }", "wrong-recipient", "is no public key"),
    ("encrypt: { recipients: [age1amwjfk89hav4hdxgxly577l4h34606cfw53a4t2jgc6ghrwmw47qngs7t8] }", "wrong-recipient", "is no public key"),
    ("encrypt: { recipients: [age1amwjfk89] }", "wrong-recipient", "is no public key"), ("encrypt: { recipients: [ssh-rsa] }", "wrong-recipient", "is no public key"),
    ("encrypt: { recipients: [\(key), \(key)] }", "named-twice", "names one key twice"),
    ("encrypt: { recipients: [AGE-SECRET-KEY-1CANARY] }", "secret-literal", "a private key stands among the recipients"),
    ("encrypt: { recipient: [\(key)] }", "unknown-key", "has no key `recipient`"),
  ])
  func wrong(protection: String, code: String, words: String) {
    let diagnostics = read(protection).diagnostics
    #expect(diagnostics.contains { $0.code.rawValue == code && $0.summary.contains(words) }, "\(diagnostics.map { "\($0.code): \($0.summary)" })")
    #expect(!diagnostics.contains { $0.summary.contains("CANARY") || $0.helps.contains { $0.contains("CANARY") } })
  }

  @Test("an identity must be a secret that the plan defines", arguments: [
    ("identity: { secret: nobody }", "unknown-reference"), ("identity: AGE-SECRET-KEY-1CANARY", "secret-literal"),
  ])
  func identity(_ text: String, code: String) {
    let diagnostics = read("keep: { for: 1d }", identity: text).diagnostics
    #expect(diagnostics.contains { $0.code.rawValue == code }, "\(diagnostics.map(\.summary))")
    #expect(!diagnostics.contains { $0.summary.contains("CANARY") })
  }
}
