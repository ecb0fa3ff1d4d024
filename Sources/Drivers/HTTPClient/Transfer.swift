internal import CLibCurl
internal import Glibc
internal import Units

/// One request under way. It is made by the task that sends it; from then on its variables belong to the engine's thread alone, which
/// gets to know it through a locked queue. That is why they are `nonisolated(unsafe)`.
final class Transfer: Sendable {
  enum Task {
    case request(HTTPRequest)
    case connection(host: String, port: Int)
    case mail(MailMessage)

    var target: String {
      switch self {
      case .request(let request): RedactedURL.of(request.url)
      case .connection(let host, let port): "\(host):\(port)"
      case .mail(let mail): RedactedURL.of(mail.server)
      }
    }
  }
  typealias Outcome = Result<HTTPResponse, HTTPError>

  nonisolated(unsafe) let easy: UnsafeMutableRawPointer
  nonisolated(unsafe) var cancelled = false
  let target: String
  let deadline: TimeSpan
  private let bodyLimit: Int
  /// Where a streamed body goes; nil: it is gathered here.
  private let pipe: BodyPipe?
  private let upload: [UInt8]
  private let certificates: String?
  private nonisolated(unsafe) var uploaded = 0
  private nonisolated(unsafe) var isMail = false
  private nonisolated(unsafe) var recipients: OpaquePointer?
  private nonisolated(unsafe) let errorText: UnsafeMutablePointer<CChar>
  private nonisolated(unsafe) var headerList: OpaquePointer?
  private nonisolated(unsafe) var headers: [HTTPHeader] = []
  private nonisolated(unsafe) var body: [UInt8] = []
  private nonisolated(unsafe) var bodyTruncated = false
  private nonisolated(unsafe) var continuation: CheckedContinuation<Outcome, Never>?

  /// With a `pipe`, the outcome is the head of the answer, and its body comes through the pipe.
  init(_ task: Task, deadline: TimeSpan, trusting ownCertificates: String?, into pipe: BodyPipe? = nil) throws(HTTPError) {
    target = task.target
    self.pipe = pipe
    (upload, certificates) =
      switch task {
      case .request(let request): (request.body, request.certificates ?? ownCertificates)
      case .connection: ([], nil)
      case .mail(let mail): (mail.content, mail.certificates ?? ownCertificates)
      }
    self.deadline = max(.milliseconds(1), min(deadline, .days(20)))  // libcurl counts in a 32-bit number on some machines.
    guard let easy = dr_curl_easy_init() else { throw HTTPError(.libraryMissing, target: target, "libcurl has no memory left") }
    self.easy = easy
    errorText = .allocate(capacity: dr_curl_error_size)
    errorText.initialize(repeating: 0, count: dr_curl_error_size)
    switch task {
    case .request(let request):
      bodyLimit = Int(clamping: request.bodyLimit.bytes)
      try setCommon(connectTimeout: request.connectTimeout)
      try set(request)
    case .connection(let host, let port):
      bodyLimit = 0
      try setCommon(connectTimeout: self.deadline)
      try setConnection(host: host, port: port)
    case .mail(let mail):
      bodyLimit = 0
      isMail = true
      try setCommon(connectTimeout: .seconds(10))
      try set(mail)
    }
  }

  deinit {
    dr_curl_easy_cleanup(easy)
    dr_curl_list_free(headerList)
    dr_curl_list_free(recipients)
    errorText.deallocate()
  }

  func start(_ continuation: CheckedContinuation<Outcome, Never>) { self.continuation = continuation }

  // MARK: Options

  private func setCommon(connectTimeout: TimeSpan) throws(HTTPError) {
    dr_curl_set_long(easy, dr_curlopt_nosignal, 1)
    dr_curl_set_pointer(easy, dr_curlopt_errorbuffer, errorText)
    dr_curl_set_long(easy, dr_curlopt_timeout_ms, Int(deadline.milliseconds))
    dr_curl_set_long(easy, dr_curlopt_connecttimeout_ms, Int(min(connectTimeout, deadline).milliseconds))
    guard dr_curl_set_text(easy, dr_curlopt_protocols_str, "http,https") == dr_curle_ok,
      dr_curl_set_text(easy, dr_curlopt_redir_protocols_str, "http,https") == dr_curle_ok
    else { throw HTTPError(.libraryMissing, target: target, "the libcurl of this machine is older than 7.85, which is needed") }
  }

  private func setConnection(host: String, port: Int) throws(HTTPError) {
    guard (1...65_535).contains(port), !host.isEmpty, !host.utf8.contains(where: { $0 <= 0x20 || "/?#@\\".utf8.contains($0) })
    else { throw HTTPError(.invalidRequest, target: target, "this is no host name or address with a port from 1 to 65535") }
    let bracketed = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
    dr_curl_set_text(easy, dr_curlopt_url, "http://\(bracketed):\(port)")
    dr_curl_set_text(easy, dr_curlopt_noproxy, "*")
    dr_curl_set_long(easy, dr_curlopt_connect_only, 1)
  }

