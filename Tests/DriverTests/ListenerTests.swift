import Concurrency
import HTTPClient
import HTTPListener
import TestSupport
import Testing
import Units

/// The small HTTP server, asked by a real client and by rude ones.
@Suite(.timeLimit(.minutes(2)))
struct ListenerTests {
  private static func listener(_ limits: ListenerLimits = ListenerLimits()) throws -> HTTPListener {
    try HTTPListener(address: "127.0.0.1", port: 0, limits: limits) { request in
      ListenerAnswer(request.path == "/hello" ? 200 : 404, "\(request.method) \(request.headers["x-word"] ?? "none") \(request.body.count)")
    }
  }

  @Test("requests are answered, one after another and at once")
  func answers() async throws {
    let listener = try Self.listener()
    let client = HTTPClient()
    let body = [UInt8](repeating: 7, count: 700_000)
    try await withThrowingTaskGroup { group in
      for index in 0..<100 {
        group.addTask {
          let request = HTTPRequest(.post, "http://127.0.0.1:\(listener.port)/hello?q", headers: [HTTPHeader("X-Word", "w\(index)")], body: Array(body.prefix(index * 7_000)))
          let answer = try await client.send(request, deadline: .seconds(20))
          #expect(answer.status == 200 && answer.text == "POST w\(index) \(index * 7_000)\n")
        }
      }
      try await group.waitForAll()
    }
    #expect(try await client.send(HTTPRequest(.get, "http://127.0.0.1:\(listener.port)/other"), deadline: .seconds(5)).status == 404)
  }

  @Test("what is no proper request is refused", arguments: [
    ("GET\r\n\r\n", "400"), ("GET http://x/ HTTP/1.1\r\n\r\n", "400"), ("POST /hello HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "411"),
    ("POST /hello HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", "400"), ("POST /hello HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "400"),
    ("POST /hello HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", "400"), ("POST /hello HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n", "413"),
    ("GET /" + String(repeating: "a", count: 9_000), "431"), ("GET /hello HTTP/1.1\r\n: x\r\n\r\n", "400"), ("GET /hello HTTP/1.1\r\n\r\n", "200"),
  ])
  func refuses(_ text: String, _ status: String) async throws {
    let listener = try Self.listener()
    let result = try await onThread {
      try runProgram(["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$0; cat >&3; timeout 8 cat <&3", "\(listener.port)"], input: text, mayFail: true).output
    }
    #expect(result.hasPrefix("HTTP/1.1 \(status) "), "\(result)")
  }

  @Test("slow callers in all places are let go, and others are heard")
  func slow() async throws {
    var limits = ListenerLimits()
    limits.connections = 3
    limits.time = .milliseconds(700)
    let listener = try Self.listener(limits)
    let idle = try StartedProgram(
      ["bash", "-c", "for i in 1 2 3 4 5 6; do (exec 3<>/dev/tcp/127.0.0.1/\(listener.port); printf 'POST /hello' >&3; cat <&3 >/dev/null) & done; wait; echo all gone"], in: "/")
    let answer = try await HTTPClient().send(HTTPRequest(.get, "http://127.0.0.1:\(listener.port)/hello"), deadline: .seconds(10))
    #expect(answer.status == 200)
    #expect(try await idle.end(within: .seconds(20)).output == "all gone\n")
  }

  @Test("a port that is taken, and an address that is none, are said")
  func cannotListen() throws {
    let listener = try Self.listener()
    #expect(throws: ListenerError.self) { try HTTPListener(address: "127.0.0.1", port: listener.port) { _ in ListenerAnswer(200, "") } }
    #expect(throws: ListenerError.self) { try HTTPListener(address: "example.org", port: 0) { _ in ListenerAnswer(200, "") } }
  }
}
