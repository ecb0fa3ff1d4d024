/// What `watch` listens to: a small HTTP server for Alertmanager and for watches in other places.
public struct WatchSettings: Sendable {
  /// The address and port to listen on.
  public var listen: NameServer
  /// What everybody who calls must know.
  public var key: Located<SecretName>

  public static let usualAddress = NameServer(host: "127.0.0.1", port: 9096)
}

/// A question to a name server, and what its answer must hold.
public struct DNSExpectation: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable { case a = "A", aaaa = "AAAA", cname = "CNAME", txt = "TXT" }
  public var server: NameServer
  public var name: String
  public var kind: Kind
  /// One of these must be among the answer's; empty: any will do.
  public var expect: [String]
}

/// An instant query of PromQL. Well is an answer with at least one sample and none that is 0: no data is as bad as bad data.
public struct PrometheusQuery: Sendable {
  /// Of the server, without `/api/v1`.
  public var url: String
  public var query: String
  /// Sent as a bearer token.
  public var key: Located<SecretName>?
}
