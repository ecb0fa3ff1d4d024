import HTTPClient
import TestSupport
import Testing
import Units

private let client = HTTPClient()

@Suite struct HTTPDownloadTests {
  /// Bytes that tell where they stand: a block whose length is prime, again and again.
  private let body = Array(repeatElement((0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }, count: 92).joined())

  @Test func `A body comes in chunks, whole, to a reader of any pace`() async throws {
    let body = body
    let server = try HTTPServer { _ in .answer(200, headers: ["ETag": "x"], body: body) }
    for pause in [0, 1] {
      let download = try await client.open(HTTPRequest(.get, server.url), deadline: .seconds(60))
      #expect(download.response.status == 200 && download.response.header("etag") == "x" && download.response.body.isEmpty)
      var read: [UInt8] = []
      while let chunk = try await download.next() {
        #expect(!chunk.isEmpty && chunk.count <= 256 << 10)
        read += chunk
        if pause > 0 { try await Task.sleep(for: .milliseconds(pause)) }
      }
      #expect(read == body)
      #expect(try await download.next() == nil)
    }
  }

  @Test func `A head without a body, and one that is an error, come as they are`() async throws {
    let server = try HTTPServer { $0.path == "/none" ? .answer(204) : .text(404, "not here") }
    let none = try await client.open(HTTPRequest(.get, "\(server.url)/none"), deadline: .seconds(20))
    #expect(none.response.status == 204)
    #expect(try await none.next() == nil)
    let missing = try await client.open(HTTPRequest(.get, server.url), deadline: .seconds(20))
    #expect(missing.response.status == 404)
    #expect(try await missing.start(limit: 5) == Array("not h".utf8))
  }

  @Test func `A body that ends early, or stalls, is an error after what has come`() async throws {
    let body = body
    let server = try HTTPServer { _ in .answer(200, body: body) }
    for (fault, reason) in [(ExchangeFault.truncate(100_000), HTTPError.Reason.brokenConnection), (.stall(100_000), .timedOut)] {
      let proxy = try FaultProxy(to: server.port) { _ in fault }
      var request = HTTPRequest(.get, proxy.url)
      request.slowest = SlowestPace(ByteCount(bytes: 1_000), over: .seconds(3))
      let download = try await client.open(request, deadline: .seconds(60))
      var read = 0
      let error = await #expect(throws: HTTPError.self) { while let chunk = try await download.next() { read += chunk.count } }
      #expect(error?.reason == reason && read == 100_000, "\(fault): \(error?.description ?? ""), \(read)")
    }
  }

  @Test func `A reader that leaves, and one that is cancelled, end the transfer`() async throws {
    let body = body
    let server = try HTTPServer { _ in .answer(200, body: body) }
    for _ in 0..<20 { _ = try await client.open(HTTPRequest(.get, server.url), deadline: .seconds(60)) }
    let proxy = try FaultProxy(to: server.port) { _ in .stall(10) }
    let url = proxy.url
    let task = Task {
      let download = try await client.open(HTTPRequest(.get, url), deadline: .seconds(600))
      while try await download.next() != nil { withUnsafeCurrentTask { $0?.cancel() } }
    }
    let error = await #expect(throws: HTTPError.self) { try await task.value }
    #expect(error?.reason == .cancelled)
    #expect(try await client.send(HTTPRequest(.head, server.url), deadline: .seconds(20)).status == 200)
  }

  @Test func `A large body is sent as it is`() async throws {
    let server = try HTTPServer { .answer(200, headers: ["X-Size": "\($0.body.count)"]) }
    let response = try await client.send(HTTPRequest(.put, server.url, body: body), deadline: .seconds(60))
    #expect(response.header("x-size") == "\(body.count)")
    #expect(server.requests.first?.body == body)
  }
}
