internal import Diagnostics
public import PlanModel
public import ProviderInterface

/// A cluster as `kubectl` finds it.
public struct KubernetesReference: Hashable, Sendable, Codable {
  public var server: ServerName
  public var context: String
  /// Nil: kubectl's own.
  public var kubeconfig: SecretReference?

  public init(server: ServerName, context: String, kubeconfig: SecretReference?) {
    self.server = server; self.context = context; self.kubeconfig = kubeconfig
  }

  /// Nil if it is no cluster, or its secret is unknown.
  public init?(_ server: Server, in plan: Plan) {
    guard case .kubernetes(let context, let secret) = server.kind else { return nil }
    let kubeconfig = secret.flatMap { plan.reference(to: $0.value) }
    guard (kubeconfig == nil) == (secret == nil) else { return nil }
    self.init(server: server.name.value, context: context, kubeconfig: kubeconfig)
  }

  var requirements: Set<Requirement> { Set([.server(server)] + [kubeconfig].compactMap { $0.map { .secret($0.name) } }) }
  func resource(_ namespace: String, _ rest: String) -> Resource { .named("kubernetes:\(server)/\(namespace)/\(rest)") }
}

extension MappingReader {
  /// The cluster that `cluster` names; the only one of the plan where it is left out.
  mutating func cluster(in plan: Plan) -> KubernetesReference? {
    let (all, noun) = (plan.servers(of: .kubernetes), ServerKind.kubernetes.noun)
    let written: Located<ServerName>? = name("cluster")
    if let written, let problem = plan.problem(with: written, as: .kubernetes) { collector.add(problem); return nil }
    guard let server = written.map({ name in all.first { $0.name.value == name.value } }) ?? (all.count == 1 ? all.first : nil) else {
      guard !contains("cluster") else { return nil }
      let which = all.isEmpty ? "define a \(noun) under `servers`" : "write which: " + all.map { "`\($0.name.value)`" }.joined(separator: ", ")
      collector.add(Diagnostic("missing-key", "\(what) has no `cluster`, and the plan has \(all.isEmpty ? "no" : "more than one") \(noun)", at: span, helps: [which]))
      return nil
    }
    return KubernetesReference(server, in: plan)
  }

  /// The name of something in a cluster, which also cannot be taken for an option of kubectl.
  mutating func kubernetesName(_ key: String, example: String) -> String? {
    guard let text = requiredText(key, example: example) else { return nil }
    if KubernetesName.isValid(text.value) { return text.value }
    collector.add(Diagnostic("wrong-value", "`\(key)` of \(what) is `\(text.value)`, which nothing in a cluster can be called", at: text.span, helps: [KubernetesName.rule]))
    return nil
  }

  /// Asked for in any case, so that a misspelt one is told what was meant.
  mutating func namespace() -> String? { node("namespace") == nil ? "default" : kubernetesName("namespace", example: "default") }
}

/// RFC 1123 subdomains, as the API takes them for names.
enum KubernetesName {
  static let rule = "write small letters, digits, `-` and `.`, with a letter or a digit at both ends"
  static func isValid(_ text: String) -> Bool {
    func plain(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) }
    guard let first = text.utf8.first, let last = text.utf8.last, plain(first), plain(last), text.utf8.count <= 253 else { return false }
    return text.utf8.allSatisfy { plain($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
  }
}

/// Fields that the kinds share.
enum SharedField {
  static let cluster = Field("cluster", .name(of: ServerKind.kubernetes.noun), "The cluster; needed where the plan has several.")
  static let namespace = Field("namespace", .text, "The namespace; `default` if not given.")
  static let deployment = Field("deployment", .text, required: true, "The deployment.")
}
