public import Units

public struct HTTPHeader: Hashable, Sendable {
  /// Names of received headers are in lower case.
  public var name: String
  public var value: String
  public init(_ name: String, _ value: String) { self.name = name; self.value = value }
}

/// A request whose body is in memory. What comes back is held in memory too (`send`), or streamed (`open`).
public struct HTTPRequest: Sendable {
  public enum Method: String, Hashable, Sendable, CaseIterable {
    case get = "GET", head = "HEAD", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE"
  }
  public var method: Method
  /// `http://` or `https://`. Proxies are those that the environment names (`https_proxy`, `no_proxy`), as for the curl program.
  public var url: String
  public var headers: [HTTPHeader]
  /// Sent with `post`, `put` and `patch`.
  public var body: [UInt8]
  /// How many redirects are followed, of GET and HEAD only; 0: a redirect is the answer.
  public var redirects = 0
  /// How long looking up the name, connecting and agreeing on TLS may take.
  public var connectTimeout = TimeSpan.seconds(10)
  /// How much of the answer's body is kept. The rest is not read.
  public var bodyLimit = ByteCount(bytes: 1 << 20)
  /// Ends a transfer that crawls; nil: only the deadline does.
  public var slowest: SlowestPace?
  /// A file of certificates to trust instead of the machine's own.
  public var certificates: String?
  /// Sends the path byte for byte as the URL has it, `/../` included: what is signed must not be tidied.
  public var keepsPath = false
  /// Whether the environment's proxies are used.
  public var usesProxy = true

  public init(_ method: Method = .get, _ url: String, headers: [HTTPHeader] = [], body: [UInt8] = []) {
    self.method = method; self.url = url; self.headers = headers; self.body = body
  }
}

/// The pace below which a transfer counts as stalled: fewer bytes a second than `rate` for as long as `time`. A transfer that waits for
/// its own reader does not count.
public struct SlowestPace: Hashable, Sendable {
  public var rate: ByteCount
  /// Counted in whole seconds.
  public var time: TimeSpan
  public init(_ rate: ByteCount, over time: TimeSpan) { self.rate = rate; self.time = time }
}

/// An answer, whatever its status: 500 is an answer too.
public struct HTTPResponse: Sendable {
  public var status: Int
  public var headers: [HTTPHeader]
  public var body: [UInt8]
  /// Whether the body was longer than the request's `bodyLimit`.
  public var bodyTruncated: Bool

  public init(status: Int, headers: [HTTPHeader], body: [UInt8], bodyTruncated: Bool) {
    self.status = status; self.headers = headers; self.body = body; self.bodyTruncated = bodyTruncated
  }

  /// The first header of that name, in any case.
  public func header(_ name: String) -> String? {
    let name = name.lowercased()
    return headers.first { $0.name == name }?.value
  }
  /// The body as text; bytes that are not UTF-8 are replaced.
  public var text: String { String(decoding: body, as: UTF8.self) }
}

/// Why there is no answer.
public struct HTTPError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: String, Hashable, Sendable, CaseIterable {
    case invalidRequest = "invalid-request", libraryMissing = "library-missing", cannotResolve = "cannot-resolve", refused
    case cannotConnect = "cannot-connect", timedOut = "timed-out", untrustedCertificate = "untrusted-certificate", tls
    case tooManyRedirects = "too-many-redirects", brokenConnection = "broken-connection", cancelled
    /// Of mail: the server takes no such user or password, or says no to the message.
    case loginDenied = "login-denied", mailRefused = "mail-refused"
  }
  public var reason: Reason
  /// Where to, without user, password, query and fragment.
  public var target: String
  /// A sentence's rest for people: `nothing listens on that port`. Holds no secret.
  public var detail: String
  /// Whether the other side may have taken what was sent all the same.
  public var mayHaveArrived: Bool
  /// Whether it may be another one in a moment: of mail, the server says so.
  public var isTransient = false

  public init(_ reason: Reason, target: String, _ detail: String, mayHaveArrived: Bool = false) {
    self.reason = reason; self.target = target; self.detail = detail; self.mayHaveArrived = mayHaveArrived
  }

  public var description: String { "\(target): \(detail)" }
}

/// A URL as it may be shown.
public enum RedactedURL {
  /// Without user, password, query and fragment, each of which may hold a secret; `…` stands where something was left out.
  public static func of(_ url: String) -> String {
    var text = Substring(url)
    var tail = ""
    if let cut = text.firstIndex(where: { $0 == "?" || $0 == "#" }) {
      tail = "\(text[cut])…"
      text = text[..<cut]
    }
    guard let scheme = text.utf8.firstRange(of: Array("://".utf8)) else {
      return text.contains("@") ? "…" : PrintableText.of(text) + tail
    }
    let host = text[scheme.upperBound...]
    let end = host.firstIndex(of: "/") ?? host.endIndex
    let start = host[..<end].lastIndex(of: "@").map { host.index(after: $0) }
    return PrintableText.of(text[..<scheme.upperBound] + (start == nil ? "" : "…@") + host[(start ?? host.startIndex)...]) + tail
  }
}

enum PrintableText {
  static func of(_ text: some StringProtocol) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) ? "\u{FFFD}" : $0 }))
  }
}
