internal import HTTPClient
internal import Units

/// A token of an identity provider, such as a Kubernetes service account's, exchanged for credentials at STS (AWS STS API Reference,
/// "AssumeRoleWithWebIdentity"). The file is read anew each time: the cluster renews it.
struct WebIdentity {
  var role: String
  var tokenFile: String
  var session: String?
  var region: String?

  init(role: String, tokenFile: String, session: String?, region: String?) {
    self.role = role; self.tokenFile = tokenFile; self.session = session; self.region = region
  }

  init?(environment world: CredentialWorld) {
    guard let file = world.variable("AWS_WEB_IDENTITY_TOKEN_FILE"), let role = world.variable("AWS_ROLE_ARN") else { return nil }
    self.init(role: role, tokenFile: file, session: world.variable("AWS_ROLE_SESSION_NAME"), region: nil)
  }

  func load(_ world: CredentialWorld) async throws(CredentialProblem) -> AWSCredentials {
    guard let token = world.readFile(tokenFile).map({ String($0.trimmingSpace) }), !token.isEmpty else {
      throw CredentialProblem("the web identity token \(tokenFile) cannot be read, or is empty")
    }
    let region = region ?? world.variable("AWS_REGION") ?? world.variable("AWS_DEFAULT_REGION") ?? "us-east-1"
    let endpoint = world.variable("AWS_ENDPOINT_URL_STS") ?? "https://sts.\(region).amazonaws.com"
    let form = [
      ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role), ("RoleSessionName", session ?? "sie-dr"),
      ("WebIdentityToken", token),
    ].map { "\($0.0)=\(SigV4.encode($0.1))" }.joined(separator: "&")
    var request = HTTPRequest(.post, endpoint.hasSuffix("/") ? endpoint : endpoint + "/", headers: [HTTPHeader("Content-Type", "application/x-www-form-urlencoded")])
    request.body = Array(form.utf8)
    let response = try await CredentialRequest.send(request, "STS at \(endpoint)", world)
    guard response.status == 200 else {
      let said = AWSErrorBody(response.body)
      throw CredentialProblem(
        "STS at \(endpoint) refuses the web identity for \(role): \(said.code ?? String(response.status))\(said.message.map { ": \($0)" } ?? "")",
        transient: response.status >= 500)
    }
    guard let found = (try? XMLElement.read(response.body))?.first("AssumeRoleWithWebIdentityResult")?.first("Credentials"),
      let access = found.text("AccessKeyId"), let secret = found.text("SecretAccessKey"), let session = found.text("SessionToken")
    else { throw CredentialProblem("STS at \(endpoint) answers without credentials") }
    return AWSCredentials(accessKey: access, secretKey: secret, token: session, expires: found.text("Expiration").flatMap { Timestamp($0) })
  }
}

/// One small request to a place that gives credentials, tried a few times: it may just be starting, or be busy.
enum CredentialRequest {
  static func send(
    _ request: HTTPRequest, _ place: String, _ world: CredentialWorld, deadline: TimeSpan = .seconds(10)
  ) async throws(CredentialProblem) -> HTTPResponse {
    for attempt in 1...3 {
      do throws(HTTPError) {
        let response = try await world.client.send(request, deadline: deadline)
        if response.status < 500, response.status != 429 || attempt == 3 { return response }
        if attempt == 3 { return response }
      } catch {
        guard attempt < 3, error.reason == .timedOut || error.reason == .brokenConnection else {
          throw CredentialProblem("\(place): \(error.detail)", transient: error.reason != .invalidRequest)
        }
      }
      do { try await Task.sleep(for: .milliseconds(200 * attempt)) } catch { throw CredentialProblem("\(place): cancelled", transient: true) }
    }
    throw CredentialProblem("\(place): no answer", transient: true)
  }
}
