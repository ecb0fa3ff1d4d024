@testable import AWSClient
import Concurrency
import ObjectStore
@testable import S3Store
import TestSupport
import Testing
import Units

/// Two stores of one server; what the second is asked to do goes through a proxy.
private struct Pair {
  let from: S3Store
  let to: S3Store
  let direct: S3Store
  let proxy: FaultProxy

  /// One endpoint for both, so that the second may copy from the first.
  init(_ kind: S3Server.Kind = .seaweedFS, credentials: AWSCredentials? = nil, _ script: @escaping FaultProxy.Script = { _ in nil }) throws {
    var patience = testPatience
    patience.attempts = 2
    patience.answer = .seconds(3)
    let writer = AWSCredentials(accessKey: S3Server.accessKey, secretKey: S3Server.secretKey)
    proxy = try FaultProxy(to: try S3Server.shared(kind).port, script)
    from = try testStore(kind, through: proxy.url)
    to = try testStore(kind, through: proxy.url, patience: patience, credentials: .fixed(credentials ?? writer)) { $0.largestCopy = 8 << 20 }
    direct = try testStore(kind, prefix: to.connection.bucket.prefix)
  }

  var copies: [FaultProxy.Exchange] { proxy.exchanges.filter { $0.headers["x-amz-copy-source"] != nil } }
}

