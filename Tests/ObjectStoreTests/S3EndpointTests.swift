@testable import AWSClient
import HTTPClient
import ObjectStore
@testable import S3Store
import TestSupport
import Testing
import Units

@Suite("S3 endpoints, styles and verdicts", .serialized, .timeLimit(.minutes(10)))
struct S3EndpointTests {
  private func roundTrip(_ store: S3Store) async throws {
    let key = try #require(ObjectKey("folder/ö b+c"))
    try await store.put(key, [1, 2, 3], ifAbsent: true)
    #expect(try await store.read(key) == [1, 2, 3])
    #expect(try await store.listAll(prefix: "").map(\.key) == [key])
    try await store.delete(key)
    #expect(try await store.listAll(prefix: "").isEmpty)
  }

  @Test func `The bucket can stand in the host's name`() async throws {
    let port = try S3Server.shared(.seaweedFS).port
    let store = try testStore(.seaweedFS, through: "http://localhost:\(port)") { $0.style = .virtual }
    try await roundTrip(store)
  }

  @Test func `TLS is trusted by one's own authority, and not without`() async throws {
    let server = try S3Server.shared(.seaweedFS)
    let url = "https://localhost:\(server.tlsPort)"
    try await roundTrip(try testStore(.seaweedFS, through: url) { $0.certificates = server.certificate })
    try await roundTrip(try testStore(.seaweedFS, through: url) { $0.certificates = server.certificate; $0.style = .virtual })
    let distrusted = await #expect(throws: StoreError.self) { _ = try await testStore(.seaweedFS, through: url).listAll(prefix: "") }
    #expect(distrusted?.reason == .unreachable && distrusted?.detail.contains("write `ca: PATH`") == true, "\(distrusted?.description ?? "")")
    let missing = await #expect(throws: StoreError.self) {
      _ = try await testStore(.seaweedFS, through: url) { $0.certificates = "/no/such/file.pem" }.listAll(prefix: "")
    }
    #expect(missing?.detail.contains("/no/such/file.pem cannot be read") == true, "\(missing?.description ?? "")")
  }

  @Test func `More than a thousand unfinished uploads are all discarded`() async throws {
    let store = try testStore(.seaweedFS)
    for number in 0..<1_005 {
      var request = S3Request(.post, store.fullKey("left/\(number)"), doing: "beginning", action: "s3:PutObject")
      request.query = [("uploads", "")]
      _ = try await store.connection.send(request, for: nil)
    }
    try await store.discardUploads(prefix: "left/1")
    #expect(try await store.uploadPage(prefix: "left/1").entries.isEmpty)
    #expect(try await !store.uploadPage(prefix: "left/2").entries.isEmpty)
    try await store.discardUploads(prefix: "")
    #expect(try await store.uploadPage(prefix: "").entries.isEmpty)
  }

  @Test(arguments: [
    ("https://h", "https://h"), ("http://h:80", "http://h"), ("https://H:443/", "https://h"), ("http://h:9000", "http://h:9000"), ("https://[::1]:9000", "https://[::1]:9000"),
    ("https://[::1]", "https://[::1]"), ("h", ""), ("https://", ""), ("https://h/p", ""), ("https://u@h", ""), ("https://h:0", ""), ("https://h:x", ""), ("ftp://h", ""),
  ]) func `An endpoint is a scheme, a host and perhaps a port`(url: String, expected: String) {
    #expect(ServiceEndpoint(url)?.description ?? "" == expected)
  }

  // MARK: Verdicts that no server here gives

  private func verdict(_ endpoint: ServiceEndpoint?, _ status: Int, _ headers: [HTTPHeader], _ body: String) throws -> S3Verdict {
    let judge = S3Judge(
      bucket: "backups", endpoint: try #require(endpoint), region: "us-east-1", doing: "writing it", action: "s3:PutObject", accepted: [],
      signed: Timestamp(milliseconds: 0))
    let response = HTTPResponse(status: status, headers: headers, body: Array(body.utf8), bodyTruncated: false)
    return judge.verdict(response, AWSErrorBody(response.body))
  }

  @Test func `Amazon's redirect to another region is followed there`() throws {
    let amazon = ServiceEndpoint.amazon(region: "us-east-1")
    for answer in [
      try verdict(amazon, 301, [HTTPHeader("x-amz-bucket-region", "eu-west-1")], "<Error><Code>PermanentRedirect</Code></Error>"),
      try verdict(amazon, 400, [], "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>"),
    ] {
      guard case .elsewhere(nil, region: "eu-west-1"?, _) = answer else { Issue.record("\(answer)"); continue }
    }
  }

  @Test(arguments: [
    ("https://s3.example.com", "http://s3.example.com/x", false), ("https://s3.example.com", "https://s3-2.example.com/x", true),
    ("http://s3.example.com", "https://s3.example.com/x", true), ("https://s3.example.com", "https://example.org/x", false), ("http://10.0.0.1", "http://10.0.0.2/", false),
    ("http://10.0.0.1", "http://10.0.0.1:81/", true), ("https://s3.example.com", "nonsense", false),
  ]) func `A redirect is followed within a domain, and never out of TLS`(from: String, to: String, isFollowed: Bool) throws {
    let answer = try verdict(ServiceEndpoint(from), 307, [HTTPHeader("location", to)], "")
    if case .elsewhere = answer { #expect(isFollowed) } else { #expect(!isFollowed) }
  }

  @Test func `What the store asks to wait for is waited for, up to a minute`() throws {
    #expect(S3Judge.retryAfter("7") == .seconds(7) && S3Judge.retryAfter("86400") == .seconds(60) && S3Judge.retryAfter("-1") == .zero)
    #expect(S3Judge.retryAfter("Tue, 24 Nov 2026 09:44:37 GMT") == nil)
    guard case .again(after: .seconds(3)?, _) = try verdict(ServiceEndpoint("http://h"), 503, [HTTPHeader("retry-after", "3")], "") else { Issue.record("no wait"); return }
  }

  @Test func `Waits grow, stay below their limit and differ`() {
    let patience = S3Patience()
    let waits = (1...12).map { attempt in (0..<50).map { patience.wait(beforeAttempt: attempt, random: UInt64($0) &* 0x9E37_79B9_7F4A_7C15).milliseconds } }
    #expect(waits.joined().allSatisfy { (0...20_000).contains($0) })
    #expect((waits[0].max() ?? .max) <= 400 && (waits[8].max() ?? 0) > 10_000 && Set(waits[8]).count > 40)
  }

  @Test func `The budget of retries runs out, and what succeeds fills it`() {
    let budget = RetryBudget()
    #expect((0..<100).allSatisfy { _ in budget.spend() } && !budget.spend())
    for _ in 0..<5 { budget.earn() }
    #expect(budget.spend() && !budget.spend())
  }
}
