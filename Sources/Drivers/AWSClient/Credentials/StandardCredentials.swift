public import HTTPClient
public import Units

/// What looking for credentials takes of the world.
public struct CredentialWorld: Sendable {
  public var environment: [String: String]
  public var client: HTTPClient
  /// The text of a file; nil if it is not there or cannot be read.
  public var readFile: @Sendable (String) -> String?
  public var now: @Sendable () -> Timestamp

  public init(
    environment: [String: String], client: HTTPClient, readFile: @escaping @Sendable (String) -> String?, now: @escaping @Sendable () -> Timestamp
  ) {
    self.environment = environment; self.client = client; self.readFile = readFile; self.now = now
  }

  func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
}

extension CredentialSource {
  /// Where AWS's own tools look, in their order: the environment, a web identity, the profile files, the container, the instance's
  /// metadata. The first place that is set up counts, also where it then fails.
  public static func standard(_ world: CredentialWorld) -> CredentialSource {
    CredentialSource("the environment, the AWS profile, the container or the instance") { () throws(CredentialProblem) in
      if let found = try environment(world) { return found }
      if let identity = WebIdentity(environment: world) { return try await identity.load(world) }
      if let found = try await Profile(world)?.load(world) { return found }
      if let container = try ContainerCredentials(world) { return try await container.load(world) }
      return try await InstanceMetadata(world).load(world)
    }
  }

  private static func environment(_ world: CredentialWorld) throws(CredentialProblem) -> AWSCredentials? {
    guard let access = world.variable("AWS_ACCESS_KEY_ID") else { return nil }
    guard let secret = world.variable("AWS_SECRET_ACCESS_KEY") else {
      throw CredentialProblem("AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not")
    }
    return AWSCredentials(accessKey: access, secretKey: secret, token: world.variable("AWS_SESSION_TOKEN"))
  }

  /// The region that the environment or the profile names.
  public static func region(_ world: CredentialWorld) -> String? {
    world.variable("AWS_REGION") ?? world.variable("AWS_DEFAULT_REGION") ?? Profile(world)?.settings["region"]
  }
}

/// One profile of the shared files.
struct Profile {
  var name: String
  var settings: [String: String]

  /// Nil if neither file has it and nobody has asked for it by name.
  init?(_ world: CredentialWorld) {
    let asked = world.variable("AWS_PROFILE")
    name = asked ?? "default"
    let home = world.variable("HOME") ?? ""
    func file(_ variable: String, _ usual: String, isConfig: Bool) -> ProfileFile {
      ProfileFile(world.readFile(world.variable(variable) ?? "\(home)/.aws/\(usual)") ?? "", isConfig: isConfig)
    }
    let config = file("AWS_CONFIG_FILE", "config", isConfig: true).profiles[name]
    let credentials = file("AWS_SHARED_CREDENTIALS_FILE", "credentials", isConfig: false).profiles[name]
    guard asked != nil || config != nil || credentials != nil else { return nil }
    settings = (config ?? [:]).merging(credentials ?? [:]) { _, second in second }
  }

  /// Nil where the profile says nothing of credentials.
  func load(_ world: CredentialWorld) async throws(CredentialProblem) -> AWSCredentials? {
    if let access = settings["aws_access_key_id"] {
      guard let secret = settings["aws_secret_access_key"] else { throw CredentialProblem("the AWS profile `\(name)` has an access key without a secret key") }
      return AWSCredentials(accessKey: access, secretKey: secret, token: settings["aws_session_token"])
    }
    if let role = settings["role_arn"], let file = settings["web_identity_token_file"] {
      return try await WebIdentity(role: role, tokenFile: file, session: settings["role_session_name"], region: settings["region"]).load(world)
    }
    for key in ["credential_process", "sso_session", "sso_start_url", "source_profile", "credential_source"] where settings[key] != nil {
      throw CredentialProblem(
        "the AWS profile `\(name)` uses `\(key)`, which is not supported; write `credentials: { secret: NAME }` with the secret's `command: [aws, configure, export-credentials, --profile, \(name)]`")
    }
    guard world.variable("AWS_PROFILE") == nil else { throw CredentialProblem("the AWS profile `\(name)` that AWS_PROFILE names holds no credentials, or is not there") }
    return nil
  }
}