  private func set(_ mail: MailMessage) throws(HTTPError) {
    let isPlain = mail.server.lowercased().hasPrefix("smtp://")
    guard isPlain || mail.server.lowercased().hasPrefix("smtps://"), !mail.server.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
      throw HTTPError(.invalidRequest, target: target, "the URL of a mail server is smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465, without spaces")
    }
    guard ([mail.from] + mail.to).allSatisfy(MailMessage.isAddress), !mail.to.isEmpty else {
      throw HTTPError(.invalidRequest, target: target, "the sender's or a receiver's address is none")
    }
    dr_curl_set_text(easy, dr_curlopt_protocols_str, "smtp,smtps")
    dr_curl_set_text(easy, dr_curlopt_url, mail.server)
    dr_curl_set_long(easy, dr_curlopt_use_ssl, dr_curl_use_ssl_all)
    dr_curl_set_text(easy, dr_curlopt_noproxy, "*")
    dr_curl_set_text(easy, dr_curlopt_mail_from, "<\(mail.from)>")
    for address in mail.to { recipients = dr_curl_list_append(recipients, "<\(address)>") }
    dr_curl_set_list(easy, dr_curlopt_mail_rcpt, recipients)
    if let file = certificates { dr_curl_set_text(easy, dr_curlopt_cainfo, file) }
    setUpload()
  }

  private func set(_ request: HTTPRequest) throws(HTTPError) {
    guard ["http://", "https://"].contains(where: { request.url.lowercased().hasPrefix($0) }) else {
      throw HTTPError(.invalidRequest, target: target, "a URL begins with http:// or https://")
    }
    guard !request.url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
      throw HTTPError(.invalidRequest, target: target, "a URL holds no space and no control character; write %20 for a space")
    }
    dr_curl_set_text(easy, dr_curlopt_url, request.url)
    dr_curl_set_text(easy, dr_curlopt_useragent, "sie-dr")
    try set(headers: request.headers)
    switch request.method {
    case .get: break
    case .head: dr_curl_set_long(easy, dr_curlopt_nobody, 1)
    case .put where !request.body.isEmpty: setUpload()
    case .post, .put, .patch:
      dr_curl_set_size(easy, dr_curlopt_postfieldsize_large, Int64(request.body.count))
      // One byte more than is sent, so that there is always an address: without one libcurl would read standard input.
      var bytes = request.body + [0]
      dr_curl_set_pointer(easy, dr_curlopt_copypostfields, &bytes)
      if request.method != .post { dr_curl_set_text(easy, dr_curlopt_customrequest, request.method.rawValue) }
    case .delete: dr_curl_set_text(easy, dr_curlopt_customrequest, "DELETE")
    }
    if request.redirects > 0, request.method == .get || request.method == .head {
      dr_curl_set_long(easy, dr_curlopt_followlocation, 1)
      dr_curl_set_long(easy, dr_curlopt_maxredirs, request.redirects)
    }
    setTransport(request)
    let context = Unmanaged.passUnretained(self).toOpaque()
    dr_curl_set_pointer(easy, dr_curlopt_writedata, context)
    dr_curl_set_data_fn(easy, dr_curlopt_writefunction) { bytes, size, count, context in
      Transfer.of(context)?.receive(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
    }
    dr_curl_set_pointer(easy, dr_curlopt_headerdata, context)
    dr_curl_set_data_fn(easy, dr_curlopt_headerfunction) { bytes, size, count, context in
      Transfer.of(context)?.receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
    }
  }

  private func setTransport(_ request: HTTPRequest) {
    if let slowest = request.slowest {
      dr_curl_set_long(easy, dr_curlopt_low_speed_limit, Int(clamping: slowest.rate.bytes))
      dr_curl_set_long(easy, dr_curlopt_low_speed_time, max(1, Int(slowest.time.milliseconds / 1_000)))
    }
    if let file = certificates { dr_curl_set_text(easy, dr_curlopt_cainfo, file) }
    if request.keepsPath { dr_curl_set_long(easy, dr_curlopt_path_as_is, 1) }
    if !request.usesProxy { dr_curl_set_text(easy, dr_curlopt_noproxy, "*") }
    guard pipe != nil || !upload.isEmpty else { return }
    // Of streams that share a connection, one that waits for its reader would hold up the others.
    dr_curl_set_long(easy, dr_curlopt_http_version, dr_curl_http_1_1)
    dr_curl_set_long(easy, dr_curlopt_tcp_keepalive, 1)
    dr_curl_set_long(easy, dr_curlopt_buffersize, 256 << 10)
    dr_curl_set_long(easy, dr_curlopt_upload_buffersize, 256 << 10)
  }

  /// Reads the body where it is, without a copy.
  private func setUpload() {
    let context = Unmanaged.passUnretained(self).toOpaque()
    dr_curl_set_long(easy, dr_curlopt_upload, 1)
    dr_curl_set_size(easy, dr_curlopt_infilesize_large, Int64(upload.count))
    dr_curl_set_pointer(easy, dr_curlopt_readdata, context)
    dr_curl_set_data_fn(easy, dr_curlopt_readfunction) { bytes, size, count, context in
      Transfer.of(context)?.supply(UnsafeMutableRawBufferPointer(start: bytes, count: size * count)) ?? 0
    }
    dr_curl_set_pointer(easy, dr_curlopt_seekdata, context)
    dr_curl_set_seek_fn(easy, dr_curlopt_seekfunction) { context, offset, _ in
      guard let transfer = Transfer.of(context), (0...Int64(transfer.upload.count)).contains(offset) else { return 1 }
      transfer.uploaded = Int(offset)
      return 0
    }
  }

  private func supply(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, upload.count - uploaded)
    upload.withUnsafeBytes { source in
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[uploaded..<uploaded + count]))
    }
    uploaded += count
    return count
  }

  private func set(headers: [HTTPHeader]) throws(HTTPError) {
    // A body has only the type that the request names, and waits for no "100 Continue".
    var lines = ["Expect:"]
    if !headers.contains(where: { $0.name.lowercased() == "content-type" }) { lines.append("Content-Type:") }
    for header in headers {
      guard !header.name.isEmpty, header.name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }) else {
        throw HTTPError(.invalidRequest, target: target, "'\(PrintableText.of(header.name))' cannot be the name of a header")
      }
      guard !header.value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) else {
        throw HTTPError(.invalidRequest, target: target, "the value of the header \(header.name) holds a control character")
      }
      lines.append(header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
    }
    for line in lines { headerList = dr_curl_list_append(headerList, line) }
    dr_curl_set_list(easy, dr_curlopt_httpheader, headerList)
  }

  // MARK: What comes in

  private static func of(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Taking fewer bytes than were offered ends the transfer.
  private func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
    if let pipe {
      giveHead()
      return pipe.offer(bytes) ? bytes.count : dr_curl_writefunc_pause
    }
    let room = bodyLimit - body.count
    body += bytes.prefix(room)
    if bytes.count > room { bodyTruncated = true }
    return min(bytes.count, room)
  }

  private func receiveHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
    // Of several answers (a redirect, "100 Continue") the last counts.
    if bytes.starts(with: "HTTP/".utf8) { headers = [] }
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return bytes.count }
    let value = bytes[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }.prefix { $0 != 0x0D && $0 != 0x0A }
    headers.append(HTTPHeader(String(decoding: bytes[..<colon], as: UTF8.self).lowercased(), String(decoding: value, as: UTF8.self)))
    return bytes.count
  }

  // MARK: The end

  func endCancelled() { end(.failure(HTTPError(.cancelled, target: target, "the run was cancelled"))) }

  func end(code: Int) {
    guard code == dr_curle_ok || bodyTruncated else { return end(.failure(error(code))) }
    end(.success(answer))
  }

  /// Once a turn of the loop: what has come in goes to the reader in one piece.
  func handOver() { pipe?.handOver() }

  private func giveHead() {
    guard continuation != nil else { return }
    give(.success(answer))
  }

  private var answer: HTTPResponse {
    var status = 0
    dr_curl_get_long(easy, dr_curlinfo_response_code, &status)
    return HTTPResponse(status: status, headers: headers, body: body, bodyTruncated: bodyTruncated)
  }

  private func end(_ outcome: Outcome) {
    give(outcome)
    pipe?.finish(outcome.map { _ in })
  }

  private func give(_ outcome: Outcome) {
    continuation?.resume(returning: outcome)
    continuation = nil
  }

  private func error(_ code: Int) -> HTTPError {
    var connected: Int64 = 0
    dr_curl_get_size(easy, dr_curlinfo_connect_time, &connected)
    var systemCode = 0
    dr_curl_get_long(easy, dr_curlinfo_os_errno, &systemCode)
    let said = String(cString: errorText)
    let words = PrintableText.of(said.isEmpty ? String(cString: dr_curl_words(code)) : said)
    var status = 0
    dr_curl_get_long(easy, dr_curlinfo_response_code, &status)
    let failure = TransferFailure(
      code: code, systemCode: Int32(systemCode), connected: connected > 0, deadline: deadline, certificates: certificates, words: words, mailStatus: isMail ? status : nil)
    var error = failure.error(target: target)
    // A mail is taken with its last byte; a request may be from its first.
    error.mayHaveArrived = [.timedOut, .brokenConnection].contains(error.reason) && connected > 0 && (!isMail || uploaded == upload.count)
    return error
  }
}
