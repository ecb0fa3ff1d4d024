internal import CLibCurl
internal import Glibc
internal import Units

/// What libcurl says of a failed transfer, and what that is in words.
struct TransferFailure {
  var code: Int
  /// The system's error of the last failed connection.
  var systemCode: Int32
  var connected: Bool
  var deadline: TimeSpan
  /// The request's own file of certificates.
  var certificates: String?
  /// libcurl's own words.
  var words: String
  /// Of mail: what the server said last.
  var mailStatus: Int?

  func error(target: String) -> HTTPError {
    let (reason, detail) = refusalOfMail ?? finding
    var error = HTTPError(reason, target: target, detail)
    error.isTransient = reason == .mailRefused && (400...499).contains(mailStatus ?? 0)
    return error
  }

  /// The server's sentence is not repeated: some repeat the user's name in it.
  private var refusalOfMail: (HTTPError.Reason, String)? {
    guard let mailStatus else { return nil }
    switch code {
    case dr_curle_login: return (.loginDenied, "the mail server takes no such user with that password")
    case dr_curle_no_tls: return (.tls, "the mail server offers no TLS, without which nothing is said")
    case dr_curle_send where (400...599).contains(mailStatus), dr_curle_http where (400...599).contains(mailStatus), dr_curle_weird where (400...599).contains(mailStatus):
      return (.mailRefused, "the mail server says no (\(mailStatus))")
    default: return nil
    }
  }

  private var finding: (HTTPError.Reason, String) {
    switch code {
    case dr_curle_unsupported_protocol, dr_curle_url_malformat: (.invalidRequest, "this is no URL that can be asked: \(words)")
    case dr_curle_resolve_host: (.cannotResolve, "the host's name has no address; check its spelling and the DNS of this machine")
    case dr_curle_resolve_proxy: (.cannotResolve, "the name of the proxy that the environment names has no address")
    case dr_curle_connect where systemCode == ECONNREFUSED: (.refused, "the connection was refused: nothing listens on that port")
    case dr_curle_connect: (.cannotConnect, systemCode == 0 ? words : "no connection: \(String(cString: strerror(systemCode)))")
    case dr_curle_timed_out where words.contains("too slow"): (.timedOut, "it all but stands still: \(words)")
    case dr_curle_timed_out where connected: (.timedOut, "no complete answer within \(deadline.rounded)")
    case dr_curle_timed_out: (.timedOut, "no connection in time (\(words))")
    case dr_curle_certificate: (.untrustedCertificate, "its TLS certificate is not trusted: \(words)")
    case dr_curle_ca_file: (.tls, certificates.map { "the certificates in \($0) cannot be read; check the path and that it is PEM" } ?? "the certificates that this machine trusts cannot be read; type 'apt-get install ca-certificates'")
    case dr_curle_ssl_connect: (.tls, "TLS was not agreed on: \(words)")
    case dr_curle_too_many_redirects: (.tooManyRedirects, "it redirects more often than is followed")
    case dr_curle_got_nothing: (.brokenConnection, "the connection was closed without an answer")
    default: (.brokenConnection, words)
    }
  }
}
