internal import Glibc

/// An S3 server of a test's own on a free port: SeaweedFS, which is strict, or rclone, which ignores conditions. It ends with the process
/// that started it, however that ends.
public final class S3Server: Sendable {
  public enum Kind: String, Sendable, CaseIterable { case seaweedFS, rclone }

  public static let accessKey = "test-access-key"
  public static let secretKey = "test/secret+key"
  /// Exists from the start.
  public static let bucket = "backups"

  public let kind: Kind
  public let port: Int
  /// SeaweedFS only: a second port, with TLS, under a certificate that it has signed itself.
  public let tlsPort: Int
  public let folder: String
  private let lifeline: Int32

  public var url: String { "http://127.0.0.1:\(port)" }
  /// The certificate to trust for `tlsPort`, for `localhost` and the bucket below it.
  public var certificate: String { "\(folder)/certificate.pem" }

  /// The server that all tests of this process share, by kind; each works below a prefix of its own.
  public static func shared(_ kind: Kind) throws -> S3Server {
    switch kind {
    case .seaweedFS: try sharedSeaweedFS.get()
    case .rclone: try sharedRclone.get()
    }
  }
  private static let sharedSeaweedFS = Result { try start(.seaweedFS) }
  private static let sharedRclone = Result { try start(.rclone) }

  /// The tools' folder, that `scripts/packages` fills.
  private static func tool(_ name: String) throws -> String {
    var folder = #filePath.split(separator: "/").dropLast(3).map(String.init)
    folder.append(contentsOf: [".build-tools", "bin", name])
    let path = "/" + folder.joined(separator: "/")
    guard access(path, X_OK) == 0 else { throw ProgramFailure(description: "\(name) is not installed; run scripts/packages test") }
    return path
  }

  private static func start(_ kind: Kind) throws -> S3Server {
    // A free port may be taken before the server has it: once more then.
    do { return try run(kind) } catch { return try run(kind) }
  }

  private static func run(_ kind: Kind) throws -> S3Server {
    let folder = try temporaryFolder("s3")
    do { return try run(kind, in: folder) } catch {
      // Before the guardian has begun nobody else removes it.
      removeFolder(folder)
      throw error
    }
  }

  private static func run(_ kind: Kind, in folder: String) throws -> S3Server {
    try runProgram(["mkdir", "\(folder)/data", "\(folder)/log"])
    let ports = try (0..<9).map { _ in try HTTPServer.closedPort() }
    let words: [String]
    switch kind {
    case .seaweedFS:
      let identity = #"{"identities":[{"name":"test","credentials":[{"accessKey":"\#(accessKey)","secretKey":"\#(secretKey)"}],"actions":["Admin","Read","List","Tagging","Write"]},{"name":"reader","credentials":[{"accessKey":"reader","secretKey":"reader-secret"}],"actions":["Read","List"]}]}"#
      try writeFile("\(folder)/s3.json", identity)
      try runProgram([
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "\(folder)/key.pem", "-out", "\(folder)/certificate.pem", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,DNS:\(bucket).localhost,IP:127.0.0.1",
      ])
      let p = ports.map(String.init)
      words = [
        try tool("weed"), "-logdir=\(folder)/log", "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-dir=\(folder)/data", "-master.port=\(p[1])",
        "-master.port.grpc=\(p[2])", "-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.port=\(p[3])", "-volume.port.grpc=\(p[4])",
        "-volume.max=300", "-filer", "-filer.port=\(p[5])", "-filer.port.grpc=\(p[6])", "-s3", "-s3.port=\(p[0])", "-s3.port.grpc=\(p[7])",
        "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.config=\(folder)/s3.json",
        "-s3.domainName=localhost", "-s3.port.https=\(p[8])", "-s3.cert.file=\(folder)/certificate.pem", "-s3.key.file=\(folder)/key.pem",
      ]
    case .rclone:
      try runProgram(["mkdir", "\(folder)/data/\(bucket)"])
      words = [
        try tool("rclone"), "serve", "s3", "--no-unicode-normalization", "--config", "/dev/null", "--addr", "127.0.0.1:\(ports[0])", "--auth-key", "\(accessKey),\(secretKey)",
        "\(folder)/data",
      ]
    }
    let server = S3Server(kind: kind, port: ports[0], tlsPort: ports[8], folder: folder, lifeline: try guardian(folder, words))
    try server.waitUntilReady()
    return server
  }

  private init(kind: Kind, port: Int, tlsPort: Int, folder: String, lifeline: Int32) {
    self.kind = kind
    self.port = port
    self.tlsPort = tlsPort
    self.folder = folder
    self.lifeline = lifeline
  }

  deinit { close(lifeline) }

  /// A shell that starts the server, waits for this process's end, then kills the server and removes its folder.
  private static func guardian(_ folder: String, _ words: [String]) throws -> Int32 {
    let script = "folder=$1; shift; \"$@\" </dev/null & server=$!; read line; kill -9 $server; wait $server; cd /; rm -rf \"$folder\""
    return try Guardian.start(
      script, [folder] + words, environment: ["GOMEMLIMIT": "300MiB", "HOME": folder, "GOMAXPROCS": "2"], output: "\(folder)/output")
  }

  /// SeaweedFS is ready once a bucket and an object can be written; rclone once it answers at all.
  private func waitUntilReady() throws {
    for _ in 0..<150 {
      switch kind {
      case .rclone: if curl(["-o", "/dev/null", url]) { return }
      case .seaweedFS:
        _ = curl(signed + ["-X", "PUT", "\(url)/\(Self.bucket)"])
        if curl(signed + ["-T", "\(folder)/s3.json", "\(url)/\(Self.bucket)/ready"]) { return }
      }
      usleep(100_000)
    }
    throw ProgramFailure(description: "\(kind.rawValue) does not answer: \((try? readFile("\(folder)/output")) ?? "")")
  }

  /// A bucket in which objects can be locked. SeaweedFS only.
  public func makeBucketWithLocks(_ name: String) throws {
    guard curl(signed + ["-X", "PUT", "-H", "x-amz-bucket-object-lock-enabled: true", "\(url)/\(name)"]) else {
      throw ProgramFailure(description: "the bucket \(name) could not be made")
    }
  }

  private var signed: [String] {
    // The curl program signs what has no query rightly, if it is told the digest.
    ["--aws-sigv4", "aws:amz:us-east-1:s3", "--user", "\(Self.accessKey):\(Self.secretKey)", "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD", "-f"]
  }

  private func curl(_ arguments: [String]) -> Bool {
    (try? runProgram(["curl", "-s", "--max-time", "20"] + arguments, mayFail: true).status) == 0
  }
}
