internal import AWSClient
internal import Units

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
