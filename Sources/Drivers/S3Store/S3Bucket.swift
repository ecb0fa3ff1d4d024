public import AWSClient
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
  public var endpoint: ServiceEndpoint?
  /// Nil: `virtual` at Amazon, `path` elsewhere.
  public var style: Style?
  /// A file of certificates to trust instead of the machine's own.
  public var certificates: String?
  public var encryption: Encryption?
  public var lock: Lock?
  /// How much the store copies by itself in one request; what is larger is copied in parts. S3's own limit is 5 GB.
  public var largestCopy = 5_000_000_000

  public init(_ name: String, prefix: String = "", region: String? = nil, endpoint: ServiceEndpoint? = nil) {
    self.name = name
    let trimmed = prefix.split(separator: "/").joined(separator: "/")
    self.prefix = trimmed.isEmpty ? "" : trimmed + "/"
    self.region = region
    self.endpoint = endpoint
  }
}

extension S3Bucket {
  func isVirtual(at endpoint: ServiceEndpoint) -> Bool {
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

extension ServiceEndpoint {
  static func amazon(region: String) -> ServiceEndpoint {
    ServiceEndpoint(isTLS: true, host: "s3.\(region).amazonaws.com" + (region.hasPrefix("cn-") ? ".cn" : ""), port: nil)
  }
}
