@testable import DNSClient
@testable import DNSProvider
import PlanModel
import TestSupport
import Testing
import Units

@Suite("DNS messages", .timeLimit(.minutes(2)))
struct MessageTests {
  @Test("names are read as they are written, and others are refused", arguments: [
    ("api", "api"), ("API.Sie.Example.", "api.sie.example"), ("_sie-dr.api", "_sie-dr.api"), ("*", "*"), ("", nil), (".", nil), ("a..b", nil), (".a", nil), ("ä.example", nil),
    ("a b", nil), ("a/b", nil), (String(repeating: "a", count: 63), String(repeating: "a", count: 63)), (String(repeating: "a", count: 64), nil),
    (String(repeating: "abcdefgh.", count: 28) + "a", String(repeating: "abcdefgh.", count: 28) + "a"), (String(repeating: "abcdefgh.", count: 28) + "ab", nil),
  ] as [(String, String?)]) func names(text: String, shown: String?) { #expect(DNSName(text).map { "\($0)" } == shown) }

  @Test("name servers are read with and without a port", arguments: [
    ("ns1.sie.example", "ns1.sie.example", 53), ("ns1:5353", "ns1", 5353), ("192.0.2.1", "192.0.2.1", 53), ("2001:db8::1", "2001:db8::1", 53), ("[2001:db8::1]", "2001:db8::1", 53),
    ("[2001:db8::1]:53", "2001:db8::1", 53), ("[::1]:99", "::1", 99), ("ns1:", nil, 0), ("ns1:0", nil, 0), ("ns1:65536", nil, 0), (":53", nil, 0), ("[::1", nil, 0), ("[::1]x", nil, 0),
    ("http://ns1", nil, 0), ("", nil, 0), ("a@b", nil, 0),
  ] as [(String, String?, Int)]) func servers(text: String, host: String?, port: Int) {
    let server = NameServer(text)
    #expect(server?.host == host && (server?.port ?? 0) == port)
    if let server { #expect(NameServer("\(server)") == server) }
  }

  @Test("what is sent is read as it was meant, long names and marks included") func roundTrip() throws {
    let zone = try #require(DNSName("sie.example"))
    let name = try #require(DNSName("api")?.below(zone))
    var update = DNSUpdate(zone: zone)
    let mark = RecordMark(by: "run.step", at: Timestamp(milliseconds: 1), former: FormerAnswer(answers: (0..<99).map { "192.0.2.\($0)" }, ttl: .seconds(1)))
    update.require(name, .a, is: [])
    update.replace(name, .txt, by: [mark.data], ttl: 7)
    let sent = update.message(id: 77)
    let read = try DNSMessage(reading: sent.bytes)
    #expect(read.bytes == sent.bytes && read.id == 77 && read.question == DNSQuestion(zone, .soa))
    #expect(read.sections[1][1].understood.flatMap(RecordMark.init) == mark)
  }

  @Test("nothing that comes in, however broken, is read beyond its end or for ever") func nonsense() throws {
    let server = try TestNameServer.shared(.bind)
    var generator = SplitMix(state: 7)
    let name = try #require(DNSName("ns1.example.test"))
    let request = DNSMessage(id: 1, flags: 0, question: DNSQuestion(name, .a)).bytes
    let real = try #require(FakeNameServer.forwarded(request, to: server.port))
    #expect(try DNSMessage(reading: real).sections[0].count == 1)
    var (good, bad) = (0, 0)
    for round in 0..<60_000 {
      var bytes = round % 3 == 0 ? (0..<Int.random(in: 0...80, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) } : real
      if round % 3 > 0 { for _ in 0...round % 4 { bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator) } }
      if round % 3 == 2 { bytes = Array(bytes.prefix(.random(in: 0...bytes.count, using: &generator))) }
      if (try? DNSMessage(reading: bytes)) == nil { bad += 1 } else { good += 1 }
    }
    #expect(good > 1_000 && bad > 10_000)
  }

  @Test("a longer digest is as good", .timeLimit(.minutes(1))) func algorithms() throws {
    // RFC 4231, test case 2.
    let key = try TSIGKey("hmac-sha512:k:SmVmZQ==")
    let code = key.algorithm.sign(Array("what do ya want for nothing?".utf8), Array("Jefe".utf8))
    #expect(code.prefix(4) == [0x16, 0x4b, 0x7a, 0x7b] && code.count == 64)
  }
}

private struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
