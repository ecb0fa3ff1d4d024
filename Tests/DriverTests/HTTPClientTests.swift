import ChildProcess
import Concurrency
import HTTPClient
import TestSupport
import Testing
import Units

private let client = HTTPClient()

/// Sends a request that has no answer and gives the reason.
private func failure(_ request: HTTPRequest, deadline: TimeSpan = .seconds(20)) async -> HTTPError? {
  await #expect(throws: HTTPError.self) { try await client.send(request, deadline: deadline) }
}

@Suite struct HTTPClientTests {
  @Test func `An answer has its status, its headers and its body, whatever the status`() async throws {
    let server = try HTTPServer { _ in .answer(503, headers: ["X-Node": "a b", "Retry-After": "7"], body: Array("busy\n".utf8)) }
    let response = try await client.send(HTTPRequest(.get, "\(server.url)/health?x=1"), deadline: .seconds(20))
    #expect(response.status == 503 && response.text == "busy\n" && !response.bodyTruncated)
    #expect(response.header("x-NODE") == "a b" && response.header("retry-after") == "7" && response.header("x") == nil)
    #expect(server.requests.map(\.path) == ["/health?x=1"])
    #expect(server.requests.first?.headers["user-agent"] == "sie-dr")
  }

  @Test(arguments: HTTPRequest.Method.allCases) func `A request has its method, its headers and its body`(method: HTTPRequest.Method) async throws {
    let server = try HTTPServer { _ in .answer(200) }
    let hasBody = method == .post || method == .put
    let headers = [HTTPHeader("Authorization", "Bearer abc"), HTTPHeader("Content-Type", "text/plain"), HTTPHeader("X-Empty", "")]
    let request = HTTPRequest(method, server.url, headers: headers, body: hasBody ? Array("a\0b".utf8) : [])
    #expect(try await client.send(request, deadline: .seconds(20)).status == 200)
    let seen = try #require(server.requests.first)
    #expect(seen.method == method.rawValue && seen.body == request.body)
    #expect(seen.headers["authorization"] == "Bearer abc" && seen.headers["x-empty"] == "" && seen.headers["content-type"] == "text/plain")
    #expect(seen.headers["expect"] == nil)
  }

  @Test func `A POST without a body sends none`() async throws {
    let server = try HTTPServer { _ in .answer(204) }
    #expect(try await client.send(HTTPRequest(.post, server.url), deadline: .seconds(20)).status == 204)
    #expect(server.requests.first?.headers["content-length"] == "0" && server.requests.first?.headers["content-type"] == nil)
  }

  @Test func `A redirect is the answer unless following is asked for`() async throws {
    let server = try HTTPServer { $0.path == "/old" ? .answer(302, headers: ["Location": "/new"]) : .text(200, "new") }
    var request = HTTPRequest(.get, "\(server.url)/old")
    let first = try await client.send(request, deadline: .seconds(20))
    #expect(first.status == 302 && first.header("location") == "/new")
    request.redirects = 1
    let second = try await client.send(request, deadline: .seconds(20))
    #expect(second.status == 200 && second.text == "new" && second.header("location") == nil)
  }

  @Test func `Redirects without end are given up`() async throws {
    let server = try HTTPServer { _ in .answer(302, headers: ["Location": "/"]) }
    var request = HTTPRequest(.get, server.url)
    request.redirects = 3
    #expect(await failure(request)?.reason == .tooManyRedirects)
    #expect(server.requests.count == 4)
  }

  @Test func `A redirect cannot lead to another protocol`() async throws {
    let server = try HTTPServer { _ in .answer(302, headers: ["Location": "file:///etc/passwd"]) }
    var request = HTTPRequest(.get, server.url)
    request.redirects = 3
    #expect(await failure(request)?.reason == .invalidRequest)
  }

