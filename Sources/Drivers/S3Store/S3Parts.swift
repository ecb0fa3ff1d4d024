internal import AWSClient
internal import Concurrency
internal import HTTPClient
internal import Hashing
internal import ObjectStore
internal import Units

/// How an object of unknown length is cut: S3 takes at most 10,000 parts, of 5 MiB to 5 GiB. The first thousand are of 8 MiB, and each
/// thousand after that has parts twice as large, so that all of them hold 7.8 TiB (S3 takes 5) while a point of 8 GB needs small ones only.
enum S3Parts {
  static let first = 8 << 20
  static let most = 10_000
  /// `number` counts from 1.
  static func size(of number: Int) -> Int { first << ((number - 1) / 1_000) }
}

/// A part that the store has confirmed.
struct S3Part: Sendable {
  var number: Int
  var etag: String
  /// As base64, where the store has checked it or reports it.
  var checksum: String?
}

extension S3Store {
  func beginParts(of key: ObjectKey, _ write: S3Write) async throws(StoreError) -> String {
    var request = S3Request(.post, fullKey(key.path), doing: "beginning to write it", action: "s3:PutObject")
    request.query = [("uploads", "")]
    request.headers = write.headers(connection.bucket, now: connection.now()) + [(name: "x-amz-checksum-algorithm", value: "SHA256")]
    let body = try await connection.send(request, for: key).response.body
    guard let root = try? XMLElement.read(body), let id = root.text("UploadId"), !id.isEmpty else {
      throw StoreError(store: name, .other, key: key, "beginning to write it: the store gives no upload id")
    }
    return id
  }

  /// Makes an object of its parts.
  func join(_ parts: [S3Part], of id: String, _ key: ObjectKey, _ write: S3Write) async throws(StoreError) {
    var request = S3Request(.post, fullKey(key.path), doing: "finishing it", action: "s3:PutObject")
    request.query = [("uploadId", id)]
    let list = parts.sorted { $0.number < $1.number }.map { part in
      "<Part><PartNumber>\(part.number)</PartNumber><ETag>\(part.etag.escapedForXML)</ETag>"
        + (part.checksum.map { "<ChecksumSHA256>\($0.escapedForXML)</ChecksumSHA256>" } ?? "") + "</Part>"
    }
    request.body = Array("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(list.joined())</CompleteMultipartUpload>".utf8)
    request.digest = SHA256Digest.of(request.body)
    request.headers = [(name: "content-type", value: "application/xml")]
    request.accepted = [404]
    request.deadline = connection.patience.assembly
    let answer = try await connection.send(request, for: key)
    if answer.response.status == 404 {
      // The first attempt may have arrived although its answer did not: then the object is there, with our mark.
      let mark = answer.isRepeated ? try? await head(key).mark : nil
      guard mark == write.mark else { throw StoreError(store: name, .notFound, key: key, "its upload was discarded meanwhile") }
    } else if (try? XMLElement.read(answer.response.body))?.name != "CompleteMultipartUploadResult" {
      throw StoreError(store: name, .other, key: key, "finishing it: the store answers \(answer.response.status) without saying that it is whole")
    }
  }
}

extension String {
  fileprivate var escapedForXML: String {
    flatMap { character -> [Character] in
      switch character {
      case "<": Array("&lt;")
      case "&": Array("&amp;")
      case "\"": Array("&quot;")
      default: [character]
      }
    }.reduce(into: "") { $0.append($1) }
  }
}
