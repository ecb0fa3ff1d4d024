@testable import RedisClient
import Testing

@Suite("what Redis speaks") struct ProtocolTests {
  @Test("replies are read however their bytes come") func replies() throws {
    let text = "+OK\r\n-ERR no\r\n:42\r\n$5\r\nhe\r\nl\r\n$-1\r\n*2\r\n$1\r\na\r\n*1\r\n:7\r\n*-1\r\n"
    let expected: [RedisReply] = [
      .text("OK"), .refusal("ERR no"), .integer(42), .bytes(Array("he\r\nl".utf8)), .bytes(nil), .list([.bytes(Array("a".utf8)), .list([.integer(7)])]), .list(nil),
    ]
    for size in [1, 2, 3, 7, 1_000] {
      var reader = ReplyReader()
      var found: [RedisReply] = []
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        reader.append(rest.prefix(size))
        rest = rest.dropFirst(size)
        while let reply = try reader.next() { found.append(reply) }
      }
      #expect(found == expected)
    }
  }

  @Test("what no Redis says is refused, and what is too long is not waited for", arguments: ["HTTP/1.1 200 OK\r\n", ":x\r\n", "$-2\r\n", "$99999999999\r\n", "*99999999\r\n", String(repeating: "*1\r\n", count: 20)])
  func malformed(_ text: String) {
    var reader = ReplyReader()
    reader.append(text.utf8)
    #expect(throws: ReplyReader.Malformed.self) { try reader.next() }
  }

  @Test("the end mark is found wherever a chunk ends, and what looks like its beginning is not lost") func mark() {
    let mark = Array("0123456789012345678901234567890123456789".utf8)
    let file = Array("abc01234567890".utf8) + Array(repeating: 7, count: 100)
    for size in [1, 5, 39, 40, 41, 200] {
      var tail = MarkedTail(mark)
      var (found, ended) = ([UInt8](), false)
      var rest = (file + mark)[...]
      while !rest.isEmpty {
        let (part, end) = tail.take(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
        found += part
        ended = end
      }
      #expect(found == file && ended, "\(size)")
    }
  }

  @Test("a URL says where, as whom and which database") func urls() throws {
    let plain = try RedisAddress(url: "redis://cache.example")
    #expect(plain.description == "cache.example:6379" && plain.user == nil && plain.password == nil)
    let full = try RedisAddress(url: "redis://app:s3cret%2Fpa%3Ass%40word@[::1]:7000/3")
    #expect(full.description == "[::1]:7000, database 3" && full.user == "app" && full.password == "s3cret/pa:ss@word")
    let socket = try RedisAddress(url: "unix://:word@/run/redis.sock?db=2")
    #expect(socket.description == "/run/redis.sock, database 2" && socket.password == "word")
    #expect(!"\(full)".contains("s3cret") && !String(reflecting: full).contains("s3cret"))
  }

  @Test("a URL that cannot be used is refused without any part of it", arguments: [
    "canary", "http://canary@host", "redis://user:can@ary@host", "redis://:can/ary@host", "redis://host:canary", "redis://:can%zz@host", "rediss://:canary@host", "redis://host/canary",
  ]) func badURL(_ url: String) {
    let error = #expect(throws: RedisError.self) { try RedisAddress(url: url) }
    #expect(error.map { !$0.description.contains("canary") && !$0.description.contains("can%") && $0.hint != nil } == true)
  }

  @Test("INFO says what there is") func info() {
    let info = ServerInfo("# Server\r\nredis_version:7.0.15\r\nrole:master\r\n# Keyspace\r\ndb0:keys=3,expires=1,avg_ttl=0\r\ndb12:keys=1,expires=0,avg_ttl=0\r\n")
    #expect(info.number == 700 && info.isMaster && info.keyspace == [0: .init(all: 3, expiring: 1), 12: .init(all: 1, expiring: 0)])
  }

  @Test("the checksum is that of Redis") func checksum() {
    var sum = CRC64()
    sum.update(Array("1234".utf8)[...])
    sum.update(Array("56789".utf8)[...])
    #expect(sum.value == 0xE9C6_D914_C4B8_D9CA)
  }

  @Test("a compressed text comes back, a damaged one does not") func compression() {
    // "aaaaaaaaaa": one letter, then nine more by a reference one back.
    let packed: [UInt8] = [0, UInt8(ascii: "a"), 7 << 5, 0, 0]
    #expect(LZF.decompressed(packed[...], length: 10) == Array(repeating: UInt8(ascii: "a"), count: 10))
    #expect(LZF.decompressed(packed[...], length: 9) == nil)
    #expect(LZF.decompressed([0xE0, 0, 0][...], length: 9) == nil)
    #expect(LZF.decompressed([5, 1][...], length: 6) == nil)
  }
}