  @Test(arguments: [0, 999, 1_000, 1_001, 300_000]) func `Of a body no more than the limit is kept`(size: Int) async throws {
    let server = try HTTPServer { _ in .answer(200, body: [UInt8](repeating: 0x61, count: size)) }
    var request = HTTPRequest(.get, server.url)
    request.bodyLimit = ByteCount(bytes: 1_000)
    let response = try await client.send(request, deadline: .seconds(20))
    #expect(response.body.count == min(size, 1_000) && response.bodyTruncated == (size > 1_000) && response.status == 200)
  }

  @Test func `Many requests at once all get their own answers`() async throws {
    let server = try HTTPServer { .text(200, $0.path) }
    let url = server.url
    let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<50 {
        group.addTask { try await client.send(HTTPRequest(.get, "\(url)/\(number)"), deadline: .minutes(5)).text == "/\(number)" }
      }
      var right = 0
      while let isRight = try await group.next() { right += isRight ? 1 : 0 }
      return right
    }
    #expect(answers == 50)
  }
}

@Suite struct HTTPClientFailureTests {
  @Test func `A server that says nothing is given up at the deadline`() async throws {
    let server = try HTTPServer { _ in .silence }
    let error = await failure(HTTPRequest(.get, server.url), deadline: .milliseconds(300))
    #expect(error == HTTPError(.timedOut, target: server.url, "no complete answer within 300ms", mayHaveArrived: true))
  }

  @Test func `Cancelling the task ends a request that waits`() async throws {
    let server = try HTTPServer { _ in .silence }
    let url = server.url
    let task = Task { try await client.send(HTTPRequest(.get, url), deadline: .seconds(600)) }
    while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    task.cancel()
    let error = await #expect(throws: HTTPError.self) { try await task.value }
    #expect(error?.reason == .cancelled)
  }

  @Test func `A task that is cancelled already sends nothing`() async throws {
    let server = try HTTPServer { _ in .answer(200) }
    let url = server.url
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await client.send(HTTPRequest(.get, url), deadline: .seconds(600))
    }
    let error = await #expect(throws: HTTPError.self) { try await task.value }
    #expect(error?.reason == .cancelled && server.requests.isEmpty)
  }

  @Test func `A port that nothing listens on refuses`() async throws {
    let port = try HTTPServer.closedPort()
    let error = await failure(HTTPRequest(.get, "http://127.0.0.1:\(port)/"))
    #expect(error?.description == "http://127.0.0.1:\(port)/: the connection was refused: nothing listens on that port")
    #expect(error?.reason == .refused)
  }

  @Test func `A name without an address is said so`() async throws {
    #expect(await failure(HTTPRequest(.get, "http://no-such-host.invalid/"))?.reason == .cannotResolve)
  }

  @Test func `A connection that is closed without an answer is said so`() async throws {
    let server = try HTTPServer { _ in .hangUp }
    #expect(await failure(HTTPRequest(.get, server.url))?.reason == .brokenConnection)
  }

  @Test(arguments: [
    ("ftp://host/x", "a URL begins with http:// or https://"), ("file:///etc/passwd", "a URL begins with http:// or https://"),
    ("http://ho st/", "a URL holds no space and no control character; write %20 for a space"),
  ]) func `What is no URL to ask is refused in words`(url: String, expected: String) async throws {
    let error = await failure(HTTPRequest(.get, url))
    #expect(error?.reason == .invalidRequest && error?.detail == expected)
  }

  @Test func `A wrong port and a header that could smuggle another are refused`() async throws {
    #expect(await failure(HTTPRequest(.get, "http://127.0.0.1:99999/"))?.reason == .invalidRequest)
    for header in [HTTPHeader("X", "a\r\nY: b"), HTTPHeader("X\n", "a"), HTTPHeader("X:", "a"), HTTPHeader("", "a")] {
      let error = await failure(HTTPRequest(.get, "http://127.0.0.1:1/", headers: [header]))
      #expect(error?.reason == .invalidRequest)
      #expect(error?.description.contains("\n") == false)
    }
  }

  @Test func `A certificate that nobody vouches for is refused`() async throws {
    try await withTemporaryFolder { folder in
      let server = try await TLSServer.start(in: folder)
      let error = await failure(HTTPRequest(.get, "https://localhost:\(server.port)/"))
      server.stop()
      #expect(error?.reason == .untrustedCertificate)
      #expect(error?.description.contains("its TLS certificate is not trusted") == true)
    }
  }

  @Test func `A plain server asked for TLS is said so`() async throws {
    let server = try HTTPServer { _ in .hangUp }
    #expect([.tls, .timedOut].contains(await failure(HTTPRequest(.get, "https://127.0.0.1:\(server.port)/"), deadline: .seconds(8))?.reason))
  }
}

