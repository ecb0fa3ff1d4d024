internal import AWSClient
internal import HTTPClient
internal import ObjectStore
internal import Units

/// What went wrong with a request, in the words of the door.
struct S3Problem: Error {
  var reason: StoreError.Reason
  var detail: String
  init(_ reason: StoreError.Reason, _ detail: String) { self.reason = reason; self.detail = detail }
}

/// What is to be done about an answer, or about having none. Pure.
enum S3Verdict {
  case answer
  /// Once more, not before the time that the store asks for.
  case again(after: TimeSpan?, S3Problem)
  /// With new credentials, once.
  case refresh(S3Problem)
  case elsewhere(ServiceEndpoint?, region: String?, S3Problem)
  case failed(S3Problem)
}

/// The facts besides the answer that a verdict needs.
struct S3Judge {
  var bucket: String
  var endpoint: ServiceEndpoint
  var region: String
  /// "writing it"
  var doing: String
  /// What the identity must be allowed to do: `s3:PutObject`.
  var action: String
  /// Statuses that the caller deals with itself.
  var accepted: Set<Int>
  /// When the request was signed.
  var signed: Timestamp

  func verdict(_ response: HTTPResponse, _ body: AWSErrorBody) -> S3Verdict {
    let status = response.status
    if (200..<300).contains(status) && body.code == nil || accepted.contains(status) { return .answer }
    let code = body.code ?? ""
    switch (status, code) {
    case (_, "RequestTimeTooSkewed"): return .failed(skewed(response, body))
    case (_, "ExpiredToken"), (_, "TokenRefreshRequired"), (_, "ExpiredTokenException"):
      return .refresh(S3Problem(.denied, "\(doing): the session token of the credentials has expired; renew the credentials"))
    case (_, "InvalidAccessKeyId"), (_, "InvalidToken"), (_, "InvalidClientTokenId"):
      return .refresh(S3Problem(.denied, "\(doing): the store does not know the access key (\(code)); check that the credentials belong to \(endpoint)"))
    case (_, "SignatureDoesNotMatch"):
      return .failed(S3Problem(.denied, "\(doing): the signature is refused: the secret key does not belong to the access key, or something on the way changes the request"))
    case (_, "NoSuchBucket"): return .failed(noBucket)
    case (_, "AuthorizationHeaderMalformed"), (_, "IllegalLocationConstraintException"):
      let named = body.region ?? response.header("x-amz-bucket-region")
      guard let named, named != region else { return .failed(refusal(response, body)) }
      return .elsewhere(nil, region: named, S3Problem(.other, "\(doing): the bucket `\(bucket)` is in the region \(named), not in \(region); write `region: \(named)`"))
    case (301, _), (302, _), (307, _), (308, _): return redirect(response, body)
    case (_, "SlowDown"), (_, "RequestTimeout"), (_, "InternalError"), (_, "ServiceUnavailable"), (_, "OperationAborted"), (_, "BadDigest"),
      (_, "ConditionalRequestConflict"), (_, "XAmzContentSHA256Mismatch"), (_, "IncompleteBody"), (_, "RequestTimeTooSlow"), (409, _), (408, _), (429, _),
      (500, _), (502...504, _):
      return .again(after: response.header("retry-after").flatMap(Self.retryAfter), busy(status, body))
    case (507, _), (_, "QuotaExceeded"), (_, "QuotaExceededException"), (_, "XMinioStorageFull"), (_, "InsufficientStorage"):
      return .failed(S3Problem(.noSpace, "\(doing): the store has no space left\(said(body))"))
    case (403, _), (401, _):
      if let skew = skew(response) { return .failed(skew) }
      if code.isEmpty { return .refresh(denied(body)) }
      return .failed(denied(body))
    case (400, "") where response.body.isEmpty: return .refresh(refusal(response, body))
    case (404, "NoSuchKey"), (404, ""), (404, "NotFound"): return .failed(S3Problem(.notFound, "there is no such object"))
    case (404, "NoSuchUpload"): return .failed(S3Problem(.notFound, "its upload was discarded meanwhile"))
    case (412, _): return .failed(S3Problem(.other, "\(doing): it was changed meanwhile"))
    default: return .failed(refusal(response, body))
    }
  }

