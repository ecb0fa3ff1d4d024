internal import HTTPClient
internal import Units

/// Why a call has no answer of success.
public struct AWSError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: Hashable, Sendable {
    case cancelled
    /// No answer came; what the connection says, if there was one.
    case silent(HTTPSilence?)
    /// None were found.
    case noCredentials
    /// The access key is not known, or no longer good.
    case unknownKey
    /// The secret key is another one than the service has.
    case wrongSignature
    /// The clocks are too far apart.
    case wrongClock
    /// The identity may not do that.
    case denied
    case throttled
    /// The service fails inside.
    case failing
    /// It understood, and says no: `code` says why.
    case refused
    /// What came is no answer of such a service.
    case notUnderstood
  }

  public var reason: Reason
  /// The service's own word for it, such as `InvalidChangeBatch`.
  public var code: String?
  /// The endpoint.
  public var target: String
  /// A sentence's rest for people. Holds no secret.
  public var detail: String
  /// Whether it may have been done all the same.
  public var mayHaveHappened: Bool

  public init(_ reason: Reason, code: String? = nil, target: String, _ detail: String, mayHaveHappened: Bool = false) {
    self.reason = reason; self.code = code; self.target = target; self.detail = detail; self.mayHaveHappened = mayHaveHappened
  }

  /// Whether the same call may succeed in a moment.
  public var isTransient: Bool {
    switch reason {
    case .silent, .throttled, .failing, .notUnderstood: true
    case .cancelled, .noCredentials, .unknownKey, .wrongSignature, .wrongClock, .denied, .refused: false
    }
  }

  public var description: String { "\(target): \(detail)" }

  func doubted(_ doubt: Bool) -> AWSError {
    var error = self
    error.mayHaveHappened = error.mayHaveHappened || doubt
    return error
  }

  func givenUp(after attempts: Int) -> AWSError {
    guard attempts > 1 else { return self }
    var error = self
    error.detail += "; given up after \(attempts) attempts"
    return error
  }
}

/// What kind of silence it is.
public enum HTTPSilence: Hashable, Sendable { case notFound, refused, slow, untrusted, broken }

/// What is to be done about an answer, or about having none. Pure.
enum AWSVerdict: Hashable {
  case answer
  /// Once more, not before the time that the service asks for.
  case again(after: TimeSpan?, AWSError)
  /// With new credentials, once.
  case refresh(AWSError)
  case failed(AWSError)
}

struct AWSJudge {
  var service: AWSService
  /// When the request was signed.
  var signed: Timestamp
  var credentials: AWSCredentials

  /// Nothing was done (AWS SDKs and Tools Reference Guide, "Retry behavior"; Route 53 API Reference, "Common Errors").
  private static let throttling: Set<String> = [
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException", "TooManyRequestsException", "RequestLimitExceeded",
    "BandwidthLimitExceeded", "SlowDown", "PriorRequestNotComplete",
  ]

  func verdict(_ response: HTTPResponse) -> AWSVerdict {
    let body = AWSErrorBody(response.body)
    let status = response.status
    guard !response.bodyTruncated else { return .failed(error(.notUnderstood, body, "its answer is longer than any such answer is", doubt: true)) }
    if (200..<300).contains(status), body.code == nil { return .answer }
    let code = body.code ?? ""
    if Self.throttling.contains(code) || status == 429 {
      return .again(after: response.header("retry-after").flatMap { Int64($0) }.map { .seconds(min(max($0, 0), 60)) }, error(.throttled, body, "it asks for fewer requests (\(code.isEmpty ? "\(status)" : code))"))
    }
    switch (status, code) {
    case (_, "ExpiredToken"), (_, "ExpiredTokenException"), (_, "TokenRefreshRequired"):
      return .refresh(error(.unknownKey, body, "the session token of the credentials has expired (\(code))"))
    case (_, "InvalidClientTokenId"), (_, "UnrecognizedClientException"), (_, "InvalidAccessKeyId"):
      return .refresh(error(.unknownKey, body, "it does not know the access key (\(code))"))
    case (_, "RequestExpired"), (_, "RequestTimeTooSkewed"), (_, "RequestInTheFuture"): return .failed(skewed(response, body))
    case (_, "SignatureDoesNotMatch"), (_, "InvalidSignatureException"), (_, "IncompleteSignature"):
      // Its own words repeat what was signed, a session token among it.
      let isLate = ["Signature expired", "Signature not yet current"].contains { body.message?.hasPrefix($0) ?? false }
      return .failed(isLate ? skewed(response, body) : error(.wrongSignature, body, "it refuses the signature: the secret key does not belong to the access key, or something on the way changes the request"))
    case (401, _), (403, _): return .failed(error(.denied, body, "it refuses it (\(code.isEmpty ? "\(status)" : code))\(said(body))"))
    case (500..., _): return .again(after: nil, error(.failing, body, "it fails inside (\(status)\(code.isEmpty ? "" : " \(code)"))\(said(body))", doubt: true))
    case (_, ""): return .failed(error(.notUnderstood, body, "the answer (\(status)) is none of such a service: something else listens there"))
    default: return .failed(error(.refused, body, "it says \(code)\(said(body))"))
    }
  }

  func verdict(_ failure: HTTPError) -> AWSVerdict {
    func silent(_ silence: HTTPSilence) -> AWSError {
      AWSError(.silent(silence), target: service.endpoint.description, failure.detail, mayHaveHappened: failure.mayHaveArrived)
    }
    switch failure.reason {
    case .cancelled: return .failed(AWSError(.cancelled, target: service.endpoint.description, "cancelled", mayHaveHappened: failure.mayHaveArrived))
    case .untrustedCertificate, .tls: return .failed(silent(.untrusted))
    case .cannotResolve: return .again(after: nil, silent(.notFound))
    case .refused, .cannotConnect: return .again(after: nil, silent(.refused))
    case .timedOut: return .again(after: nil, silent(.slow))
    case .brokenConnection: return .again(after: nil, silent(.broken))
    case .invalidRequest, .libraryMissing, .tooManyRedirects, .loginDenied, .mailRefused:
      return .failed(AWSError(.notUnderstood, target: service.endpoint.description, failure.detail))
    }
  }

  private func error(_ reason: AWSError.Reason, _ body: AWSErrorBody, _ detail: String, doubt: Bool = false) -> AWSError {
    AWSError(reason, code: body.code, target: service.endpoint.description, detail, mayHaveHappened: doubt)
  }

  /// Its sentence, unless it repeats what is to be kept.
  private func said(_ body: AWSErrorBody) -> String {
    guard let message = body.message, !message.isEmpty else { return "" }
    let secrets = [credentials.secretKey, credentials.token ?? ""].filter { !$0.isEmpty }
    return secrets.contains(where: message.contains) ? "" : ": \(message)"
  }

  private func skewed(_ response: HTTPResponse, _ body: AWSErrorBody) -> AWSError {
    let theirs = (body.serverTime.flatMap { Timestamp($0) } ?? response.header("date").flatMap(HTTPDate.read)).map { "its clock says \($0)" } ?? "its clock differs"
    return error(.wrongClock, body, "\(theirs), this machine's \(Timestamp(milliseconds: signed.milliseconds / 1_000 * 1_000))")
  }
}