@Suite struct TCPConnectionTests {
  @Test func `A listening port is connected to, without a word`() async throws {
    let server = try HTTPServer { _ in .answer(200) }
    try await client.connect(host: "127.0.0.1", port: server.port, deadline: .seconds(20))
    try await client.connect(host: "localhost", port: server.port, deadline: .seconds(20))
    #expect(server.requests.isEmpty)
  }

  @Test func `A closed port refuses, and a wrong address is refused`() async throws {
    let port = try HTTPServer.closedPort()
    let error = await #expect(throws: HTTPError.self) { try await client.connect(host: "127.0.0.1", port: port, deadline: .seconds(20)) }
    #expect(error == HTTPError(.refused, target: "127.0.0.1:\(port)", "the connection was refused: nothing listens on that port"))
    for (host, port) in [("", 80), ("a/b", 80), ("a b", 80), ("u@h", 80), ("localhost", 0), ("localhost", 65_536)] {
      let error = await #expect(throws: HTTPError.self) { try await client.connect(host: host, port: port, deadline: .seconds(20)) }
      #expect(error?.reason == .invalidRequest)
    }
  }
}

@Suite struct RedactedURLTests {
  @Test(arguments: [
    ("http://host/path", "http://host/path"),
    ("https://user:p%40ss@host:8443/a/b?token=x#y", "https://…@host:8443/a/b?…"),
    ("https://host?x", "https://host?…"),
    ("https://host/#x", "https://host/#…"),
    ("https://a@b@host/c@d", "https://…@host/c@d"),
    ("user:secret@host", "…"),
    ("http://host/\u{1B}[31m", "http://host/\u{FFFD}[31m"),
  ]) func `A URL is shown without what may be secret`(url: String, expected: String) {
    #expect(RedactedURL.of(url) == expected)
  }

  @Test func `An error never shows user, password and query`() async throws {
    let port = try HTTPServer.closedPort()
    for url in ["http://canary:canary@127.0.0.1:\(port)/?key=canary", "ftp://canary@h/?canary", "http://canary@127.0.0.1:99999/"] {
      #expect(await failure(HTTPRequest(.get, url))?.description.contains("canary") == false)
    }
  }
}

/// A TLS server with a certificate that it has signed itself.
private struct TLSServer {
  let port: Int
  private let task: Task<Void, Never>

  static func start(in folder: String) async throws -> TLSServer {
    let key = ["-newkey", "rsa:2048", "-nodes", "-keyout", "\(folder)/key", "-out", "\(folder)/cert", "-subj", "/CN=localhost", "-days", "2"]
    _ = try runProgram(["openssl", "req", "-x509"] + key)
    let port = try HTTPServer.closedPort()
    var command = ChildCommand(
      "openssl", ["s_server", "-accept", "\(port)", "-key", "\(folder)/key", "-cert", "\(folder)/cert", "-www", "-quiet"], environment: searchPath,
      deadline: .seconds(120))
    command.grace = .zero
    let task = Task { [command] in _ = try? await children.run(command) }
    for _ in 0..<500 {
      if (try? await client.connect(host: "127.0.0.1", port: port, deadline: .seconds(5))) != nil { break }
      try await Task.sleep(for: .milliseconds(10))
    }
    return TLSServer(port: port, task: task)
  }

  func stop() { task.cancel() }
}
