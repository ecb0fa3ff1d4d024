/// `https://host:port`, without a path.
public struct ServiceEndpoint: Hashable, Sendable, CustomStringConvertible {
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

  public init(isTLS: Bool, host: String, port: Int?) { self.isTLS = isTLS; self.host = host; self.port = port }

  /// Whether it is one of Amazon's own.
  public var isAmazon: Bool { host.hasSuffix(".amazonaws.com") || host.hasSuffix(".amazonaws.com.cn") }
  /// As it stands in a `Host` header.
  public var authority: String { host + (port.map { ":\($0)" } ?? "") }
  public var description: String { (isTLS ? "https://" : "http://") + authority }
}
