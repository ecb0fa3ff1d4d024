internal import Diagnostics
internal import Units
internal import YAMLReading

/// `s3: { bucket, prefix, region, endpoint, style, ca, credentials, encryption, lock }`.
extension PlanReader {
  func s3(_ fields: inout MappingReader) -> S3Location? {
    let bucket = fields.requiredText("bucket", example: "company-backups")
    let prefix = fields.text("prefix")?.value ?? ""
    let region = fields.text("region")?.value
    let endpoint = fields.text("endpoint")
    let style = fields.choice("style", of: S3Location.Style.self)?.value
    let certificates = fields.text("ca")?.value
    let credentials = fields.node("credentials") != nil ? secretReference("credentials", &fields) : nil
    let encryption = fields.node("encryption").flatMap { self.encryption($0, fields.what) }
    let lock = fields.node("lock").flatMap { self.lock($0, fields.what) }
    guard let bucket else { return nil }
    checkName(bucket)
    if let endpoint { checkEndpoint(endpoint, fields.what, path: "write the host alone; the bucket goes under `bucket`, what is below it under `prefix`") }
    if endpoint == nil, certificates != nil { refuseCertificates(fields) }
    return S3Location(
      bucket: bucket.value, prefix: prefix, region: region, endpoint: endpoint?.value, style: style, certificates: certificates,
      credentials: credentials, encryption: encryption, lock: lock)
  }

  /// Bucket names as Amazon takes them, which everybody else takes too (Amazon S3 User Guide, "Bucket naming rules").
  private func checkName(_ bucket: Located<String>) {
    let name = bucket.value.utf8
    let isAllowed = (3...63).contains(name.count) && name.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E }
    guard !isAllowed else { return }
    let help = bucket.value.contains("/") ? "write what follows the `/` as `prefix`, and `s3://` not at all" : "a bucket's name has 3 to 63 of `a-z`, `0-9`, `-` and `.`"
    collector.add(Diagnostic("wrong-value", "`\(bucket.value)` cannot be the name of a bucket", at: bucket.span, helps: [help]))
  }

  private func encryption(_ node: YAMLNode, _ what: String) -> S3Encryption? {
    guard var reader = MappingReader(node, "`encryption` of \(what)", collector) else { return nil }
    let found = oneOf(["s3", "kms"], &reader, example: "s3: {}")
    let encryption: S3Encryption? =
      switch found?.key {
      case "s3": .s3
      case "kms": reader.text("kms").map { .kms(key: $0.value) }
      default: nil
      }
    reader.finish()
    return encryption
  }

  private func lock(_ node: YAMLNode, _ what: String) -> S3Lock? {
    guard var reader = MappingReader(node, "`lock` of \(what)", collector) else { return nil }
    if reader.node("mode") == nil { _ = reader.required("mode", example: "governance") }
    if reader.node("for") == nil { _ = reader.required("for", example: "30d") }
    let mode = reader.choice("mode", of: S3Lock.Mode.self)
    let duration = reader.timeSpan("for")
    reader.finish()
    guard let mode, let duration else { return nil }
    return S3Lock(mode: mode.value, duration: duration.value)
  }
}
