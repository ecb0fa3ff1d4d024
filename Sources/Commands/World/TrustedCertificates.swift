internal import HTTPClient

extension HTTPClient {
  /// Trusts what `SSL_CERT_FILE` names, as `git`, `kubectl` and `curl` do: an authority of one's own, for mail servers, webhooks and probes.
  convenience init(trustedBy environment: [String: String]) {
    self.init(certificates: environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 })
  }
}