  func verdict(_ error: HTTPError) -> S3Verdict {
    switch error.reason {
    case .cancelled: .failed(S3Problem(.cancelled, "cancelled"))
    case .libraryMissing, .invalidRequest, .loginDenied, .mailRefused: .failed(S3Problem(.other, "\(doing): \(error.detail)"))
    case .untrustedCertificate:
      .failed(S3Problem(.unreachable, "\(doing): \(endpoint): \(error.detail); if its certificate is signed by your own authority, write `ca: PATH`"))
    case .tls, .tooManyRedirects: .failed(S3Problem(.unreachable, "\(doing): \(endpoint): \(error.detail)"))
    case .timedOut: .again(after: nil, S3Problem(.timedOut, "\(doing): \(endpoint): \(error.detail)"))
    case .cannotResolve, .refused, .cannotConnect, .brokenConnection:
      .again(after: nil, S3Problem(.unreachable, "\(doing): \(endpoint): \(error.detail)"))
    }
  }

  // MARK: In words

  var noBucket: S3Problem { S3Problem(.unreachable, "there is no bucket `\(bucket)` at \(endpoint); check its name, or make it") }

  private func busy(_ status: Int, _ body: AWSErrorBody) -> S3Problem {
    let what =
      switch (status, body.code) {
      case (_, "BadDigest"), (_, "XAmzContentSHA256Mismatch"): S3Problem(.damaged, "the bytes arrived changed")
      case (500, _), (_, "InternalError"): S3Problem(.other, "the store fails inside\(said(body))")
      default: S3Problem(.unreachable, "the store cannot serve it now")
      }
    return S3Problem(what.reason, "\(doing): \(what.detail) (\(status)\(body.code.map { " \($0)" } ?? ""))")
  }

  private func denied(_ body: AWSErrorBody) -> S3Problem {
    S3Problem(.denied, "\(doing): the store refuses it (\(body.code ?? "403")); the identity needs \(action) on the bucket `\(bucket)`\(said(body))")
  }

  private func refusal(_ response: HTTPResponse, _ body: AWSErrorBody) -> S3Problem {
    S3Problem(.other, "\(doing): the store answers \(response.status)\(body.code.map { " \($0)" } ?? "")\(said(body))")
  }

  private func said(_ body: AWSErrorBody) -> String { body.message.map { $0.isEmpty ? "" : ": \($0)" } ?? "" }

  private func skewed(_ response: HTTPResponse, _ body: AWSErrorBody) -> S3Problem {
    let theirs = body.serverTime.flatMap { Timestamp($0) } ?? response.header("date").flatMap(HTTPDate.read)
    let store = theirs.map { "the store's clock says \($0)" } ?? "the store's clock differs"
    return S3Problem(.denied, "\(doing): \(store), this machine's \(Timestamp(milliseconds: signed.milliseconds / 1_000 * 1_000)): set the clock, for example with chrony")
  }

  /// A refusal without words whose date is a quarter of an hour off is about the clock.
  private func skew(_ response: HTTPResponse) -> S3Problem? {
    guard let theirs = response.header("date").flatMap(HTTPDate.read), abs((theirs - signed).milliseconds) > 15 * 60_000 else { return nil }
    return skewed(response, AWSErrorBody([]))
  }

  /// A number of seconds; more than a minute is not waited for in one go.
  static func retryAfter(_ text: String) -> TimeSpan? { Int64(text).map { .seconds(min(max($0, 0), 60)) } }

  /// Requests follow a redirect to a host of the same domain, never from TLS to none; elsewhere only a person may send them.
  private func redirect(_ response: HTTPResponse, _ body: AWSErrorBody) -> S3Verdict {
    let region = response.header("x-amz-bucket-region") ?? body.region
    let location = response.header("location").flatMap { Self.origin(of: $0) }
    let named = location ?? body.endpoint.flatMap { ServiceEndpoint("\(endpoint.isTLS ? "https" : "http")://\($0)") }
    let where_ = region.map { "the region \($0)" } ?? named.map(\.description) ?? "elsewhere, without saying where"
    let problem = S3Problem(.other, "\(doing): \(endpoint) sends requests for the bucket `\(bucket)` to \(where_); write that as the store's `\(region == nil ? "endpoint" : "region")`")
    if endpoint.isAmazon, let region, region != self.region { return .elsewhere(nil, region: region, problem) }
    guard let named, named != endpoint, named.isTLS || !endpoint.isTLS, Self.domain(named.host) == Self.domain(endpoint.host) else { return .failed(problem) }
    return .elsewhere(named, region: region, problem)
  }

  private static func origin(of url: String) -> ServiceEndpoint? {
    guard let scheme = url.firstRange(of: "://") else { return nil }
    let end = url[scheme.upperBound...].firstIndex { "/?#".contains($0) } ?? url.endIndex
    return ServiceEndpoint(url[..<end])
  }

  private static func domain(_ host: String) -> String {
    let isAddress = host.utf8.allSatisfy { "0123456789.".utf8.contains($0) } || host.contains(":")
    return isAddress ? host : host.split(separator: ".").suffix(2).joined(separator: ".")
  }
}
