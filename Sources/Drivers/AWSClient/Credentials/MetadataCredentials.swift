internal import HTTPClient
internal import Units

/// Credentials of a container's task role or pod identity (AWS SDKs and Tools Reference Guide, "Container credential provider").
struct ContainerCredentials {
  private let url: String

  /// Nil outside such a container. Over plain HTTP only addresses of the machine itself are asked: the answer is a secret.
  init?(_ world: CredentialWorld) throws(CredentialProblem) {
    if let path = world.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
      url = "http://169.254.170.2\(path.hasPrefix("/") ? "" : "/")\(path)"
      return
    }
    guard let full = world.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
    let scheme = full.firstRange(of: "://")?.upperBound ?? full.startIndex
    let authority = full[scheme...].prefix { !"/?#".contains($0) }
    let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
    let near = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "localhost", "[::1]"]
    let isLoopback = host.hasPrefix("127.") && host.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
    guard full.hasPrefix("https://") || full.hasPrefix("http://") && (near.contains(String(host)) || isLoopback) else {
      throw CredentialProblem("AWS_CONTAINER_CREDENTIALS_FULL_URI names \(host), which is neither HTTPS nor an address of this machine")
    }
    url = full
  }

  func load(_ world: CredentialWorld) async throws(CredentialProblem) -> AWSCredentials {
    var request = HTTPRequest(.get, url)
    request.usesProxy = false
    if let file = world.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
      guard let token = world.readFile(file).map({ String($0.trimmingSpace) }), !token.isEmpty else {
        throw CredentialProblem("the container's token \(file) cannot be read, or is empty")
      }
      request.headers = [HTTPHeader("Authorization", token)]
    } else if let token = world.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
      request.headers = [HTTPHeader("Authorization", token)]
    }
    let response = try await CredentialRequest.send(request, "the container's credentials", world)
    guard response.status == 200 else {
      throw CredentialProblem("the container's credentials: the answer is \(response.status)", transient: response.status >= 500)
    }
    do throws(CredentialProblem) { return try AWSCredentials(json: response.body) } catch {
      throw CredentialProblem("the container's credentials: \(error)")
    }
  }
}

/// Credentials of an instance's role by its metadata service, version 2 (Amazon EC2 User Guide, "Use IMDSv2"). Version 1, which gives
/// them to whoever can make the machine send a request, is not used.
struct InstanceMetadata {
  private let endpoint: String
  private let isDisabled: Bool

  init(_ world: CredentialWorld) {
    let written = world.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT")
    let ipv6 = world.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")?.lowercased() == "ipv6"
    let endpoint = written ?? (ipv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254")
    self.endpoint = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
    isDisabled = world.variable("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true"
  }

  func load(_ world: CredentialWorld) async throws(CredentialProblem) -> AWSCredentials {
    let nowhere = "there are no AWS credentials in the environment, in a profile, in a container or on an instance"
    guard !isDisabled else { throw CredentialProblem("\(nowhere); write `credentials: { secret: NAME }` into the store, or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY") }
    let token: String
    do throws(CredentialProblem) {
      token = try await text(.put, "/latest/api/token", [HTTPHeader("X-aws-ec2-metadata-token-ttl-seconds", "21600")], world)
    } catch {
      throw CredentialProblem("\(nowhere) (\(error)); write `credentials: { secret: NAME }` into the store, or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    }
    let headers = [HTTPHeader("X-aws-ec2-metadata-token", token)]
    let folder = "/latest/meta-data/iam/security-credentials/"
    let role = try await text(.get, folder, headers, world).prefix { !$0.isNewline }
    guard !role.isEmpty else { throw CredentialProblem("the instance has no role; give it one, or write `credentials` into the store") }
    let answer = try await text(.get, folder + SigV4.encode(String(role)), headers, world)
    do throws(CredentialProblem) { return try AWSCredentials(json: Array(answer.utf8)) } catch {
      throw CredentialProblem("the instance's role \(Printable.of(String(role))): \(error)")
    }
  }

  private func text(_ method: HTTPRequest.Method, _ path: String, _ headers: [HTTPHeader], _ world: CredentialWorld) async throws(CredentialProblem) -> String {
    var request = HTTPRequest(method, endpoint + path, headers: headers)
    request.usesProxy = false
    // Where there is no instance nothing answers at that address, and nobody should wait long for it.
    request.connectTimeout = .seconds(1)
    let response = try await CredentialRequest.send(request, "the instance's metadata at \(endpoint)", world, deadline: .seconds(5))
    guard response.status == 200 else {
      let why = response.status == 404 ? "the instance has no role" : "the answer is \(response.status)"
      throw CredentialProblem("the instance's metadata at \(endpoint): \(why)", transient: response.status >= 500)
    }
    return response.text
  }
}
