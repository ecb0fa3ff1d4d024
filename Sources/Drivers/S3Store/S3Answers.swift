internal import HTTPClient
internal import Units

/// What the store says went wrong: the body of an answer, as far as there is one.
struct S3ErrorBody {
  var code: String?
  var message: String?
  var region: String?
  var endpoint: String?
  var serverTime: String?

  /// Empty where the body is no S3 error.
  init(_ body: [UInt8]) {
    // An answer of 200 may hold an error too, but no list does, and those are long.
    guard body.count < 256 << 10, body.firstRange(of: Array("<Error".utf8)) != nil else { return }
    guard let root = try? XMLElement.read(body), let error = root.name == "Error" ? root : root.first("Error") else { return }
    code = error.text("Code")
    message = error.text("Message").map { Printable.of($0) }
    region = error.text("Region")
    endpoint = error.text("Endpoint")
    serverTime = error.text("ServerTime")
  }
}

/// One page of `ListObjectsV2`.
struct S3ObjectPage {
  struct Entry { var key: String; var size: Int64; var modified: Timestamp }
  var entries: [Entry]
  var isTruncated: Bool
  var continuation: String?

  init(_ body: [UInt8]) throws(XMLProblem) {
    let root = try XMLElement.read(body)
    guard root.name == "ListBucketResult" else { throw XMLProblem(offset: 0, what: "a `\(root.name)` where a list was expected") }
    let decode = try keyDecoder(root)
    entries = []
    for element in root.all("Contents") {
      guard let key = element.text("Key"), let size = element.text("Size").flatMap({ Int64($0) }), size >= 0,
        let modified = element.text("LastModified").flatMap({ Timestamp($0) })
      else { throw XMLProblem(offset: 0, what: "an entry of the list lacks key, size or time") }
      entries.append(Entry(key: try decode(key), size: size, modified: modified))
    }
    isTruncated = root.text("IsTruncated") == "true"
    continuation = root.text("NextContinuationToken")
  }
}

/// One page of `ListMultipartUploads`.
struct S3UploadPage {
  struct Entry: Hashable { var key: String; var id: String }
  var entries: [Entry]
  var isTruncated: Bool

  /// No upload is open.
  init() { entries = []; isTruncated = false }

  init(_ body: [UInt8]) throws(XMLProblem) {
    let root = try XMLElement.read(body)
    guard root.name == "ListMultipartUploadsResult" else { throw XMLProblem(offset: 0, what: "a `\(root.name)` where a list was expected") }
    let decode = try keyDecoder(root)
    entries = []
    for element in root.all("Upload") {
      guard let key = element.text("Key"), let id = element.text("UploadId") else { throw XMLProblem(offset: 0, what: "an upload lacks key or id") }
      entries.append(Entry(key: try decode(key), id: id))
    }
    isTruncated = root.text("IsTruncated") == "true"
  }
}

/// Keys are encoded where the list says so.
private func keyDecoder(_ root: XMLElement) throws(XMLProblem) -> (String) throws(XMLProblem) -> String {
  guard root.text("EncodingType") == "url" else { return { key in key } }
  return { (key) throws(XMLProblem) in
    guard let decoded = SigV4.decode(key) else { throw XMLProblem(offset: 0, what: "a key of the list is not encoded as it says") }
    return decoded
  }
}

enum Printable {
  /// One line of at most 300 characters, without control characters.
  static func of(_ text: String) -> String {
    let line = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) ? " " : $0 }))
    return line.count > 300 ? line.prefix(300) + "…" : line
  }
}

/// `Tue, 24 Nov 2026 09:44:37 GMT` (RFC 9110, 5.6.7).
enum HTTPDate {
  static func read(_ text: String) -> Timestamp? {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let words = text.split(separator: " ")
    guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else { return nil }
    let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
    return Timestamp("\(words[3])-\(number)-\(words[1])T\(words[4])Z")
  }
}
