internal import CanonicalJSON
public import HTTPClient
internal import PlanModel
public import ProviderInterface
public import Units

/// The ways out: one attempt each, with a deadline, and an honest word on what it came to.
public struct Channels: Sendable {
  private let client: HTTPClient
  private let secrets: any SecretResolving
  /// A file of certificates that mail servers are held to, instead of the machine's own.
  private let certificates: String?
  /// For one attempt over HTTP.
  static let patience = TimeSpan.seconds(10)
  /// For one mail. Servers make everybody wait who has a wrong password, once for each way of giving it.
  private let mailPatience: TimeSpan
  /// After so long an attempt has ended, whatever its channel does; a status page may be asked and then told.
  var longestAttempt: TimeSpan { max(Self.patience * 2, mailPatience) + .seconds(1) }

  public init(_ client: HTTPClient, secrets: any SecretResolving, certificates: String? = nil, mailPatience: TimeSpan = .seconds(30)) {
    self.client = client; self.secrets = secrets; self.certificates = certificates; self.mailPatience = mailPatience
  }

  func send(_ message: OutboxMessage, by channel: Channel) async -> Delivery {
    let (to, key): (String, String?)
    do throws(StepFailure) { (to, key) = (try await value(channel.to) ?? "", try await value(channel.key)) } catch {
      return error.isTransient ? .later(error.message, after: nil) : .refused(error.message)
    }
    if let expected = channel.by.problem(with: to) { return .refused("where it is to go is not \(expected)") }
    switch channel.by {
    case .slack: return await slack(message, to)
    case .statusPage: return await StatusPage(client: client, url: to, key: key ?? "", status: channel.status ?? .investigating).send(message)
    case .email: return await mail(message, to, key ?? "", from: channel.from)
    }
  }

  private func value(_ input: InputValue?) async throws(StepFailure) -> String? {
    switch input {
    case nil, .output: nil
    case .text(let text): text
    case .secret(let secret): try await secrets.resolve(secret).reveal()
    }
  }

  /// Slack, "Sending messages using incoming webhooks", and "Rate limits".
  private func slack(_ message: OutboxMessage, _ url: String) async -> Delivery {
    let escaped = message.text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    let body: JSONValue = ["text": .string(escaped)]
    return await client.deliver(.post, url, body) { _ in .sent }
  }

  private func mail(_ message: OutboxMessage, _ to: String, _ server: String, from: String?) async -> Delivery {
    guard let from = from ?? MailText.sender(in: server) else { return .refused("the mail server's URL names no user that is an address: write `from`") }
    var mail = MailMessage(server: server, from: from, to: [to], content: MailText.content(message, from: from, to: to))
    mail.certificates = certificates
    do throws(HTTPError) {
      try await client.send(mail, deadline: mailPatience)
      return .sent
    } catch { return Delivery(error, transient: error.isTransient) }
  }
}

extension Delivery {
  /// Words without the URL, which may be what opens the channel.
  init(_ error: HTTPError, transient: Bool = false) {
    let why = error.reason == .invalidRequest ? error.reason.rawValue.replacing("-", with: " ") : error.detail
    if error.mayHaveArrived { self = .doubtful(why); return }
    switch error.reason {
    case .refused, .cannotResolve, .cannotConnect, .timedOut, .brokenConnection: self = .later(why, after: nil)
    case .mailRefused where transient: self = .later(why, after: nil)
    default: self = .refused(why)
    }
  }
}

extension HTTPClient {
  /// Sends JSON and judges the answer's status; `then` judges a good answer's body.
  func deliver(
    _ method: HTTPRequest.Method, _ url: String, _ body: JSONValue?, headers: [HTTPHeader] = [], then: @Sendable (HTTPResponse) async -> Delivery
  ) async -> Delivery {
    var request = HTTPRequest(method, url, headers: headers)
    if let body, let bytes = try? CanonicalJSON.bytes(body) {
      request.body = bytes
      request.headers.append(HTTPHeader("Content-Type", "application/json"))
    }
    request.bodyLimit = ByteCount(bytes: 4 << 20)
    let response: HTTPResponse
    do throws(HTTPError) { response = try await send(request, deadline: Channels.patience) } catch { return Delivery(error) }
    switch response.status {
    case 200...299: return await then(response)
    case 429: return .later("it takes no more for now (429)", after: response.header("retry-after").flatMap { Int64($0) }.map { .seconds(max(0, min($0, 3_600))) })
    case 408, 500...599: return .later("it says \(response.status)", after: nil)
    default: return .refused("it says \(response.status)")
    }
  }
}
