internal import Concurrency
public import Units

/// HTTP requests and mails over libcurl, which is loaded with the first one. Certificates are always checked.
///
/// One thread carries all transfers of a client; it ends with the client.
public final class HTTPClient: Sendable {
  private let engine = Lock<CurlEngine?>(nil)
  private let certificates: String?

  /// - Parameter certificates: a file of certificates to trust instead of the machine's own, where a request or a mail names none.
  public init(certificates: String? = nil) { self.certificates = certificates }
  deinit { engine.withLock { $0 }?.stop() }

  /// Sends a request and gives back the answer. `deadline` is for all of it, from the look-up of the name to the body's end.
  public func send(_ request: HTTPRequest, deadline: TimeSpan) async throws(HTTPError) -> HTTPResponse {
    try await perform(.request(request), deadline: deadline)
  }

  /// Sends a request and gives back the answer's head as soon as it is there; the body is then read through the download, whose reader
  /// sets the pace. `deadline` is for all of it, the body included: a large one is better watched over by `request.slowest`.
  public func open(_ request: HTTPRequest, deadline: TimeSpan) async throws(HTTPError) -> HTTPDownload {
    let engine = try runningEngine(target: RedactedURL.of(request.url))
    let pipe = BodyPipe()
    let transfer = try Transfer(.request(request), deadline: deadline, trusting: certificates, into: pipe)
    pipe.whenThereIsRoom { [weak transfer] in if let transfer { engine.send(.goOn(transfer)) } }
    let response = try await run(transfer, on: engine).get()
    return HTTPDownload(response, transfer: transfer, pipe: pipe, engine: engine)
  }

  /// Hands a mail to its server. Without TLS nothing is said: it is asked for where the URL is `smtp://`.
  public func send(_ mail: MailMessage, deadline: TimeSpan) async throws(HTTPError) { _ = try await perform(.mail(mail), deadline: deadline) }

  /// Returns when a TCP connection to the port was made; it is closed at once. Proxies are not used.
  public func connect(host: String, port: Int, deadline: TimeSpan) async throws(HTTPError) {
    _ = try await perform(.connection(host: host, port: port), deadline: deadline)
  }

  private func perform(_ task: Transfer.Task, deadline: TimeSpan) async throws(HTTPError) -> HTTPResponse {
    let engine = try runningEngine(target: task.target)
    return try await run(try Transfer(task, deadline: deadline, trusting: certificates), on: engine).get()
  }

  private func run(_ transfer: Transfer, on engine: CurlEngine) async -> Transfer.Outcome {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        transfer.start(continuation)
        engine.send(.add(transfer))
      }
    } onCancel: {
      engine.send(.cancel(transfer))
    }
  }

  private func runningEngine(target: String) throws(HTTPError) -> CurlEngine {
    let running = engine.withLock { engine in
      if engine == nil { engine = CurlEngine() }
      return engine
    }
    guard let running else {
      throw HTTPError(.libraryMissing, target: target, "libcurl.so.4 is not installed or too old; type 'apt-get install libcurl4'")
    }
    return running
  }
}
