internal import CanonicalJSON
internal import ChildProcess
internal import PlanModel
internal import PointSteps
internal import ProviderInterface
internal import Units

/// A configuration with all that it is given, and the program that works on it. Its data folder is one of our own, so that nobody's chosen workspace and
/// backend are changed.
struct Configuration: Sendable {
  let host: TerraformHost
  let program: TerraformApply.Program
  let folder: String
  let workspace: String
  /// A private folder for the time of the step.
  let work: String
  let environment: [String: String]
  let backend: [String: String]
  let secrets: [String]
  let deadline: TimeSpan

  /// Values of ours that providers log in with.
  private static let handedOn = [
    "AWS_", "GOOGLE_", "GCLOUD_", "CLOUDSDK_", "ARM_", "AZURE_", "OS_", "HCLOUD_", "DIGITALOCEAN_", "CLOUDFLARE_", "KUBE_", "VAULT_", "CONSUL_", "TF_TOKEN_", "SSL_CERT_",
  ]
  private static let handedOnWhole = [
    "TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR", "TOFU_CLI_CONFIG_FILE", "PG_CONN_STR", "SSH_AUTH_SOCK", "http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY",
  ]

  init(_ arguments: TerraformApply.Arguments, on host: TerraformHost, work: String, deadline: TimeSpan, resolve: (InputValue) async throws(StepFailure) -> SecretValue) async throws(StepFailure) {
    self.host = host; self.work = work; self.deadline = deadline
    program = arguments.program
    workspace = arguments.workspace
    folder = host.absolute(try await resolve(arguments.folder).reveal())
    var secrets: [String] = []
    func values(_ inputs: [String: InputValue]) async throws(StepFailure) -> [String: String] {
      var values: [String: String] = [:]
      for (name, input) in inputs.sorted(by: { $0.key < $1.key }) {
        let value = try await resolve(input).reveal()
        values[name] = value
        if case .text = input { continue }
        secrets.append(value)
      }
      return values
    }
    var environment = ChildCommand.toolDefaults(from: host.environment)
    for (name, value) in host.environment where Self.handedOnWhole.contains(name) || Self.handedOn.contains(where: { name.hasPrefix($0) }) { environment[name] = value }
    environment.merge(try await values(arguments.environment)) { $1 }
    for (name, value) in try await values(arguments.variables) { environment["TF_VAR_\(name)"] = value }
    environment["TF_DATA_DIR"] = "\(work)/data"
    environment["TF_IN_AUTOMATION"] = "1"
    environment["TF_INPUT"] = "0"
    environment["CHECKPOINT_DISABLE"] = "1"
    backend = try await values(arguments.backendConfiguration)
    self.environment = environment
    self.secrets = secrets
    guard Folders.names(in: folder).contains(where: { $0.hasSuffix(".tf") || $0.hasSuffix(".tf.json") || $0.hasSuffix(".tofu") }) else {
      throw StepFailure("no-configuration", "\(folder) holds no configuration", helps: ["write the folder with the `.tf` files as `folder`"])
    }
  }

  // MARK: Running it

  /// Its output; a failure in words if it fails. `accepted`: other exit statuses that are answers too.
  @discardableResult
  func run(_ words: [String], accepted: Set<Int32> = [], doing: String) async throws(StepFailure) -> (status: Int32, text: String) {
    var command = ChildCommand(program.rawValue, words, environment: environment, workingDirectory: folder, deadline: deadline)
    command.outputLimit = 256 << 20
    command.secrets = secrets
    // It ends what it has begun with a provider, and writes its state.
    command.grace = .seconds(60)
    let output: ChildOutput
    do throws(ChildError) { output = try await host.children.run(command) } catch { throw failure(error, doing) }
    if output.succeeded { return (0, output.text) }
    if case .exited(let status) = output.status, accepted.contains(status) { return (status, output.text) }
    throw failure(output, doing)
  }

