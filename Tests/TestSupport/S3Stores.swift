public import AWSClient
internal import Concurrency
public import HTTPClient
internal import ObjectStore
public import S3Store
internal import Units

public let testClient = HTTPClient()
private let prefixes = Lock(0)

/// Never waits long: the tests' servers are near.
public let testPatience: S3Patience = {
  var patience = S3Patience()
  patience.firstWait = .milliseconds(20)
  patience.longestWait = .milliseconds(500)
  patience.stall = .seconds(5)
  patience.time = .seconds(60)
  return patience
}()

/// A new and empty store below a prefix of its own.
public func testStore(
  _ kind: S3Server.Kind, through endpoint: String? = nil, prefix: String? = nil, patience: S3Patience = testPatience,
  credentials: CredentialSource = .fixed(AWSCredentials(accessKey: S3Server.accessKey, secretKey: S3Server.secretKey)),
  change: (inout S3Bucket) -> Void = { _ in }
) throws -> S3Store {
  let server = try S3Server.shared(kind)
  let number = prefixes.withLock { $0 += 1; return $0 }
  var bucket = S3Bucket(S3Server.bucket, prefix: prefix ?? "tests/store \(number)", region: "us-east-1", endpoint: ServiceEndpoint(endpoint ?? server.url))
  change(&bucket)
  return S3Store(name: "s3", bucket: bucket, credentials: credentials, client: testClient, patience: patience, now: systemTime)
}
