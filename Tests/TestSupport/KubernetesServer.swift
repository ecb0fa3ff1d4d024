public import CanonicalJSON
internal import Glibc

/// The API server of `kubernetes-api.py`, with TLS, on a free port: for the real kubectl. It ends with the process that started it, however that ends.
public final class KubernetesServer: Sendable {
  /// The token that it takes.
  public static let token = "canary-token-5c1f9e"

  public let port: Int
  private let control: Int
  public let folder: String
  private let lifeline: Int32

  /// The server that all tests of this process share; each works in a namespace of its own.
  public static func shared() throws -> KubernetesServer { try sharedServer.get() }
  private static let sharedServer = Result { try start() }

  public static func start() throws -> KubernetesServer {
    let folder = try temporaryFolder("k8s")
    do {
      try runProgram([
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "\(folder)/key.pem", "-out", "\(folder)/certificate.pem", "-days", "2",
        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
      ])
      // A free port may be taken before the server has it: once more then.
      do { return try run(folder) } catch { return try run(folder) }
    } catch {
      removeFolder(folder)
      throw error
    }
  }

  private static func run(_ folder: String) throws -> KubernetesServer {
    let (port, control) = (try HTTPServer.closedPort(), try HTTPServer.closedPort())
    let program = #filePath.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/kubernetes-api.py"
    let script = "folder=$1; shift; \"$@\" </dev/null & server=$!; read line; kill -9 $server; wait $server; cd /; rm -rf \"$folder\""
    let words = ["python3", program, "\(port)", "\(control)", "\(folder)/certificate.pem", "\(folder)/key.pem", token]
    let server = KubernetesServer(port, control, folder, try Guardian.start(script, [folder] + words, output: "\(folder)/output"))
    for _ in 0..<100 {
      if (try? runProgram(["curl", "-sf", "-o", "/dev/null", "http://127.0.0.1:\(control)/log"], mayFail: true).status) == 0 { return server }
      usleep(100_000)
    }
    throw ProgramFailure(description: "the API server does not answer: \((try? readFile("\(folder)/output")) ?? "")")
  }

  private init(_ port: Int, _ control: Int, _ folder: String, _ lifeline: Int32) {
    self.port = port; self.control = control; self.folder = folder; self.lifeline = lifeline
  }

  deinit { close(lifeline) }

  /// Where `kubectl` is: the tools' folder, that `scripts/packages` fills.
  public static var programs: String { #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined() + "/.build-tools/bin" }

  /// A kubeconfig with the context `east`.
  public func kubeconfig(token: String = token, port: Int? = nil) throws -> String {
    let certificate = try runProgram(["base64", "-w0", "\(folder)/certificate.pem"]).output
    return """
      apiVersion: v1
      kind: Config
      clusters: [{ name: c, cluster: { server: "https://127.0.0.1:\(port ?? self.port)", certificate-authority-data: \(certificate) } }]
      users: [{ name: u, user: { token: \(token) } }]
      contexts: [{ name: east, context: { cluster: c, user: u } }]

      """
  }

  // MARK: By another hand

  /// Puts objects as somebody else would: makes them, or merges them into what is there.
  public func write(_ objects: [JSONValue]) async throws { try await post("write", CanonicalJSON.text(objects)) }
  public func delete(_ plural: String, _ namespace: String, _ name: String) async throws { try await post("delete", CanonicalJSON.text([[plural, namespace, name]])) }
  /// `denied` and `faults`, as the program's own text describes them.
  public func configure(_ json: String) async throws { try await post("config", json) }

  /// All objects, with `plural`, and of pods `env`: what they were started with.
  public func state() async throws -> [JSONValue] { try await list("state") }
  /// All requests so far.
  public func log() async throws -> [JSONValue] { try await list("log") }

  private func list(_ what: String) async throws -> [JSONValue] {
    let url = "http://127.0.0.1:\(control)/\(what)"
    let text = try await onThread { try runProgram(["curl", "-sf", url]).output }
    return try CanonicalJSON.decode([JSONValue].self, from: Array(text.utf8))
  }

  private func post(_ what: String, _ json: String) async throws {
    let url = "http://127.0.0.1:\(control)/\(what)"
    _ = try await onThread { try runProgram(["curl", "-sf", "--data-binary", json, url]) }
  }
}
