@testable import AWSClient
import Concurrency
import HTTPClient
@testable import S3Store
import TestSupport
import Testing
import Units

private let client = HTTPClient()

private func world(_ environment: [String: String], files: [String: String] = [:]) -> CredentialWorld {
  CredentialWorld(
    environment: environment.merging(["HOME": "/home/dr", "AWS_EC2_METADATA_DISABLED": "true"]) { given, _ in given }, client: client,
    readFile: { files[$0] }, now: systemTime)
}

private func standard(_ environment: [String: String], files: [String: String] = [:]) async throws -> AWSCredentials {
  try await CredentialSource.standard(world(environment, files: files)).load()
}

private func problem(_ environment: [String: String], files: [String: String] = [:]) async -> String? {
  await #expect(throws: CredentialProblem.self) { try await standard(environment, files: files) }?.description
}

@Suite struct WrittenCredentialsTests {
  @Test(arguments: [
    ("AKIA:se/cr+et", "AKIA", "se/cr+et", ""), ("AKIA:secret:to:ken\n", "AKIA", "secret", "to:ken"),
    (#"{"Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2026-11-24T09:00:00Z"}"#, "AKIA", "s", "t"),
    (#"{"AccessKeyId": "AKIA", "SecretAccessKey": "s", "Token": "t"}"#, "AKIA", "s", "t"), (#"{"AccessKeyId": "AKIA", "SecretAccessKey": "s"}"#, "AKIA", "s", ""),
  ]) func `A secret holds credentials as people write them`(text: String, access: String, secret: String, token: String) throws {
    let credentials = try AWSCredentials(written: text)
    #expect(credentials.accessKey == access && credentials.secretKey == secret && credentials.token ?? "" == token)
    #expect((credentials.expires != nil) == text.contains("Expiration"))
  }

  @Test(arguments: ["", "AKIA", "AKIA:", ":secret", "a b:secret", "AKIA:secret:", "{", "{}", #"{"AccessKeyId": "a"}"#, #"{"AccessKeyId": "a", "SecretAccessKey": "s", "Expiration": "soon"}"#])
  func `What holds none is said so without showing it`(text: String) {
    let error = #expect(throws: CredentialProblem.self) { try AWSCredentials(written: text) }
    #expect(error?.description.contains("secret:") == false && error?.description.isEmpty == false)
  }

  @Test func `Credentials print nothing of themselves`() {
    let credentials = AWSCredentials(accessKey: "canary", secretKey: "canary", token: "canary")
    #expect(!"\(credentials) \(String(reflecting: credentials))".contains("canary"))
    var dumped = ""
    dump(credentials, to: &dumped)
    #expect(!dumped.contains("canary"))
  }
}

@Suite struct StandardCredentialsTests {
  private static let credentialsFile = """
    # comment
    [default]
    aws_access_key_id = DEFAULT
    aws_secret_access_key=default-secret

    [other]
    aws_access_key_id=OTHER
      nested = x
    aws_secret_access_key = other=secret
    aws_session_token = other-token
    """
  private static let configFile = """
    [default]
    region = eu-west-1
    [profile other]
    region=eu-central-1
    s3 =
      region = wrong
    [profile sso]
    sso_session = company
    [profile half]
    aws_access_key_id = HALF
    [services x]
    region = wrong
    """
  private let files = ["/home/dr/.aws/credentials": credentialsFile, "/home/dr/.aws/config": configFile]

  @Test func `The environment comes first, then the profile that is asked for, then the usual one`() async throws {
    let own = try await standard(["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t", "AWS_PROFILE": "other"], files: files)
    #expect(own.accessKey == "A" && own.secretKey == "s" && own.token == "t")
    let other = try await standard(["AWS_PROFILE": "other"], files: files)
    #expect(other.accessKey == "OTHER" && other.secretKey == "other=secret" && other.token == "other-token")
    #expect(try await standard([:], files: files).accessKey == "DEFAULT")
    let moved = ["/c": Self.credentialsFile, "/d": Self.configFile]
    #expect(try await standard(["AWS_SHARED_CREDENTIALS_FILE": "/c", "AWS_CONFIG_FILE": "/d"], files: moved).accessKey == "DEFAULT")
  }

  @Test func `The region is found where the credentials are`() {
    #expect(CredentialSource.region(world([:], files: files)) == "eu-west-1")
    #expect(CredentialSource.region(world(["AWS_PROFILE": "other"], files: files)) == "eu-central-1")
    #expect(CredentialSource.region(world(["AWS_REGION": "us-west-2", "AWS_PROFILE": "other"], files: files)) == "us-west-2")
    #expect(CredentialSource.region(world([:])) == nil)
  }

  @Test func `What is set up by half, unknown or not supported is named`() async {
    #expect(await problem(["AWS_ACCESS_KEY_ID": "A"])?.contains("AWS_SECRET_ACCESS_KEY is not") == true)
    #expect(await problem(["AWS_PROFILE": "half"], files: files)?.contains("`half` has an access key without") == true)
    #expect(await problem(["AWS_PROFILE": "sso"], files: files)?.contains("`sso_session`, which is not supported") == true)
    #expect(await problem(["AWS_PROFILE": "missing"], files: files)?.contains("`missing`") == true)
    #expect(await problem([:])?.contains("write `credentials: { secret: NAME }`") == true)
  }

  @Test func `A web identity is exchanged at STS, its file read each time`() async throws {
    let server = try HTTPServer { request in
      let form = String(decoding: request.body, as: UTF8.self)
      guard form.contains("WebIdentityToken=good%2Ftoken") else {
        return .text(400, "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>no good</Message></Error></ErrorResponse>")
      }
      return .text(
        200,
        "<AssumeRoleWithWebIdentityResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2026-11-24T09:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>")
    }
    let environment = ["AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::1:role/dr", "AWS_ENDPOINT_URL_STS": server.url]
    let found = try await standard(environment, files: ["/token": "good/token\n"])
    #expect(found.accessKey == "ASIA" && found.secretKey == "s" && found.token == "t" && found.expires == Timestamp("2026-11-24T09:00:00Z"))
    let form = String(decoding: try #require(server.requests.first).body, as: UTF8.self)
    #expect(form == "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fdr&RoleSessionName=sie-dr&WebIdentityToken=good%2Ftoken")
    let refused = await problem(environment, files: ["/token": "canary"])
    #expect(refused?.contains("InvalidIdentityToken: no good") == true && refused?.contains("canary") == false)
    #expect(await problem(environment)?.contains("/token cannot be read") == true)
  }

  @Test func `A container's credentials are asked for with its token`() async throws {
    let server = try HTTPServer { request in
      guard request.path == "/role?x=1", request.headers["authorization"] == "Basic abc" else { return .text(403, "no") }
      return .text(200, #"{"AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t","Expiration":"2026-11-24T09:00:00Z"}"#)
    }
    let environment = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "\(server.url)/role?x=1"]
    let files = ["/token": "Basic abc\n"]
    #expect(try await standard(environment.merging(["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/token"]) { $1 }, files: files).token == "t")
    #expect(try await standard(environment.merging(["AWS_CONTAINER_AUTHORIZATION_TOKEN": "Basic abc"]) { $1 }).token == "t")
    #expect(await problem(environment)?.contains("the answer is 403") == true)
    for url in ["http://example.com/role", "http://127.0.0.1@example.com/", "http://localhost.example.com/", "ftp://localhost/"] {
      #expect(await problem(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url])?.contains("neither HTTPS nor an address of this machine") == true, "\(url)")
    }
  }

  @Test func `An instance's role is asked for by version 2 of its metadata`() async throws {
    let server = try HTTPServer { request in
      if request.method == "PUT", request.path == "/latest/api/token", request.headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600" { return .text(200, "session") }
      guard request.headers["x-aws-ec2-metadata-token"] == "session" else { return .text(401, "") }
      switch request.path {
      case "/latest/meta-data/iam/security-credentials/": return .text(200, "backup role\n")
      case "/latest/meta-data/iam/security-credentials/backup%20role":
        return .text(200, #"{"Code":"Success","AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t","Expiration":"2026-11-24T09:00:00Z"}"#)
      default: return .text(404, "")
      }
    }
    let found = try await standard(["AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url + "/"])
    #expect(found.accessKey == "ASIA" && found.token == "t" && found.expires == Timestamp("2026-11-24T09:00:00Z"))
    #expect(server.requests.map(\.method) == ["PUT", "GET", "GET"])
  }

  @Test func `An instance without a role, and one whose role fails, are named`() async throws {
    let bare = try HTTPServer { $0.method == "PUT" ? .text(200, "session") : .text(404, "") }
    let on = ["AWS_EC2_METADATA_DISABLED": "false"]
    #expect(await problem(on.merging(["AWS_EC2_METADATA_SERVICE_ENDPOINT": bare.url]) { $1 })?.contains("the instance has no role") == true)
    let failing = try HTTPServer { $0.method == "PUT" ? .text(200, "session") : $0.path.hasSuffix("/") ? .text(200, "r") : .text(200, #"{"Code":"AssumeRoleUnauthorizedAccess"}"#) }
    #expect(await problem(on.merging(["AWS_EC2_METADATA_SERVICE_ENDPOINT": failing.url]) { $1 })?.contains("`AssumeRoleUnauthorizedAccess`") == true)
    let nobody = "http://127.0.0.1:\(try HTTPServer.closedPort())"
    #expect(await problem(on.merging(["AWS_EC2_METADATA_SERVICE_ENDPOINT": nobody]) { $1 })?.contains("there are no AWS credentials") == true)
  }
}

@Suite struct CredentialCacheTests {
  /// A source that counts, and whose credentials live for so long.
  private func source(_ loads: Lock<Int>, life: TimeSpan, now: Lock<Timestamp>, failing: @escaping @Sendable (Int) -> Bool = { _ in false }) -> CredentialSource {
    CredentialSource("a test") { () throws(CredentialProblem) in
      let number = loads.withLock { $0 += 1; return $0 }
      if failing(number) { throw CredentialProblem("none now", transient: true) }
      return AWSCredentials(accessKey: "key \(number)", secretKey: "s", token: "t", expires: now.withLock { $0 } + life)
    }
  }

  @Test func `They are kept while they are good and renewed before they end`() async throws {
    let (loads, now) = (Lock(0), Lock(Timestamp(milliseconds: 0)))
    let cache = CredentialCache(source(loads, life: .hours(1), now: now)) { now.withLock { $0 } }
    for (minute, expected) in [(0, "key 1"), (54, "key 1"), (56, "key 2"), (57, "key 2"), (200, "key 3")] {
      now.withLock { $0 = Timestamp(milliseconds: Int64(minute) * 60_000) }
      #expect(try await cache.credentials().accessKey == expected, "minute \(minute)")
    }
  }

  @Test func `Ones that live shortly are not asked for with every request`() async throws {
    let (loads, now) = (Lock(0), Lock(Timestamp(milliseconds: 0)))
    let cache = CredentialCache(source(loads, life: .minutes(4), now: now)) { now.withLock { $0 } }
    for _ in 0..<10 { #expect(try await cache.credentials().accessKey == "key 1") }
    now.withLock { $0 = Timestamp(milliseconds: 150_000) }
    #expect(try await cache.credentials().accessKey == "key 2")
  }

  @Test func `Where no new ones come, the old ones serve to their end`() async throws {
    let (loads, now) = (Lock(0), Lock(Timestamp(milliseconds: 0)))
    let cache = CredentialCache(source(loads, life: .hours(1), now: now, failing: { $0 > 1 })) { now.withLock { $0 } }
    _ = try await cache.credentials()
    now.withLock { $0 = Timestamp(milliseconds: 59 * 60_000) }
    #expect(try await cache.credentials().accessKey == "key 1")
    now.withLock { $0 = Timestamp(milliseconds: 61 * 60_000) }
    let error = await #expect(throws: CredentialProblem.self) { try await cache.credentials() }
    #expect(error?.description == "no credentials from a test: none now")
  }

  @Test func `Many that ask at once cause one request, and refused ones are not used again`() async throws {
    let (loads, now) = (Lock(0), Lock(Timestamp(milliseconds: 0)))
    let cache = CredentialCache(source(loads, life: .hours(1), now: now)) { now.withLock { $0 } }
    let keys = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<20 { group.addTask { try await cache.credentials().accessKey } }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(keys == ["key 1"] && loads.withLock { $0 } == 1)
    let refused = try await cache.credentials()
    await cache.reject(refused)
    #expect(try await cache.credentials().accessKey == "key 2")
    await cache.reject(refused)
    #expect(try await cache.credentials().accessKey == "key 2")
  }
}
