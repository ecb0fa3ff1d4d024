internal import CanonicalJSON
internal import ChildProcess
internal import PlanModel
internal import ProviderInterface
internal import Units

/// One cluster, asked by the real `kubectl`, for no longer than its time.
struct Cluster: Sendable {
  let reference: KubernetesReference
  let host: KubernetesHost
  private let kubeconfig: MemoryFile?
  private let hidden: [String]
  private let end: ContinuousClock.Instant

  /// For one request. A server that does not answer is asked again by whoever waits.
  private static let requestTime = TimeSpan.seconds(15)

  static func open(_ reference: KubernetesReference, on host: KubernetesHost, _ secrets: any SecretResolving, within time: TimeSpan) async throws(StepFailure) -> Cluster {
    if Task.isCancelled { throw .cancelled }
    let end = ContinuousClock.now + time.duration
    guard let secret = reference.kubeconfig else { return Cluster(reference: reference, host: host, kubeconfig: nil, hidden: [], end: end) }
    let text = try await secrets.resolve(secret).reveal()
    guard let file = MemoryFile(Array(text.utf8)) else {
      throw StepFailure(
        "no-memory-file", "no memory or descriptor is left for the kubeconfig `\(secret.name)`",
        helps: ["look at `ulimit -n` and at the free memory"], transient: true)
    }
    return Cluster(reference: reference, host: host, kubeconfig: file, hidden: Kubeconfig.secrets(in: text), end: end)
  }

  private init(reference: KubernetesReference, host: KubernetesHost, kubeconfig: MemoryFile?, hidden: [String], end: ContinuousClock.Instant) {
    self.reference = reference; self.host = host; self.kubeconfig = kubeconfig; self.hidden = hidden; self.end = end
  }

  var isOver: Bool { ContinuousClock.now >= end }

  /// Runs `kubectl`. `input` goes to its standard input, the only way for a value that is secret; `hiding` is blotted out of what it says.
  func run(_ words: [String], input: [UInt8] = [], hiding: [String] = [], endings: Set<Int32> = [0]) async throws(StepFailure) -> ChildOutput {
    if Task.isCancelled { throw .cancelled }
    let left = TimeSpan(milliseconds: Int64(ContinuousClock.now.duration(to: end) / .milliseconds(1)))
    guard left > .zero else {
      throw StepFailure(
        "cluster-timed-out", "no time is left to ask `\(reference.server)`", helps: ["give the step a longer `timeout`"], transient: true)
    }
    let patience = min(left, Self.requestTime)
    let options = ["--context=\(reference.context)", "--request-timeout=\(max(1, patience.milliseconds / 1_000))s"]
    var command = ChildCommand("kubectl", options + words, environment: environment, deadline: min(left, patience * 2))
    command.outputLimit = 16 << 20
    command.grace = .seconds(1)
    command.secrets = hidden + hiding
    let output: ChildOutput
    do throws(ChildError) { output = try await host.children.run(command, input: input) } catch { throw KubectlFailure.of(error, reference) }
    guard case .exited(let status) = output.status, endings.contains(status) else { throw KubectlFailure.of(output, words, reference) }
    guard !output.outputTruncated else {
      throw StepFailure("answer-too-large", "`kubectl \(words.first ?? "")` answers more than 16 MiB about `\(reference.server)`", helps: ["name less at once"])
    }
    return output
  }

  /// The object or list, or nil where there is none.
  func get<Value: Decodable>(_: Value.Type, _ words: [String]) async throws(StepFailure) -> Value? {
    let output = try await run(["get"] + words + ["-o", "json", "--ignore-not-found"])
    guard !output.output.allSatisfy({ $0 == 0x0A || $0 == 0x20 }) else { return nil }
    do { return try CanonicalJSON.decode(Value.self, from: output.output) } catch {
      throw StepFailure(
        "answer-not-understood", "what `kubectl get \(words.joined(separator: " "))` says of `\(reference.server)` is not what such an object is like",
        helps: ["look at it yourself: `kubectl --context \(reference.context) get \(words.joined(separator: " ")) -o yaml`"])
    }
  }

  /// Changes what `patch` names and nothing else. With a resource version in it, only if nobody else has changed the object since.
  func patch(_ what: String, in namespace: String, _ patch: JSONValue, hiding: [String] = []) async throws(StepFailure) {
    _ = try await run(["patch", what, "-n", namespace, "--type=merge", "--patch-file=/dev/stdin"], input: try Self.bytes(patch), hiding: hiding)
  }

  func create(_ object: JSONValue, hiding: [String] = []) async throws(StepFailure) {
    // What we write needs no check, and the check would fetch the description of the whole API.
    _ = try await run(["create", "-f", "-", "--validate=false"], input: try Self.bytes(object), hiding: hiding)
  }

  /// Also where it is gone already.
  func delete(_ what: String, in namespace: String) async throws(StepFailure) {
    _ = try await run(["delete", what, "-n", namespace, "--ignore-not-found", "--wait=false"])
  }

  private static func bytes(_ value: JSONValue) throws(StepFailure) -> [UInt8] {
    do { return try CanonicalJSON.bytes(value) } catch { throw StepFailure("not-writable", "a value cannot be written as JSON") }
  }

  private var environment: [String: String] {
    var values = ChildCommand.toolDefaults(from: host.environment)
    // What log-in helpers of the large clouds, and a way through a proxy, need.
    let prefixes = ["AWS_", "GOOGLE_", "CLOUDSDK_", "AZURE_", "KUBECONFIG", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy", "SSL_CERT_"]
    for (name, value) in host.environment where prefixes.contains(where: name.hasPrefix) { values[name] = value }
    if let kubeconfig { values["KUBECONFIG"] = kubeconfig.path }
    return values
  }
}

/// Tries again where somebody else has changed the object in between.
func retryingConflicts<Value: Sendable>(_ body: () async throws(StepFailure) -> Value) async throws(StepFailure) -> Value {
  for _ in 0..<4 {
    do throws(StepFailure) { return try await body() } catch {
      guard error.code == KubectlFailure.conflict || error.code == KubectlFailure.exists else { throw error }
    }
  }
  return try await body()
}
