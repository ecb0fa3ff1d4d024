public import Units

/// Where a store's objects are: a bucket, below a prefix, behind an endpoint.
public struct S3Bucket: Hashable, Sendable {
  public enum Style: String, Hashable, Sendable { case path, virtual }
  public enum Encryption: Hashable, Sendable {
    /// With the store's own keys.
    case s3
    /// With a key of the store's key service.
    case kms(key: String)
  }
  /// Each object is written so that nobody can delete it before its time.
  public struct Lock: Hashable, Sendable {
    public enum Mode: String, Hashable, Sendable { case governance = "GOVERNANCE", compliance = "COMPLIANCE" }
    public var mode: Mode
    public var time: TimeSpan
    public init(mode: Mode, time: TimeSpan) { self.mode = mode; self.time = time }
  }

  public var name: String
  /// Ends with `/`, or is empty.
  public var prefix: String
  /// Nil: the one that the environment or the profile names, else `us-east-1`.
  public var region: String?
  /// Nil: Amazon's, of the region.
  public var endpoint: S3Endpoint?
  /// Nil: `virtual` at Amazon, `path` elsewhere.
  public var style: Style?
  /// A file of certificates to trust instead of the machine's own.
  public var certificates: String?
  public var encryption: Encryption?
  public var lock: Lock?
  /// How much the store copies by itself in one request; what is larger is copied in parts. S3's own limit is 5 GB.
  public var largestCopy = 5_000_000_000

  public init(_ name: String, prefix: String = "", region: String? = nil, endpoint: S3Endpoint? = nil) {
    self.name = name
    let trimmed = prefix.split(separator: "/").joined(separator: "/")
    self.prefix = trimmed.isEmpty ? "" : trimmed + "/"
    self.region = region
    self.endpoint = endpoint
  }
}

extension S3Bucket {
  func isVirtual(at endpoint: S3Endpoint) -> Bool {
    (style ?? (endpoint.isAmazon && !name.contains(".") ? .virtual : .path)) == .virtual
  }

  /// Where a person finds the objects below the prefix: with a final `/`, percent-encoded.
  public var url: String {
    let endpoint = endpoint ?? .amazon(region: region ?? "us-east-1")
    let scheme = endpoint.isTLS ? "https://" : "http://"
    let path = SigV4.encode(prefix, keeping: "/")
    return isVirtual(at: endpoint) ? "\(scheme)\(name).\(endpoint.authority)/\(path)" : "\(scheme)\(endpoint.authority)/\(name)/\(path)"
  }

  /// Whether AWS's own command line, told the endpoint, looks under the same host: behind other endpoints than Amazon's it has the bucket in the path.
  public var isWhereAWSLooks: Bool { endpoint.map { $0.isAmazon || !isVirtual(at: $0) } ?? true }
}

/// `https://host:port`, without a path.
public struct S3Endpoint: Hashable, Sendable, CustomStringConvertible {
  public var isTLS: Bool
  public var host: String
  /// Nil: the scheme's own.
  public var port: Int?

  /// Nil unless it is `http://` or `https://` and a host, perhaps with a port.
  public init?(_ url: some StringProtocol) {
    let url = url.hasSuffix("/") ? String(url.dropLast()) : String(url)
    guard let scheme = ["https://", "http://"].first(where: { url.lowercased().hasPrefix($0) }) else { return nil }
    isTLS = scheme == "https://"
    var rest = url.dropFirst(scheme.count)
    guard !rest.isEmpty, !rest.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F || "/?#@\\".utf8.contains($0) }) else { return nil }
    if let colon = rest.lastIndex(of: ":"), !rest.hasSuffix("]") {
      guard let number = Int(rest[rest.index(after: colon)...]), (1...65_535).contains(number) else { return nil }
      port = number == (isTLS ? 443 : 80) ? nil : number
      rest = rest[..<colon]
    }
    guard !rest.isEmpty else { return nil }
    host = rest.lowercased()
  }

  init(isTLS: Bool, host: String, port: Int?) { self.isTLS = isTLS; self.host = host; self.port = port }

  static func amazon(region: String) -> S3Endpoint {
    S3Endpoint(isTLS: true, host: "s3.\(region).amazonaws.com" + (region.hasPrefix("cn-") ? ".cn" : ""), port: nil)
  }

  var isAmazon: Bool { host.hasSuffix(".amazonaws.com") || host.hasSuffix(".amazonaws.com.cn") }
  /// As it stands in a `Host` header.
  var authority: String { host + (port.map { ":\($0)" } ?? "") }
  public var description: String { (isTLS ? "https://" : "http://") + authority }
}
