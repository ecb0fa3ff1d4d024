internal import HTTPClient
internal import PlanModel
public import ProviderInterface

/// By what a message goes.
public enum ChannelKind: String, Codable, Hashable, Sendable, CaseIterable {
  case slack, email, statusPage = "status-page"

  /// For people.
  var words: String { self == .statusPage ? "status page" : rawValue }

  /// What its key is; nil: it has none.
  var key: String? {
    switch self {
    case .slack: nil
    case .email: "the URL of the mail server"
    case .statusPage: "the key of its interface"
    }
  }

  /// What a place should be like, where it is not.
  func problem(with text: String) -> String? {
    switch self {
    case .email: MailMessage.isAddress(text) ? nil : "an address such as `all@sie.example`"
    case .slack, .statusPage: ["https://", "http://"].contains { text.lowercased().hasPrefix($0) } ? nil : "a URL that begins with `https://`"
    }
  }
}

/// What an incident on a status page is said to be, in Statuspage's own words.
public enum IncidentStatus: String, Codable, Hashable, Sendable, CaseIterable { case investigating, identified, monitoring, resolved }

extension Channel {
  /// An audience's way; nil where nothing of ours goes that way.
  public init?(_ way: AudienceSpecification.Way, status: IncidentStatus) {
    let kind: ChannelKind? =
      switch way.by {
      case .slack: .slack
      case .email: .email
      case .statusPage: .statusPage
      case .teams, .phone, .other: nil
      }
    guard let kind else { return nil }
    self.init(by: kind, to: way.to, key: way.key.map { .secret($0) }, from: kind == .email ? way.from : nil, status: kind == .statusPage ? status : nil)
  }
}

/// One way to readers. Secrets are named, not held.
public struct Channel: Codable, Hashable, Sendable {
  public var by: ChannelKind
  public var to: InputValue
  public var key: InputValue?
  /// Of mail: the sender.
  public var from: String?
  /// Of a status page.
  public var status: IncidentStatus?
}

extension RedactedURL {
  /// Scheme and host alone: the path of a webhook's URL is what opens it.
  static func host(_ url: String) -> String {
    let shown = of(url)
    guard let scheme = shown.firstRange(of: "://"), let end = shown[scheme.upperBound...].firstIndex(where: { "/?#".contains($0) }) else { return shown }
    return shown[..<end] + "/…"
  }
}
