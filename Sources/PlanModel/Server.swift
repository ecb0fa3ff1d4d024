public import Diagnostics

/// A server that holds data, or can; a cluster that runs what needs it; a zone of names that lead to it.
public struct Server: Sendable {
  public var name: Located<ServerName>
  public var kind: Kind
  public var site: Located<SiteName>?
  /// What it runs; nil: the plan does not say.
  public var version: Located<String>?

  public enum Kind: Sendable {
    /// `url` is the connection URL of one database; it holds a password, so it is a secret.
    case postgresql(url: Located<SecretName>)
    /// `url` may hold a password, so it is a secret.
    case redis(url: Located<SecretName>)
    /// `dumps`: where its dumps land, as seen from the host where sie-dr runs; a relative path counts from the folder of the plan file.
    case meilisearch(url: String, key: Located<SecretName>?, dumps: Located<String>?)
    /// `context` is always named, so that nobody's current one is taken; no kubeconfig: kubectl's own.
    case kubernetes(context: String, kubeconfig: Located<SecretName>?)
    case dns(DNSZone)
    case rds(RDSInstance)
  }
}

/// What a server is: the key under which a plan describes it.
public enum ServerKind: String, Hashable, Sendable, CaseIterable {
  case postgresql, redis, meilisearch, kubernetes, dns, rds

  /// For people: "a" and this.
  public var noun: String {
    switch self {
    case .postgresql: "PostgreSQL server"
    case .redis: "Redis server"
    case .meilisearch: "Meilisearch server"
    case .kubernetes: "Kubernetes cluster"
    case .dns: "DNS zone"
    case .rds: "RDS instance"
    }
  }
}

extension Server {
  public var kindName: ServerKind {
    switch kind {
    case .postgresql: .postgresql
    case .redis: .redis
    case .meilisearch: .meilisearch
    case .kubernetes: .kubernetes
    case .dns: .dns
    case .rds: .rds
    }
  }

  /// The secrets without which nobody gets in.
  public var secrets: [Located<SecretName>] {
    switch kind {
    case .postgresql(let url), .redis(let url): [url]
    case .meilisearch(_, let key, _): [key].compactMap { $0 }
    case .kubernetes(_, let kubeconfig): [kubeconfig].compactMap { $0 }
    case .dns(let zone):
      switch zone.keeper {
      case .server(_, let key): [key].compactMap { $0 }
      case .route53(_, let access): [access.credentials].compactMap { $0 }
      }
    case .rds(let instance): [instance.credentials].compactMap { $0 }
    }
  }
}

extension Plan {
  public func servers(of kind: ServerKind) -> [Server] { servers.filter { $0.kindName == kind } }

  /// Why `name` is no server of this kind; nil if it is one.
  public func problem(with name: Located<ServerName>, as kind: ServerKind) -> Diagnostic? {
    guard let server = server(name.value) else { return unknownReference(name, "server", among: servers.map(\.name)) }
    guard server.kindName != kind else { return nil }
    let fitting = servers(of: kind).map { "`\($0.name.value)`" }
    return Diagnostic(
      "wrong-value", "`\(name.value)` is a \(server.kindName.noun), not a \(kind.noun)", at: name.span,
      related: [.init(span: server.name.span, label: "defined here")],
      helps: [fitting.isEmpty ? "the plan defines no \(kind.noun) yet" : "name one of " + fitting.joined(separator: ", ")])
  }
}