  /// Reads the configuration's needs into our own folder. `onlyLooking`: what it writes beside the configuration is removed again.
  func start(onlyLooking: Bool) async throws(StepFailure) {
    var words = ["init", "-input=false", "-no-color"]
    let lock = "\(folder)/.terraform.lock.hcl"
    let isLocked = Folders.exists(lock)
    if onlyLooking, isLocked { words.append("-lockfile=readonly") }
    if !backend.isEmpty {
      // Values may be secrets: in a file of this user alone.
      let text = backend.sorted { $0.key < $1.key }.map { "\($0.key) = \(Self.quoted($0.value))\n" }.joined()
      let file = "\(work)/backend.tfbackend"
      Folders.remove(file)
      guard Folders.write(file, Array(text.utf8)) else { throw StepFailure("no-work-folder", "\(file) cannot be written: \(Folders.lastProblem)") }
      words.append("-backend-config=\(file)")
    }
    do throws(StepFailure) {
      try await run(words, doing: "preparing the configuration")
    } catch {
      if onlyLooking, !isLocked { Folders.remove(lock) }
      throw error
    }
    if onlyLooking, !isLocked { Folders.remove(lock) }
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.map { character in
      switch character {
      case "\\": "\\\\"
      case "\"": "\\\""
      case "\n": "\\n"
      case "$": "$"
      default: String(character)
      }
    }.joined().split(separator: "${", omittingEmptySubsequences: false).joined(separator: "$${") + "\""
  }

  /// Whether there is such a workspace.
  func hasWorkspace() async throws(StepFailure) -> Bool {
    try await run(["workspace", "list"], doing: "listing the workspaces").text.split(separator: "\n").contains { $0.drop { $0 == "*" || $0 == " " } == workspace[...] }
  }

  /// Goes into the workspace; makes it if there is none. Gives whether it was made.
  func enter() async throws(StepFailure) -> Bool {
    let isThere = try await hasWorkspace()
    try await run(["workspace", isThere ? "select" : "new", workspace], doing: "choosing the workspace `\(workspace)`")
    return !isThere
  }

  var planFile: String { "\(work)/plan" }

  /// Plans into our own folder. Gives what would be changed.
  func plan(_ more: [String] = []) async throws(StepFailure) -> [ResourceChange] {
    try await run(["plan", "-input=false", "-no-color", "-out=\(planFile)"] + more, doing: "planning")
    let shown = try await run(["show", "-json", planFile], doing: "reading the plan").text
    do { return try CanonicalJSON.decode(ShownPlan.self, from: Array(shown.utf8)).changes } catch {
      throw StepFailure("plan-unreadable", "`\(program.rawValue) show -json` gives a plan that this version cannot read", helps: ["look which version it is: \(program.rawValue) version"])
    }
  }

  /// Does what was planned.
  func apply() async throws(StepFailure) { try await run(["apply", "-input=false", "-no-color", "-lock-timeout=30s", planFile], doing: "applying the plan") }

  /// Outputs that are not sensitive, by name; the names of those that are.
  func outputs() async throws(StepFailure) -> (values: [String: String], sensitive: [String]) {
    let shown: [String: ShownOutput]
    do { shown = try CanonicalJSON.decode([String: ShownOutput].self, from: Array(try await run(["output", "-json", "-no-color"], doing: "reading the outputs").text.utf8)) } catch let error as StepFailure {
      throw error
    } catch { throw StepFailure("plan-unreadable", "`\(program.rawValue) output -json` gives outputs that this version cannot read", helps: ["look which version it is: \(program.rawValue) version"]) }
    var values: [String: String] = [:]
    for (name, output) in shown where !output.sensitive {
      if let text = output.text { values[name] = text; continue }
      values[name] = try await run(["output", "-json", "-no-color", name], doing: "reading the output `\(name)`").text.trimmed
    }
    return (values, shown.filter(\.value.sensitive).keys.sorted())
  }

  /// Addresses in the state; none where there is no state yet.
  func resources() async throws(StepFailure) -> Set<String> {
    do throws(StepFailure) {
      return Set(try await run(["state", "list"], doing: "reading the state").text.split(separator: "\n").map(String.init))
    } catch {
      guard error.details.contains(where: { $0.contains("No state file was found") }) else { throw error }
      return []
    }
  }
}

extension String {
  fileprivate var trimmed: String {
    var text = self[...]
    while text.last?.isWhitespace == true { text = text.dropLast() }
    return String(text)
  }
}
