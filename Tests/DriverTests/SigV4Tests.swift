@testable import AWSClient
@testable import S3Store
import Testing
import Units

/// The published examples: Amazon S3 API Reference, "Signature Calculations for the Authorization Header".
@Suite struct SigV4Tests {
  private let signer = SigV4(
    AWSCredentials(accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), region: "us-east-1")
  private static let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

  struct Example: Sendable {
    var method: String
    var path: String
    var query: [[String]] = []
    var headers: [[String]] = []
    var payload = SigV4Tests.empty
    var target: String
    var signature: String
  }

  @Test(arguments: [
    Example(
      method: "GET", path: "/test.txt", headers: [["Range", "bytes=0-9"]], target: "/test.txt",
      signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
    Example(
      method: "PUT", path: "/test$file.text", headers: [["Date", "Fri, 24 May 2013 00:00:00 GMT"], ["x-amz-storage-class", "REDUCED_REDUNDANCY"]],
      payload: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072", target: "/test%24file.text",
      signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
    Example(
      method: "GET", path: "/", query: [["lifecycle", ""]], target: "/?lifecycle=",
      signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    Example(
      method: "GET", path: "/", query: [["prefix", "J"], ["max-keys", "2"]], target: "/?max-keys=2&prefix=J",
      signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
  ]) func `Amazon's published examples come out`(example: Example) {
    let signed = signer.sign(
      example.method, host: "examplebucket.s3.amazonaws.com", path: example.path, query: example.query.map { ($0[0], $0[1]) },
      headers: example.headers.map { (name: $0[0], value: $0[1]) }, payload: example.payload, time: "20130524T000000Z")
    let proof = signed.headers.first { $0.name == "authorization" }?.value
    #expect(signed.target == example.target)
    #expect(proof?.hasSuffix("Signature=\(example.signature)") == true, "\(proof ?? "")")
    #expect(proof?.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=") == true)
  }

  @Test func `A session token is sent and signed`() {
    var signer = signer
    signer.credentials = AWSCredentials(accessKey: "a", secretKey: "s", token: "token")
    let headers = signer.sign("GET", host: "h", path: "/", payload: Self.empty, time: "20130524T000000Z").headers
    #expect(headers.contains { $0.name == "x-amz-security-token" && $0.value == "token" })
    #expect(headers.last?.value.contains("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,") == true)
  }

  @Test(arguments: [
    ("a/b", "a/b"), ("a b", "a%20b"), ("a+b", "a%2Bb"), ("100%", "100%25"), ("é", "%C3%A9"), ("a//b", "a//b"), ("~-._", "~-._"),
    ("=&?#:,;'()!*@$", "%3D%26%3F%23%3A%2C%3B%27%28%29%21%2A%40%24"), ("\u{1F600}", "%F0%9F%98%80"),
  ]) func `A path is encoded once, byte by byte`(path: String, expected: String) {
    #expect(SigV4.encode(path, keeping: "/") == expected)
    #expect(SigV4.decode(expected) == path)
  }

  @Test(arguments: ["%", "%4", "%zz", "%+1", "%ff"]) func `What is not encoded is not decoded`(text: String) {
    #expect(SigV4.decode(text) == nil)
  }

  @Test func `Query values that sort around the equals sign are sorted by name first`() {
    let query = [("a-b", "1"), ("a", "2"), ("a", "1"), ("A", "3")]
    #expect(signer.sign("GET", host: "h", path: "/", query: query, payload: Self.empty, time: "20130524T000000Z").target == "/?A=3&a=1&a=2&a-b=1")
  }
}

@Suite struct S3XMLTests {
  private func read(_ text: String) throws(XMLProblem) -> XMLElement { try XMLElement.read(Array(text.utf8)) }

  @Test func `Elements, texts, entities and CDATA are read`() throws {
    let root = try read(
      "\u{FEFF}<?xml version=\"1.0\"?>\n  <!-- c --><s3:A xmlns:s3='u'>\n <B x=\"&lt;\">1 &lt;&#x41;&#66;&amp;&quot;&apos;</B><C/><B> <![CDATA[<x>]]></B></s3:A>\n")
    #expect(root.name == "A" && root.text == "" && root.children.count == 3)
    #expect(root.all("B").map(\.text) == ["1 <AB&\"'", " <x>"] && root.text("C") == "")
  }

  @Test(arguments: [
    "", " ", "text", "<a>", "<a></b>", "<a", "<a x>", "<a x=1/>", "<a x='1/>", "<a>&unknown;</a>", "<a>&amp</a>", "<a/><b/>", "<a/>x", "<a>&#xD800;</a>",
    "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<a><!-- </a>", "<a><![CDATA[</a>", "</a>", "<>", String(repeating: "<a>", count: 40),
  ]) func `What is not whole or not known is refused`(text: String) {
    #expect(throws: XMLProblem.self) { try read(text) }
  }

  @Test func `Bytes that are no text are refused`() {
    #expect(throws: XMLProblem.self) { try XMLElement.read(Array("<a>".utf8) + [0xFF] + Array("</a>".utf8)) }
  }

  @Test func `A page of keys is decoded as it says`() throws {
    func page(_ encoding: String) -> [UInt8] {
      Array("<ListBucketResult>\(encoding)<IsTruncated>true</IsTruncated><Contents><Key>a%2Fb+c</Key><Size>7</Size><LastModified>2026-11-24T08:15:34.250Z</LastModified></Contents></ListBucketResult>".utf8)
    }
    #expect(try S3ObjectPage(page("<EncodingType>url</EncodingType>")).entries.map(\.key) == ["a/b c"])
    let plain = try S3ObjectPage(page(""))
    #expect(plain.entries.map(\.key) == ["a%2Fb+c"] && plain.isTruncated && plain.entries.first?.size == 7)
    #expect(throws: XMLProblem.self) { try S3ObjectPage(Array("<html><body/></html>".utf8)) }
    #expect(throws: XMLProblem.self) { try S3ObjectPage(Array("<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>".utf8)) }
  }

  @Test func `Parts grow so that ten thousand of them hold five terabytes, none above S3's limits`() {
    let sizes = (1...S3Parts.most).map(S3Parts.size)
    #expect(sizes.reduce(0, +) >= 5 << 40 && (sizes.max() ?? .max) <= 5 << 30 && sizes[0] == 8 << 20 && sizes == sizes.sorted())
  }

  @Test(arguments: [("Tue, 24 Nov 2026 09:44:37 GMT", "2026-11-24T09:44:37Z"), ("yesterday", ""), ("Tue, 24 Foo 2026 09:44:37 GMT", "")])
  func `Dates of headers are read`(text: String, expected: String) {
    #expect(HTTPDate.read(text)?.description ?? "" == expected)
  }
}
