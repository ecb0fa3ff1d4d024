internal import Diagnostics
internal import YAMLReading

extension PlanReader {
  /// `region, endpoint, ca, credentials`.
  func awsAccess(_ fields: inout MappingReader) -> AWSAccess {
    let region = fields.text("region")?.value
    let endpoint = fields.text("endpoint")
    let certificates = fields.text("ca")?.value
    let credentials = fields.node("credentials") != nil ? secretReference("credentials", &fields) : nil
    if let endpoint { checkEndpoint(endpoint, fields.what, path: "write the host alone") }
    if endpoint == nil, certificates != nil { refuseCertificates(fields) }
    return AWSAccess(region: region, endpoint: endpoint?.value, certificates: certificates, credentials: credentials)
  }

  func refuseCertificates(_ fields: borrowing MappingReader) {
    collector.add(
      Diagnostic("wrong-value", "\(fields.what) has a `ca` and no `endpoint`", at: fields.span(of: "ca"), helps: ["Amazon's certificates are not signed by your own authority: add `endpoint: https://HOST`, or remove `ca`"]))
  }

  func checkEndpoint(_ endpoint: Located<String>, _ what: String, path help: String) {
    let url = endpoint.value
    let rest = ["https://", "http://"].first { url.hasPrefix($0) }.map { url.dropFirst($0.count) }
    guard let rest, !rest.isEmpty else {
      collector.add(Diagnostic("wrong-value", "the endpoint `\(url)` of \(what) is no URL", at: endpoint.span, helps: ["write `https://HOST` or `https://HOST:PORT`"]))
      return
    }
    if rest.contains("@") {
      collector.add(
        Diagnostic("secret-literal", "the endpoint of \(what) holds a user name or password", at: endpoint.span, helps: ["remove `user:password@`, and write `credentials: { secret: NAME }`"]))
    } else if (rest.hasSuffix("/") ? rest.dropLast() : rest).contains(where: { "/?# ".contains($0) }) {
      collector.add(Diagnostic("wrong-value", "the endpoint `\(url)` of \(what) has a path", at: endpoint.span, helps: [help]))
    }
  }
}
