@testable import AWSClient
import Concurrency
import ObjectStore
@testable import S3Store
import TestSupport
import Testing
import Units

/// Patience of a tenth: faults that last are given up soon.
private let brief: S3Patience = {
  var patience = testPatience
  patience.attempts = 4
  patience.firstWait = .milliseconds(5)
  patience.longestWait = .milliseconds(50)
  patience.stall = .seconds(1)
  patience.answer = .seconds(4)
  return patience
}()

/// A store seen through a proxy that is given a script, and the same store seen directly.
private struct Peers {
  let proxy: FaultProxy
  let store: S3Store
  let direct: S3Store

  init(change: (inout S3Bucket) -> Void = { _ in }, credentials: CredentialSource? = nil, _ script: @escaping FaultProxy.Script) throws {
    let kind = S3Server.Kind.seaweedFS
    proxy = try FaultProxy(to: try S3Server.shared(kind).port, script)
    direct = try testStore(kind, patience: brief)
    let prefix = direct.connection.bucket.prefix
    if let credentials {
      store = try testStore(kind, through: proxy.url, prefix: prefix, patience: brief, credentials: credentials, change: change)
    } else {
      store = try testStore(kind, through: proxy.url, prefix: prefix, patience: brief, change: change)
    }
  }
}

private func key(_ path: String) throws -> ObjectKey { try #require(ObjectKey(path)) }

private func pattern(_ count: Int) -> [UInt8] { Array(whole[..<count]) }
/// Bytes that tell where they stand: a block whose length is prime, again and again.
private let whole: [UInt8] = {
  let block = (0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
  return Array(repeatElement(block, count: 330).joined())
}()

private func failure(_ work: () async throws -> Void) async -> StoreError? {
  await #expect(throws: StoreError.self) { try await work() }
}

private func said(_ code: String, _ extra: String = "") -> String { "<Error><Code>\(code)</Code><Message>said by a test</Message>\(extra)</Error>" }

/// The fault meets the first exchanges of that method only.
private func faulty(_ method: String, times count: Int = 1, _ fault: ExchangeFault) -> FaultProxy.Script {
  let left = Lock(count)
  return { exchange in
    guard exchange.method == method else { return nil }
    return left.withLock { left in
      guard left > 0 else { return nil }
      left -= 1
      return fault
    }
  }
}

@Suite("S3 stores through faults", .serialized, .timeLimit(.minutes(10)))
struct S3FaultTests {
  @Test("What passes is tried again until it is done", arguments: [
    ExchangeFault.answer(500, body: said("InternalError")), .answer(503, headers: ["Retry-After": "0"], body: said("SlowDown")), .answer(502), .answer(429), .answer(504),
    .answer(400, body: said("RequestTimeout")), .answer(200, body: said("InternalError")), .hangUp, .hangUpAfterwards, .answerAfterwards(500, body: said("InternalError")),
    .corruptRequest, .answer(409, body: said("OperationAborted")),
  ]) func passing(fault: ExchangeFault) async throws {
    let peers = try Peers(faulty("PUT", fault))
    try await peers.store.put(try key("a"), pattern(1_000), ifAbsent: false)
    #expect(try await peers.direct.read(try key("a")) == pattern(1_000))
    #expect(peers.proxy.exchanges.filter { $0.method == "PUT" }.count == 2)
  }

  @Test("An answer that was lost is no rival: ifAbsent still succeeds, once", arguments: [ExchangeFault.hangUpAfterwards, .answerAfterwards(503)])
  func lostAnswer(fault: ExchangeFault) async throws {
    let peers = try Peers(faulty("PUT", fault))
    try await peers.store.put(try key("a"), [1], ifAbsent: true)
    let error = await failure { try await peers.store.put(try key("a"), [2], ifAbsent: true) }
    #expect(error?.reason == .alreadyExists)
    #expect(try await peers.direct.read(try key("a")) == [1])
  }

  @Test("What lasts is given up with words", arguments: [
    (ExchangeFault.answer(503, body: said("SlowDown")), StoreError.Reason.unreachable, "the store cannot serve it now (503 SlowDown); given up after 4 attempts"),
    (.answer(500, body: said("InternalError")), .other, "the store fails inside: said by a test (500 InternalError); given up after 4 attempts"),
    (.hangUp, .unreachable, "given up after 4 attempts"), (.silence, .timedOut, "given up after 4 attempts"), (.corruptRequest, .damaged, "the bytes arrived changed"),
    (.answer(403, body: said("AccessDenied")), .denied, "the identity needs s3:PutObject on the bucket `backups`: said by a test"),
    (.answer(403, body: said("SignatureDoesNotMatch")), .denied, "the secret key does not belong to the access key"),
    (.answer(403, body: said("InvalidAccessKeyId")), .denied, "the store does not know the access key"),
    (.answer(400, body: said("ExpiredToken")), .denied, "the session token of the credentials has expired"),
    (.answer(404, body: said("NoSuchBucket")), .unreachable, "there is no bucket `backups` at http://127.0.0.1"),
    (.answer(507, body: said("InsufficientStorage")), .noSpace, "no space left"), (.answer(403, body: said("QuotaExceeded")), .noSpace, "no space left"),
    (.answer(403, body: said("RequestTimeTooSkewed", "<ServerTime>2026-01-01T00:00:00Z</ServerTime>")), .denied, "the store's clock says 2026-01-01T00:00:00Z, this machine's 20"),
    (.answer(403, headers: ["Date": "Thu, 01 Jan 2026 00:00:00 GMT"]), .denied, "the store's clock says 2026-01-01T00:00:00Z"),
    (.answer(301, body: said("PermanentRedirect", "<Endpoint>backups.example.com</Endpoint>")), .other, "to http://backups.example.com; write that as the store's `endpoint`"),
    (.answer(307, headers: ["Location": "https://elsewhere.example.com/backups/x"]), .other, "to https://elsewhere.example.com"),
    (.answer(418, body: "<html>tea</html>"), .other, "the store answers 418"),
  ]) func lasting(fault: ExchangeFault, reason: StoreError.Reason, words: String) async throws {
    let peers = try Peers { $0.method == "PUT" ? fault : nil }
    let error = await failure { try await peers.store.put(try key("a"), pattern(5_000), ifAbsent: false) }
    #expect(error?.reason == reason && error?.detail.contains(words) == true, "\(error?.description ?? "")")
    #expect(error?.description.contains(S3Server.secretKey) == false)
    #expect(await failure { _ = try await peers.direct.info(try key("a")) }?.reason == .notFound)
  }

  @Test("A redirect to the same host is followed, signed anew")
  func redirect() async throws {
    let port = try S3Server.shared(.seaweedFS).port
    let peers = try Peers { _ in .answer(307, headers: ["Location": "http://127.0.0.1:\(port)/backups/x"]) }
    try await peers.store.put(try key("a"), [1], ifAbsent: false)
    #expect(try await peers.store.read(try key("a")) == [1])
    #expect(peers.proxy.exchanges.count == 1)
  }

  @Test("Credentials that have expired are renewed once, in the middle of an upload")
  func expired() async throws {
    let loads = Lock(0)
    let source = CredentialSource("a test") { () throws(CredentialProblem) in
      loads.withLock { $0 += 1 }
      return AWSCredentials(accessKey: S3Server.accessKey, secretKey: S3Server.secretKey)
    }
    let peers = try Peers(credentials: source) { $0.path.contains("partNumber=2") && loads.withLock { $0 } == 1 ? .answer(403, body: said("ExpiredToken")) : nil }
    try await write(20 << 20, to: "large", peers.store)
    #expect(loads.withLock { $0 } == 2)
    #expect(try await peers.direct.read(try key("large")) == pattern(20 << 20))
  }

  @Test("Reading goes on where it broke off", arguments: [ExchangeFault.truncate(100_000), .stall(1_500_000), .truncate(0), .answer(503), .hangUp])
  func resumed(fault: ExchangeFault) async throws {
    let peers = try Peers(faulty("GET", times: 2, fault))
    try await peers.direct.put(try key("a"), pattern(3 << 20), ifAbsent: false)
    #expect(try await peers.store.read(try key("a")) == pattern(3 << 20))
    let gets = peers.proxy.exchanges.filter { $0.method == "GET" }
    #expect(gets.count == 3 && gets.dropFirst().allSatisfy { ($0.headers["range"] == nil) == ($0.headers["if-match"] == nil) })
  }

  @Test("Reading that breaks off again and again ends, and so does reading at a byte a second", arguments: [
    (ExchangeFault.truncate(0), StoreError.Reason.unreachable), (.drip(300), .timedOut),
  ]) func brokenReading(fault: ExchangeFault, reason: StoreError.Reason) async throws {
    let peers = try Peers { $0.method == "GET" ? fault : nil }
    try await peers.direct.put(try key("a"), pattern(100), ifAbsent: false)
    var broken: StoreError?
    do { _ = try await peers.store.read(try key("a")) } catch let error as StoreError { broken = error }
    #expect(broken?.reason == reason, "\(String(describing: broken))")
  }

  @Test("An object that is replaced while it is read is not read as a mixture")
  func replaced() async throws {
    let peers = try Peers(faulty("GET", .truncate(100_000)))
    try await peers.direct.put(try key("a"), pattern(1 << 20), ifAbsent: false)
    let download = try await peers.store.open(try key("a"))
    _ = try await download.next()
    try await peers.direct.put(try key("a"), [UInt8](repeating: 7, count: 1 << 20), ifAbsent: false)
    let error = await failure { while try await download.next() != nil {} }
    await download.close()
    #expect(error?.reason == .other && error?.detail.contains("replaced while it was read") == true)
  }

  @Test("A store that loses, or cuts short, what it has confirmed is found out")
  func lies() async throws {
    let losing = try Peers { $0.method == "PUT" ? .answer(200, headers: ["ETag": "\"x\""]) : nil }
    let lost = await failure { try await losing.store.put(try key("a"), [1, 2], ifAbsent: false) }
    #expect(lost?.reason == .damaged && lost?.detail.contains("confirmed the write, and does not have the object") == true)
    let cutting = try Peers { $0.method == "HEAD" ? .answer(200, headers: ["Last-Modified": "Tue, 24 Nov 2026 09:44:37 GMT"]) : nil }
    let cut = await failure { try await cutting.store.put(try key("a"), [1, 2], ifAbsent: false) }
    #expect(cut?.reason == .damaged && cut?.detail.contains("2 bytes were written and confirmed, and the store has 0") == true)
  }

  @Test("A multipart upload that fails at any moment leaves no object, and nothing open after discarding", arguments: [
    "uploads=", "partNumber=1", "partNumber=3", "POST uploadId",
  ]) func failingUpload(moment: String) async throws {
    let peers = try Peers { exchange in
      let isMeant = moment == "POST uploadId" ? exchange.method == "POST" && exchange.path.contains("uploadId=") : exchange.method != "GET" && exchange.path.contains(moment)
      return isMeant ? .answer(moment == "POST uploadId" ? 200 : 403, body: said("AccessDenied")) : nil
    }
    let error = await failure { try await write(20 << 20, to: "large", peers.store) }
    #expect(error?.reason == .denied || error?.detail.contains("answers 200 AccessDenied") == true, "\(error?.description ?? "")")
    #expect(try await peers.direct.listAll(prefix: "").isEmpty)
    #expect(try await peers.direct.uploadPage(prefix: "").entries.isEmpty)
  }

  @Test("Completing whose answer is lost is found to be done")
  func lostCompletion() async throws {
    let left = Lock(1)
    let peers = try Peers { exchange in
      guard exchange.method == "POST", exchange.path.contains("uploadId="), left.withLock({ $0 }) > 0 else { return nil }
      left.withLock { $0 -= 1 }
      return .hangUpAfterwards
    }
    try await write(20 << 20, to: "large", peers.store)
    #expect(try await peers.direct.read(try key("large")) == pattern(20 << 20))
  }

  @Test("A bucket that is not there is told from an object that is not there")
  func noBucket() async throws {
    let store = try testStore(.seaweedFS, patience: brief) { $0.name = "nowhere" }
    for work in [{ _ = try await store.info(try key("a")) }, { _ = try await store.read(try key("a")) }, { _ = try await store.listAll(prefix: "") }, { try await store.put(try key("a"), [1], ifAbsent: true) }] as [@Sendable () async throws -> Void] {
      let error = await failure(work)
      #expect(error?.reason == .unreachable && error?.detail.contains("there is no bucket `nowhere`") == true, "\(error?.description ?? "")")
    }
  }

  @Test("Wrong keys, rights that lack, and a port that nobody listens on are named")
  func refused() async throws {
    let wrong = try testStore(.seaweedFS, patience: brief, credentials: .fixed(AWSCredentials(accessKey: S3Server.accessKey, secretKey: "canary")))
    let signature = await failure { _ = try await wrong.listAll(prefix: "") }
    #expect(signature?.reason == .denied && signature?.detail.contains("the secret key does not belong") == true && signature?.description.contains("canary") == false)
    let reader = try testStore(.seaweedFS, patience: brief, credentials: .fixed(AWSCredentials(accessKey: "reader", secretKey: "reader-secret")))
    let right = await failure { try await reader.put(try key("a"), [1], ifAbsent: false) }
    #expect(right?.reason == .denied && right?.detail.contains("needs s3:PutObject") == true)
    #expect(try await reader.listAll(prefix: "").isEmpty)
    let nobody = try testStore(.seaweedFS, through: "http://127.0.0.1:\(try HTTPServer.closedPort())", patience: brief)
    let refused = await failure { _ = try await nobody.listAll(prefix: "") }
    #expect(refused?.reason == .unreachable && refused?.detail.contains("nothing listens on that port") == true)
  }

  @Test("A store that takes no heed of conditions is found out at the first conditional write")
  func conditions() async throws {
    for (kind, expected) in [(S3Server.Kind.seaweedFS, true), (.rclone, false)] {
      let store = try testStore(kind)
      #expect(store.heedsConditions == nil)
      try await store.put(try key("a"), [1], ifAbsent: true)
      #expect(store.heedsConditions == expected)
    }
  }

  @Test("Of two hosts that write one key at once, one wins")
  func twoHosts() async throws {
    let one = try testStore(.seaweedFS)
    let other = try testStore(.seaweedFS, prefix: one.connection.bucket.prefix)
    let key = try key("race")
    for round in 0..<5 {
      let winners = await withTaskGroup(of: Bool.self) { group in
        for store in [one, other] {
          for task in 0..<4 { group.addTask { (try? await store.put(key, [UInt8(task)], ifAbsent: true)) != nil } }
        }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(winners == 1, "round \(round)")
      try await one.delete(key)
    }
  }

  @Test("What a killed run has left is discarded by the next one, and what others upload goes on")
  func killed() async throws {
    let killed = try testStore(.seaweedFS)
    let left = try await killed.upload(try key("class/point/large"))
    try await left.write(pattern(18 << 20))
    let next = try testStore(.seaweedFS, prefix: killed.connection.bucket.prefix)
    let running = try await next.upload(try key("class/other/large"))
    try await running.write(pattern(18 << 20))
    #expect(try await next.uploadPage(prefix: "").entries.count == 2)
    #expect(try await next.openUploads(prefix: "class/").map(\.path) == ["class/other/large", "class/point/large"])
    #expect(try await next.openUploads(prefix: "class/point/").count == 1)
    #expect(try await next.openUploads(prefix: "elsewhere/") == [])
    try await next.discardUploads(prefix: "class/point/")
    #expect(try await next.uploadPage(prefix: "").entries.count == 1)
    try await running.finish()
    #expect(try await next.listAll(prefix: "").map(\.key.path) == ["class/other/large"])
    #expect(await failure { try await left.finish() }?.reason == .notFound)
    await left.abort()
  }

  @Test("Encryption and lock are asked for in every request that makes an object")
  func headers() async throws {
    let now = systemTime()
    let peers = try Peers(change: { bucket in
      bucket.encryption = .kms(key: "key-1")
      bucket.lock = S3Bucket.Lock(mode: .compliance, time: .days(30))
    }) { $0.method == "GET" ? nil : .answer(403, body: said("AccessDenied")) }
    for size in [1, 9 << 20] { _ = await failure { try await write(size, to: "a", peers.store) } }
    let asked = peers.proxy.exchanges.filter { $0.method == "PUT" || $0.method == "POST" }
    #expect(asked.map(\.method) == ["PUT", "POST"])
    for exchange in asked {
      let until = try #require(exchange.headers["x-amz-object-lock-retain-until-date"].flatMap { Timestamp($0) })
      #expect(until >= now + .days(30) && until <= systemTime() + .days(30))
      #expect(exchange.headers["x-amz-server-side-encryption"] == "aws:kms" && exchange.headers["x-amz-server-side-encryption-aws-kms-key-id"] == "key-1")
      #expect(exchange.headers["x-amz-object-lock-mode"] == "COMPLIANCE")
    }
  }

  @Test("Whatever happens at random, each call ends right or with words, and nothing stays open", arguments: 0..<30 as Range<UInt64>)
  func random(seed: UInt64) async throws {
    let faults: [ExchangeFault] = [
      .answer(500, body: said("InternalError")), .answer(503, body: said("SlowDown")), .answer(403, body: said("AccessDenied")), .answer(200, body: said("InternalError")),
      .hangUp, .hangUpAfterwards, .answerAfterwards(500), .truncate(10), .truncate(70_000), .corruptRequest, .silence,
    ]
    let peers = try Peers { exchange in
      let number = mixed(seed &* 1_000 &+ UInt64(exchange.index))
      return number % 5 == 0 ? faults[Int(mixed(number) % UInt64(faults.count))] : nil
    }
    let (small, large) = (try key("small"), try key("large"))
    var written: [ObjectKey: [UInt8]] = [:]
    for (key, size) in [(small, 70_000), (large, 18 << 20)] {
      do {
        try await write(size, to: key.path, peers.store)
        written[key] = pattern(size)
      } catch let error as StoreError { #expect(!error.detail.isEmpty && error.detail.utf8.count < 700) }
    }
    for (key, bytes) in written {
      #expect(try await peers.direct.read(key) == bytes)
      do { #expect(try await peers.store.read(key) == bytes) } catch { #expect(!error.detail.isEmpty) }
    }
    do { #expect(try await peers.store.listAll(prefix: "").map(\.key).filter { written[$0] == nil && $0 != small && $0 != large }.isEmpty) } catch { #expect(!error.detail.isEmpty) }
    try await peers.direct.discardUploads(prefix: "")
    #expect(try await peers.direct.uploadPage(prefix: "").entries.isEmpty)
  }
}

private func write(_ size: Int, to path: String, _ store: S3Store) async throws {
  let upload = try await store.upload(try key(path))
  do {
    let bytes = pattern(size)
    for start in stride(from: 0, to: size, by: 3_000_000) { try await upload.write(Array(bytes[start..<min(start + 3_000_000, size)])) }
    try await upload.finish()
  } catch {
    await upload.abort()
    throw error
  }
}

/// SplitMix64's finaliser (Steele, Lea, Flood 2014).
private func mixed(_ value: UInt64) -> UInt64 {
  var z = value &+ 0x9E37_79B9_7F4A_7C15
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}