private func key(_ path: String) throws -> ObjectKey { try #require(ObjectKey(path)) }
private func said(_ code: String) -> String { "<Error><Code>\(code)</Code><Message>said by a test</Message></Error>" }
private let large = (0..<(20 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

private func write(_ bytes: [UInt8], _ key: ObjectKey, _ store: S3Store) async throws {
  let upload = try await store.upload(key)
  try await upload.write(bytes)
  try await upload.finish()
}

@Suite("S3 stores copy by themselves", .serialized, .timeLimit(.minutes(5)))
struct S3CopyTests {
  @Test("between two prefixes of one server, whole or in parts; no byte of it comes by here; rclone knows no copies in parts", arguments: S3Server.Kind.allCases)
  func copies(kind: S3Server.Kind) async throws {
    let pair = try Pair(kind)
    for (name, bytes, requests) in [("small", Array(large.prefix(100_000)), 1), ("large", large, 3)] {
      try await write(bytes, try key("a/" + name), pair.from)
      let before = pair.copies.count
      let copied = try await pair.to.copy(try key("b/" + name), from: pair.from, try key("a/" + name))
      if kind == .rclone, name == "large" {
        #expect(copied == nil)
        continue
      }
      let made = try #require(copied)
      // Neither server makes a checksum while it copies, so none is believed.
      #expect(made.size.bytes == Int64(bytes.count) && made.sha256 == nil)
      #expect(pair.copies.count - before == requests)
      #expect(pair.proxy.exchanges.contains { $0.method == "GET" && $0.path.contains("/a/") } == false)
      #expect(try await pair.direct.read(try key("b/" + name)) == bytes)
    }
    #expect(try await pair.direct.uploadPage(prefix: "").entries.isEmpty)
  }

  @Test("A bandwidth on either side hides nothing and costs nothing")
  func paced() async throws {
    let pair = try Pair()
    try await write(large, try key("a"), pair.from)
    let slow = Bandwidth(ByteRate(perSecond: ByteCount(bytes: 1_000)))
    let made = try await PacedStore(pair.to, slow).copy(try key("b"), from: PacedStore(pair.from, slow), try key("a"))
    #expect(made?.size.bytes == Int64(large.count))
  }

  @Test("Stores of other endpoints, or of another kind, are not asked to copy")
  func elsewhere() async throws {
    let pair = try Pair()
    let other = try testStore(.rclone)
    try await other.put(try key("a"), [1], ifAbsent: false)
    #expect(try await pair.to.copy(try key("b"), from: other, try key("a")) == nil)
    #expect(try await pair.to.copy(try key("b"), from: InMemoryStore(name: "memory"), try key("a")) == nil)
    #expect(pair.copies.isEmpty)
  }

  @Test("Credentials that may not copy are found out by asking, once")
  func denied() async throws {
    let pair = try Pair(credentials: AWSCredentials(accessKey: "reader", secretKey: "reader-secret"))
    for name in ["1", "2", "3"] {
      try await pair.from.put(try key(name), [1], ifAbsent: false)
      #expect(try await pair.to.copy(try key(name), from: pair.from, try key(name)) == nil)
    }
    #expect(pair.copies.count == 1)
  }

  @Test("An error in an answer of 200, or a refusal, or nonsense is no copy", arguments: [
    (200, said("InternalError")), (200, said("AccessDenied")), (403, said("AccessDenied")), (501, said("NotImplemented")), (400, said("InvalidRequest")),
    (200, "<html>hello</html>"), (200, ""),
  ])
  func refused(status: Int, body: String) async throws {
    let pair = try Pair { $0.headers["x-amz-copy-source"] == nil ? nil : .answer(status, body: body) }
    try await write(large, try key("large"), pair.from)
    try await pair.from.put(try key("small"), [1], ifAbsent: false)
    for name in ["large", "small"] { #expect(try await pair.to.copy(try key(name), from: pair.from, try key(name)) == nil) }
    #expect(try await pair.direct.listAll(prefix: "").isEmpty)
    #expect(try await pair.direct.uploadPage(prefix: "").entries.isEmpty)
  }

  @Test("An answer that was lost is asked for again")
  func lost() async throws {
    let left = Lock(1)
    let pair = try Pair { exchange in
      exchange.headers["x-amz-copy-source"] != nil && left.withLock { $0 -= 1; return $0 == 0 } ? .hangUpAfterwards : nil
    }
    try await pair.from.put(try key("a"), [1, 2], ifAbsent: false)
    #expect(try await pair.to.copy(try key("b"), from: pair.from, try key("a"))?.size.bytes == 2)
    #expect(try await pair.direct.read(try key("b")) == [1, 2])
  }

  @Test("A source that was changed after it was looked at is not copied")
  func changed() async throws {
    let (source, bucket) = (Lock<S3Store?>(nil), S3Server.bucket)
    let changes = Lock(0)
    let pair = try Pair { exchange in
      guard exchange.method == "PUT", exchange.headers["x-amz-copy-source"]?.contains(bucket) == true, let store = source.withLock({ $0 }) else { return nil }
      changes.withLock { $0 += 1 }
      // On a thread of the proxy's own: the request waits until somebody else has written.
      let done = Lock(false)
      Task { try? await store.put(try key("a"), [9], ifAbsent: false); done.withLock { $0 = true } }
      while !done.withLock({ $0 }) {}
      return nil
    }
    let writer = try testStore(.seaweedFS, prefix: pair.from.connection.bucket.prefix)
    try await writer.put(try key("a"), [1], ifAbsent: false)
    source.withLock { $0 = writer }
    #expect(try await pair.to.copy(try key("b"), from: pair.from, try key("a")) == nil)
    #expect(changes.withLock { $0 } == 1)
    #expect(try await pair.direct.listAll(prefix: "").isEmpty)
  }

  @Test("What a copy that was killed half way has left is discarded by the next run")
  func killed() async throws {
    // From the second part on nothing is let through any more, as if the program were gone.
    let isGone = Lock(false)
    let pair = try Pair { exchange in
      if exchange.path.contains("partNumber=2") { isGone.withLock { $0 = true } }
      return isGone.withLock { $0 } ? .hangUp : nil
    }
    try await write(large, try key("large"), try testStore(.seaweedFS, prefix: pair.from.connection.bucket.prefix))
    let error = await #expect(throws: StoreError.self) { _ = try await pair.to.copy(try key("p/large"), from: pair.from, try key("large")) }
    #expect(error?.reason == .unreachable)
    #expect(try await pair.direct.uploadPage(prefix: "p/").entries.map { $0.key.hasSuffix("/p/large") } == [true])
    #expect(try await pair.direct.listAll(prefix: "").isEmpty)
    try await pair.direct.discardUploads(prefix: "p/")
    #expect(try await pair.direct.uploadPage(prefix: "p/").entries.isEmpty)
  }
}
