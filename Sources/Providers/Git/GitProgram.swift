internal import ChildProcess
internal import ProviderInterface
internal import Units

/// The program `git`, without what the configuration of its user could make it do: no hooks, no aliases, no questions, no foreign protocols. Logins
/// reach it through its environment.
struct GitProgram: Sendable {
  let children: ChildRunner
  /// This process's own environment.
  let own: [String: String]

  /// A login is asked for by the name of a variable, which alone stands in the text of the helper.
  private static func helper(_ number: Int) -> String {
    "!f() { test \"$1\" = get && printf 'username=%s\\npassword=%s\\n' \"$SIE_DR_GIT_USER_\(number)\" \"$SIE_DR_GIT_PASSWORD_\(number)\"; }; f"
  }

  private func environment(_ repositories: [Repository], asUser: Bool) -> [String: String] {
    var values = ChildCommand.toolDefaults(from: own)
    for name in ["SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_SSL_CAINFO", "SSL_CERT_FILE", "SSL_CERT_DIR", "http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "GNUPGHOME"] {
      values[name] = own[name]
    }
    values["GIT_TERMINAL_PROMPT"] = "0"
    values["SSH_ASKPASS_REQUIRE"] = "never"
    values["GIT_SSH_COMMAND"] = values["GIT_SSH_COMMAND"] ?? "ssh -o BatchMode=yes -o ConnectTimeout=15"
    values["GIT_HTTP_LOW_SPEED_LIMIT"] = "1"
    values["GIT_HTTP_LOW_SPEED_TIME"] = "60"
    values["GIT_OPTIONAL_LOCKS"] = "0"
    if !asUser {
      values["GIT_CONFIG_GLOBAL"] = "/dev/null"
      values["GIT_CONFIG_NOSYSTEM"] = "1"
    }
    var settings = [
      ("core.hooksPath", "/dev/null"), ("core.fsmonitor", "false"), ("credential.helper", ""), ("protocol.allow", "never"), ("protocol.file.allow", "always"),
      ("protocol.http.allow", "always"), ("protocol.https.allow", "always"), ("protocol.ssh.allow", "always"), ("protocol.git.allow", "always"),
      ("credential.useHttpPath", "true"), ("advice.detachedHead", "false"), ("gc.auto", "0"), ("maintenance.auto", "false"), ("init.defaultBranch", "main"),
      ("core.askPass", ""), ("http.followRedirects", "initial"), ("submodule.recurse", "false"), ("gpg.minTrustLevel", "marginal"),
    ]
    for (number, repository) in repositories.enumerated() {
      guard let user = repository.user else { continue }
      settings.append(("credential.\(repository.location).helper", Self.helper(number)))
      values["SIE_DR_GIT_USER_\(number)"] = user
      values["SIE_DR_GIT_PASSWORD_\(number)"] = repository.password ?? ""
    }
    values["GIT_CONFIG_COUNT"] = String(settings.count)
    for (number, (key, value)) in settings.enumerated() {
      values["GIT_CONFIG_KEY_\(number)"] = key
      values["GIT_CONFIG_VALUE_\(number)"] = value
    }
    return values
  }

  /// Runs it in `folder`; a failure in words if it fails. `asUser`: with the configuration of this user, for what he trusts.
  @discardableResult
  func run(
    _ arguments: [String], in folder: String? = nil, for repositories: [Repository] = [], input: String = "", deadline: TimeSpan, asUser: Bool = false,
    doing: String
  ) async throws(StepFailure) -> String {
    var command = ChildCommand("git", arguments, environment: environment(repositories, asUser: asUser), workingDirectory: folder, deadline: deadline)
    command.outputLimit = 64 << 20
    command.secrets = repositories.flatMap(\.secrets)
    let output: ChildOutput
    do throws(ChildError) { output = try await children.run(command, input: Array(input.utf8)) } catch { throw Self.failure(error, doing) }
    guard output.succeeded else { throw Self.failure(output, repositories, doing) }
    guard !output.outputTruncated else { throw StepFailure("git-failed", "git said more than can be read", details: ["while \(doing)"]) }
    return output.text
  }

  /// The references of a repository, without fetching anything.
  func references(of repository: Repository, deadline: TimeSpan) async throws(StepFailure) -> References {
    References(listing: try await run(["ls-remote", "--symref", "--", repository.location], for: [repository], deadline: deadline, doing: "listing the references of \(repository.title)"))
  }

  private static func failure(_ error: ChildError, _ doing: String) -> StepFailure {
    switch error {
    case .cancelled: .cancelled
    case .timedOut(_, let after, _): StepFailure("git-timed-out", "git took longer than its \(after.rounded)", details: ["while \(doing)"], helps: ["look whether the host answers"], transient: true)
    case .notFound: StepFailure("git-missing", "there is no program `git` on this host", details: ["while \(doing)"], helps: ["install it (Debian: apt-get install git)"])
    case .cannotStart, .brokenPipes: StepFailure("git-failed", "\(error)", details: ["while \(doing)"])
    }
  }

  private static let meanings: [(said: [String], code: String, text: String, help: String, transient: Bool)] = [
    (["could not read Username", "could not read Password", "Authentication failed", "Permission denied (", "terminal prompts disabled", "Host key verification failed", "error: 403"],
      "git-login-refused", "the host refused the login, or wants one", "put the login into the secret with the URL, or look at keys and known hosts: ssh -T USER@HOST", false),
    (["Could not resolve", "Failed to connect", "Connection refused", "Connection timed out", "unable to connect", "Connection reset", "Empty reply", "early EOF", "hung up", "Operation too slow", "No route to host", "unexpected disconnect", "returned error: 5"],
      "git-host-unreachable", "the host does not answer", "check the host and the network, or take a mirror or bundle", true),
    (["protected branch", "pre-receive hook declined", "[remote rejected]", "denyCurrentBranch", "refusing to update"],
      "git-push-refused", "the repository refuses what was pushed", "let its rules allow forced pushes of this user to all references; it must be bare", false),
    (["does not appear to be a git repository", "Repository not found", "repository not found", "not found", "does not exist", "not exported", "no such repository", "Could not read from remote"],
      "git-repository-missing", "there is no such repository, or this user may not see it", "check the URL, and who may read it", false),
    (["dubious ownership"], "git-not-ours", "the folder belongs to another user", "run as the owner of the folder, or give it to this user", false),
    (["No space left"], "disk-full", "the disk is full", "free space, or set TMPDIR to a larger place", false),
  ]

  private static func failure(_ output: ChildOutput, _ repositories: [Repository], _ doing: String) -> StepFailure {
    let said = output.errorOutput.split(separator: "\n").filter { !$0.hasPrefix("hint:") && !$0.hasPrefix("Cloning into") }.suffix(4).map { "git: \($0)" }
    let where_ = repositories.map(\.title).joined(separator: ", ")
    let place = where_.isEmpty ? "" : " (\(where_))"
    guard let meaning = meanings.first(where: { $0.said.contains { output.errorOutput.contains($0) } }) else {
      return StepFailure("git-failed", "git ended with \(output.status)\(place)", details: ["while \(doing)"] + said, helps: ["run it by hand to see why"])
    }
    return StepFailure(meaning.code, meaning.text + place, details: ["while \(doing)"] + said, helps: [meaning.help], transient: meaning.transient)
  }
}
