@testable import AWSClient
import Concurrency
import HTTPClient
import TestSupport
import Testing
import Units

/// One call: what is made of answers, and what is sent again.
@Suite("Calls of AWS", .timeLimit(.minutes(2)), .serialized)
struct AWSClientTests {
  private static let credentials = AWSCredentials(accessKey: "AKID", secretKey: "canary-secret", token: "canary-token")
  private static let signed = Timestamp(milliseconds: 1_764_000_000_000)

  private func verdict(_ status: Int, _ body: String, headers: [HTTPHeader] = [], truncated: Bool = false) throws -> AWSVerdict {
    let service = AWSService("rds", region: "us-east-1", endpoint: try #require(ServiceEndpoint("https://rds.example")))
    return AWSJudge(service: service, signed: Self.signed, credentials: Self.credentials)
      .verdict(HTTPResponse(status: status, headers: headers, body: Array(body.utf8), bodyTruncated: truncated))
  }

  private static func error(_ code: String, _ message: String = "m") -> String {
    "<ErrorResponse xmlns=\"u\"><Error><Type>Sender</Type><Code>\(code)</Code><Message>\(message)</Message></Error><RequestId>r</RequestId></ErrorResponse>"
  }

  struct Case: Sendable { var status: Int; var body: String; var reason: AWSError.Reason; var isAgain = false; var isRefresh = false; var mayHaveHappened = false }

  @Test("each answer has its verdict", arguments: [
    Case(status: 400, body: error("Throttling"), reason: .throttled, isAgain: true), Case(status: 400, body: error("PriorRequestNotComplete"), reason: .throttled, isAgain: true),
    Case(status: 429, body: "", reason: .throttled, isAgain: true), Case(status: 503, body: error("ServiceUnavailable"), reason: .failing, isAgain: true, mayHaveHappened: true),
    Case(status: 500, body: "", reason: .failing, isAgain: true, mayHaveHappened: true), Case(status: 403, body: error("AccessDenied"), reason: .denied),
    Case(status: 403, body: error("ExpiredToken"), reason: .unknownKey, isRefresh: true), Case(status: 403, body: error("InvalidClientTokenId"), reason: .unknownKey, isRefresh: true),
    Case(status: 403, body: error("SignatureDoesNotMatch"), reason: .wrongSignature), Case(status: 403, body: error("SignatureDoesNotMatch", "Signature expired: x"), reason: .wrongClock),
    Case(status: 400, body: error("DBInstanceNotFound"), reason: .refused), Case(status: 404, body: "nothing", reason: .notUnderstood), Case(status: 302, body: "", reason: .notUnderstood),
    Case(status: 400, body: "<InvalidChangeBatch><Messages><Message>one</Message><Message>two</Message></Messages></InvalidChangeBatch>", reason: .refused),
    Case(status: 200, body: error("Strange"), reason: .refused),
  ]) func verdicts(_ item: Case) throws {
    let error: AWSError
    switch try verdict(item.status, item.body) {
    case .again(_, let found): #expect(item.isAgain); error = found
    case .refresh(let found): #expect(item.isRefresh); error = found
    case .failed(let found): #expect(!item.isAgain && !item.isRefresh); error = found
    case .answer: Issue.record("taken for success"); return
    }
    #expect(error.reason == item.reason && error.mayHaveHappened == item.mayHaveHappened, "\(error)")
  }

  @Test("words that repeat a secret are not repeated, nor what a refused signature was made of") func secrets() throws {
    for body in [Self.error("X", "got canary-secret"), Self.error("X", "got canary-token"), Self.error("SignatureDoesNotMatch", "x-amz-security-token:canary-token")] {
      guard case .failed(let error) = try verdict(400, body) else { Issue.record("no failure"); continue }
      #expect(!"\(error)".contains("canary") && error.code != nil, "\(error)")
    }
    guard case .failed(let error) = try verdict(400, Self.error("X", "plain words")) else { Issue.record("no failure"); return }
    #expect(error.detail == "it says X: plain words")
  }

  private func client(_ server: HTTPServer, attempts: Int = 4) -> AWSClient {
    var patience = AWSPatience()
    (patience.attempts, patience.firstWait, patience.longestWait) = (attempts, .milliseconds(10), .milliseconds(20))
    return AWSClient(
      .regional("rds", region: "us-east-1", endpoint: ServiceEndpoint(server.url)), credentials: .fixed(Self.credentials), client: testClient, patience: patience, now: systemTime)
  }

  @Test("what may be repeated is, after a failure inside or a broken connection; what may not only where it was refused, and says that it may have happened")
  func repeats() async throws {
    let count = Lock(0)
    let failing = try HTTPServer { request in
      let number = count.withLock { count in
        count += 1
        return count
      }
      if number > 2 { return .text(200, "<ok/>") }
      return request.path.contains("throttle") ? .text(400, Self.error("Throttling")) : number == 1 ? .hangUp : .text(500, "")
    }
    let client = client(failing)
    func send(_ request: AWSRequest) async -> Result<HTTPResponse, AWSError> {
      count.withLock { $0 = 0 }
      do throws(AWSError) { return .success(try await client.send(request)) } catch { return .failure(error) }
    }
    #expect(try await send(AWSRequest(.get, "/a")).get().text == "<ok/>")
    #expect(try await send(.form("Describe", version: "1", isRepeatable: true)).get().text == "<ok/>")
    #expect(try await send(AWSRequest(.post, "/throttle")).get().text == "<ok/>")
    guard case .failure(let error) = await send(.form("Restore", version: "1", isRepeatable: false)) else { Issue.record("sent again"); return }
    #expect(error.mayHaveHappened && error.isTransient && count.withLock { $0 } == 1, "\(error)")
  }

  @Test("a form is sent as the query protocol has it, and signed for its service") func form() async throws {
    let server = try HTTPServer { _ in .text(200, "<ok/>") }
    _ = try await client(server).send(.form("DescribeDBInstances", version: "2014-10-31", [("Filter", "a b&c"), ("Name", "é")], isRepeatable: true))
    let request = try #require(server.requests.first)
    #expect(request.method == "POST" && request.path == "/")
    #expect(String(decoding: request.body, as: UTF8.self) == "Action=DescribeDBInstances&Version=2014-10-31&Filter=a%20b%26c&Name=%C3%A9")
    #expect(request.headers["authorization"]?.contains("/us-east-1/rds/aws4_request") == true && request.headers["x-amz-security-token"] == "canary-token")
  }

  @Test("Amazon's endpoint of a region", arguments: [("eu-west-1", "https://rds.eu-west-1.amazonaws.com"), ("cn-north-1", "https://rds.cn-north-1.amazonaws.com.cn")])
  func endpoints(_ region: String, _ url: String) { #expect(AWSService.regional("rds", region: region).endpoint.description == url) }

  /// AWS's published test suite for signatures ("get-vanilla-query-order-key-case" and "get-space"), which sign no hash of the body as a header; the same here but for that.
  @Test("of other services than S3 the path is encoded once more for the signature") func path() {
    let credentials = AWSCredentials(accessKey: "AKIDEXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    func signature(_ path: String, _ service: String) -> String {
      SigV4(credentials, region: "us-east-1", service: service).sign("GET", host: "h", path: path, payload: empty, time: "20150830T123600Z").headers.last?.value ?? ""
    }
    #expect(signature("/a b", "service") != signature("/a b", "s3"))
    #expect(SigV4(credentials, region: "us-east-1", service: "service").sign("GET", host: "h", path: "/a b", payload: empty, time: "20150830T123600Z").target == "/a%20b")
  }
}
