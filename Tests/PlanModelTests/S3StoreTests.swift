import Diagnostics
import PlanModel
import ProviderInterface
import Testing
import Units
import YAMLReading

private func read(_ store: String) -> (plan: Plan?, diagnostics: [Diagnostic]) {
  let text = """
    apiVersion: sie-dr/v1
    kind: RecoveryPlan
    metadata: { name: test }
    secrets:
      keys: { env: S3_KEYS }
    stores:
      east:
        \(store.split(separator: "\n").joined(separator: "\n    "))
    """
  return readPlan(readYAML(SourceFile(path: "plan.yaml", bytes: Array(text.utf8))).document)
}

private func location(_ store: String) throws -> S3Reference {
  let (plan, diagnostics) = read(store)
  #expect(diagnostics.filter { $0.severity == .error }.map(\.summary).isEmpty, "\(diagnostics.map(\.summary))")
  guard case .s3(let reference)? = try #require(plan).reference(to: StoreName(rawValue: "east"))?.location else {
    throw Missing()
  }
  return reference
}
private struct Missing: Error {}

@Suite struct S3StoreTests {
  @Test func `A bucket alone is enough`() throws {
    let reference = try location("s3: { bucket: company-backups }")
    #expect(reference.bucket == "company-backups" && reference.prefix == "" && reference.credentials == nil && reference.endpoint == nil)
  }

  @Test func `Everything about a bucket can be said`() throws {
    let reference = try location(
      """
      s3:
        bucket: company-backups
        prefix: team/pg
        region: eu-west-1
        endpoint: https://s3.example.com:9000
        style: virtual
        ca: certs/ca.pem
        credentials: { secret: keys }
        encryption: { kms: "alias/backups" }
        lock: { mode: compliance, for: 30d }
      """)
    #expect(reference.prefix == "team/pg" && reference.region == "eu-west-1" && reference.endpoint == "https://s3.example.com:9000")
    #expect(reference.style == .virtual && reference.certificates == "certs/ca.pem" && reference.encryption == .kms(key: "alias/backups"))
    #expect(reference.credentials == SecretReference(name: SecretName(rawValue: "keys"), source: .env("S3_KEYS")))
    #expect(reference.lock == S3Lock(mode: .compliance, duration: .days(30)))
    #expect(try location("s3: { bucket: company-backups, encryption: { s3: {} } }").encryption == .s3)
  }

  @Test(arguments: [
    ("s3: {}", "missing-key", "has no `bucket`"), ("{}", "missing-key", "has none of `directory`, `s3`"),
    ("s3: { bucket: b }", "wrong-value", "`b` cannot be the name of a bucket"), ("s3: { bucket: 's3://company/x' }", "wrong-value", "cannot be the name of a bucket"),
    ("s3: { bucket: bbb, endpoint: s3.example.com }", "wrong-value", "is no URL"), ("s3: { bucket: bbb, endpoint: 'https://h/path' }", "wrong-value", "has a path"),
    ("s3: { bucket: bbb, endpoint: 'https://key:canary@h' }", "secret-literal", "holds a user name or password"),
    ("s3: { bucket: bbb, credentials: 'AKIA:canary' }", "secret-literal", "is written into the plan"),
    ("s3: { bucket: bbb, credentials: { secret: nobody } }", "unknown-reference", "there is no secret `nobody`"),
    ("s3: { bucket: bbb, style: dns }", "wrong-value", "`style`"), ("s3: { bucket: bbb, ca: ca.pem }", "wrong-value", "has a `ca` and no `endpoint`"),
    ("s3: { bucket: bbb, encryption: { s3: {}, kms: k } }", "too-many-keys", "both `s3` and `kms`"), ("s3: { bucket: bbb, lock: { mode: governance } }", "missing-key", "has no `for`"),
    ("s3: { bucket: bbb, buckett: c }", "unknown-key", "has no key `buckett`"),
    ("s3: { bucket: bbb }\ndirectory: { path: /mnt }", "too-many-keys", "both `directory` and `s3`"),
  ]) func `What is wrong is said where it stands, and shows no secret`(store: String, code: String, words: String) {
    let diagnostics = read(store).diagnostics
    #expect(diagnostics.contains { $0.code.rawValue == code && $0.summary.contains(words) }, "\(diagnostics.map { "\($0.code): \($0.summary)" })")
    #expect(!diagnostics.contains { $0.summary.contains("canary") || $0.helps.contains { $0.contains("canary") } })
  }
}
