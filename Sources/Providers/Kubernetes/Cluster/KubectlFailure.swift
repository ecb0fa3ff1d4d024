internal import ChildProcess
internal import ProviderInterface

/// What `kubectl` says when it fails, as failures of a step.
enum KubectlFailure {
  static let conflict = "cluster-conflict"
  static let exists = "cluster-object-exists"
  static let notFound = "cluster-object-missing"
  static let forbidden = "cluster-forbidden"
  static let unknownKind = "cluster-kind-unknown"

  static func of(_ error: ChildError, _ cluster: KubernetesReference) -> StepFailure {
    switch error {
    case .cancelled: .cancelled
    case .timedOut: StepFailure("cluster-timed-out", "`\(cluster.server)` does not answer: \(error)", helps: [reach(cluster)], transient: true)
    case .notFound: StepFailure("kubectl-missing", "\(error)", helps: ["install kubectl; any version that is at most one minor away from the cluster's"])
    case .cannotStart, .brokenPipes: StepFailure("kubectl-failed", "\(error)", transient: true)
    }
  }

  /// The error output is already without secrets.
  static func of(_ output: ChildOutput, _ words: [String], _ cluster: KubernetesReference) -> StepFailure {
    let (text, server) = (output.errorOutput, "`\(cluster.server)`")
    let said = said(text)
    func says(_ parts: String...) -> Bool { parts.contains { text.contains($0) } }
    if says("(Conflict)") {
      return StepFailure(
        conflict, "somebody else changes the same object in \(server) at the same time",
        details: said, helps: ["look who does, then resume the run"], transient: true)
    }
    if says("(AlreadyExists)") { return StepFailure(exists, "the object exists in \(server) already", details: said, transient: true) }
    if says("(Forbidden)", " is forbidden:") {
      let missing = missingRight(text)
      let right = missing.map { "`\($0.verb) \($0.resource)`" + ($0.namespace.map { " in the namespace `\($0)`" } ?? "") } ?? "what `kubectl \(words.first ?? "")` asks for"
      let check = missing.map { "`kubectl --context \(cluster.context) auth can-i \($0.verb) \($0.resource)" + ($0.namespace.map { " -n \($0)" } ?? "") + "` must say yes" }
      return StepFailure(
        forbidden, "\(server) does not let this login do \(right)", details: said, helps: [check ?? "give this login that right, then resume the run"])
    }
    if says("Unauthorized", "must be logged in", "provide credentials", "getting credentials:") {
      return StepFailure(
        "login-refused", "\(server) refused the login of the context `\(cluster.context)`",
        details: said, helps: ["renew it: `kubectl --context \(cluster.context) get --raw /version` must answer"])
    }
    if says("context \"\(cluster.context)\" does not exist", "no context exists with the name", "context was not found for specified context") {
      let place = cluster.kubeconfig.map { "the secret `\($0.name)`" } ?? "kubectl's own kubeconfig"
      return StepFailure("context-unknown", "\(place) has no context `\(cluster.context)`", helps: ["`kubectl config get-contexts` lists those that it has"])
    }
    if says("error loading config file", "invalid configuration", "couldn't get version/kind", "yaml: ", "cannot unmarshal") && cluster.kubeconfig != nil && says("config") {
      return StepFailure(
        "kubeconfig-unusable", "the kubeconfig of \(server) is none that kubectl can read",
        helps: ["compare it with what `kubectl config view --raw` prints elsewhere"])
    }
    if says("x509:", "certificate signed by unknown", "tls: failed to verify") {
      return StepFailure(
        "cluster-certificate", "\(server) shows a certificate that the kubeconfig does not trust",
        details: said, helps: ["put its `certificate-authority-data` into the kubeconfig"])
    }
    if says("(NotFound)") { return StepFailure(notFound, "there is no such thing in \(server)", details: said) }
    if says(
      "Unable to connect", "connection refused", "no such host", "i/o timeout", "Client.Timeout", "deadline exceeded", "TLS handshake timeout", "EOF", "connection reset", "broken pipe",
      "(ServiceUnavailable)", "(InternalError)", "(TooManyRequests)", "(Timeout)", "(ServerTimeout)", "(Gone)", "(Expired)", "unable to handle the request", "error when reading response",
      "no route to host", "network is unreachable", "couldn't get current server API group list", "http2:")
    {
      return StepFailure("cluster-unreachable", "\(server) does not answer as it should", details: said, helps: [reach(cluster)], transient: true)
    }
    if says("no matches for kind", "doesn't have a resource type") {
      return StepFailure(
        unknownKind, "\(server) does not know such a kind of object",
        details: said, helps: ["apply the definition of the kind in an earlier file, or check `apiVersion` and `kind`"])
    }
    return StepFailure(
      "kubectl-failed", "`kubectl \(words.first ?? "")` ended with \(output.status) at \(server)",
      details: said.isEmpty ? ["it said nothing"] : said, helps: ["run it by hand to see why, then resume the run"])
  }

  private static func reach(_ cluster: KubernetesReference) -> String { "try it yourself: `kubectl --context \(cluster.context) get --raw /readyz` must say ok" }

  /// The end of it, so that neither a flood nor one endless line fills a report.
  static func said(_ text: String) -> [String] {
    text.split(whereSeparator: \.isNewline).suffix(6).map { "kubectl said: " + ($0.count > 300 ? $0.prefix(300) + "…" : $0) }
  }

  /// `User "x" cannot patch resource "deployments" in API group "apps" in the namespace "sie"`.
  static func missingRight(_ text: String) -> (verb: String, resource: String, namespace: String?)? {
    guard let range = text.firstRange(of: " cannot ") else { return nil }
    let rest = text[range.upperBound...].prefix { !$0.isNewline }
    let quoted = rest.split(separator: "\"", omittingEmptySubsequences: false)
    guard let verb = rest.split(separator: " ").first, quoted.count > 1, rest.contains("resource \"") else { return nil }
    let namespace = rest.firstRange(of: "in the namespace \"").map { String(rest[$0.upperBound...].prefix { $0 != "\"" }) }
    return (String(verb), String(quoted[1]), namespace)
  }
}
