import CanonicalJSON
import Glibc
import TestSupport
import Testing

/// `doctor` against real servers and stores: what is in order is called so, what is not has a line that says what to type.
@Suite(.timeLimit(.minutes(10)))
struct DoctorTests {
  private static let sql = "CREATE TABLE t (a int); CREATE TABLE hidden (a int); CREATE TABLE guarded (a int); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY"

  struct Line { var verdict: String; var message: String; var helps: [String] }

  /// The verdicts of a run, by `system/check`; it must end with 1 if one of them is `failed`, and with 0 else.
  private func examine(_ scene: Scene, _ more: String...) async throws -> [String: Line] {
    let result = try await scene.start(["doctor", "plan.yaml", "--format", "json"] + more).end(within: .seconds(60))
    let report = try scene.json(result.output)
    #expect(report["formatVersion"] == 1)
    var lines: [String: Line] = [:]
    for system in report["systems"]?.array ?? [] {
      for check in system["checks"]?.array ?? [] {
        lines["\(system["name"]?.string ?? "")/\(check["name"]?.string ?? "")"] = Line(
          verdict: check["verdict"]?.string ?? "", message: check["message"]?.string ?? "", helps: check["helps"]?.array?.compactMap(\.string) ?? [])
      }
    }
    #expect(result.status == (lines.values.contains { $0.verdict == "failed" } ? 1 : 0) && result.errors == "", "\(result.errors)")
    for (name, line) in lines where line.verdict == "failed" && line.message != "fails for the same reason" {
      #expect(!line.helps.isEmpty, "\(name) does not say what to do: \(line.message)")
    }
    return lines
  }

  @Test("where everything is in order nothing fails, nothing is left in the stores, and the order is the plan's")
  func healthy() async throws {
    let scene = try Scene(Self.sql, plan: PlanText(copy: "far", steps: PlanText.restore() + PlanText.command("tell", "[echo, hello]", undo: "[cat]")))
    let lines = try await examine(scene)
    #expect(lines.filter { !["ok", "warning"].contains($0.value.verdict) }.isEmpty, "\(lines)")
    #expect(lines.filter { $0.value.verdict == "warning" }.keys.sorted() == ["store far/delete", "store near/delete"])
    for name in ["this host/libzstd", "this host/echo", "this host/cat", "secrets/source-url", "server source/rights", "server source/clock", "server target/new databases",
      "store near/conditional write", "store near/space"] { #expect(lines[name]?.verdict == "ok", "\(name): \(String(describing: lines[name]))") }
    #expect(lines["this host/echo"]?.message.contains("`tell` of `lost`") == true)
    #expect(names(in: "\(scene.folder)/near").filter { !$0.hasPrefix(".") } == [] && access(scene.state, F_OK) != 0)

    let (text, again) = (try await scene.run("doctor", "plan.yaml"), try await scene.run("doctor", "plan.yaml", "--format", "markdown"))
    #expect(text.status == 0 && again.status == 0 && again.output.contains("| store near | write | ok |"))
    let heads = text.output.split(separator: "\n").filter { !$0.hasPrefix(" ") }.dropLast().map(String.init)
    #expect(heads == ["this host", "secrets", "state in \(scene.state)", "server source", "server target", "store near", "store far"])
  }

  @Test("a role with too few rights: what a backup or a restore would lack, each with the statement that helps")
  func rights() async throws {
    let role = "few_\(UInt32.random(in: 0...UInt32.max))"
    let scene = try Scene(Self.sql)
    try scene.source.psql("CREATE ROLE \(role) LOGIN; GRANT SELECT ON guarded, t TO \(role)", database: scene.database)
    try scene.target.psql("CREATE ROLE \(role) LOGIN")
    let poor = try Scene(environment: ["SOURCE_URL": scene.source.url(scene.database, user: role), "TARGET_URL": scene.target.url(scene.database, user: role)])
    let lines = try await examine(poor)
    #expect(lines["server source/rights"]?.verdict == "failed" && lines["server source/rights"]?.message.contains("public.hidden") == true)
    #expect(lines["server source/rights"]?.helps.first?.contains("GRANT pg_read_all_data TO \"\(role)\"") == true)
    #expect(lines["server source/row security"]?.verdict == "failed" && lines["server source/row security"]?.message.contains("public.guarded") == true)
    #expect(lines["server source/role passwords"]?.verdict == "warning")
    #expect(lines["server target/new databases"]?.verdict == "failed")
    #expect(lines["server source/lock slots"]?.verdict == "ok" && lines["server target/connection"]?.verdict == "ok")
  }

  @Test("a wrong password, a missing program, a missing folder and a missing secret do not hide each other")
  func missing() async throws {
    let scene = try Scene(
      Self.sql, plan: PlanText(secrets: "  other: { file: nowhere.txt }", copy: "far", steps: PlanText.restore() + PlanText.command("call", "[no-such-program]")))
    let wrong = "canary-wrong-password"
    let sick = try Scene(environment: ["SOURCE_URL": scene.source.tcpURL(scene.database, encodedPassword: wrong)])
    try writeFile("\(sick.folder)/plan.yaml", try readFile("\(scene.folder)/plan.yaml"))
    try runProgram(["rmdir", "\(sick.folder)/far"])
    let lines = try await examine(sick)
    #expect(lines["server source/connection"]?.message.contains("refused the login") == true)
    #expect(lines["server source/rights"]?.verdict == "not-checked")
    #expect(lines["this host/no-such-program"]?.verdict == "failed" && lines["this host/no-such-program"]?.message.contains("`call` of `lost`") == true)
    #expect(lines["store far/list"]?.helps.isEmpty == false && lines["store far/list"]?.message.contains("is not there") == true)
    #expect(lines["store far/write"]?.verdict == "not-checked" && lines["store near/write"]?.verdict == "ok")
    #expect(lines["secrets/other"]?.verdict == "failed" && lines["secrets/source-url"]?.verdict == "ok")
    #expect(!lines.values.contains { $0.message.contains(wrong) || $0.helps.contains { $0.contains(wrong) } })
  }

  @Test("where points are encrypted, `age` and the identity are looked for, and nowhere else")
  func encryption() async throws {
    let plain = try await examine(try Scene(Self.sql))
    #expect(plain["this host/age"] == nil)
    let scene = try Scene(Self.sql, plan: PlanText(secrets: "  identity: { file: nowhere.txt }", recipient: AgeKey.make().recipient, identity: "identity"))
    let lines = try await examine(scene)
    #expect(lines["this host/age"]?.verdict == "ok" && lines["this host/age"]?.message.contains("encrypted points of `things`") == true)
    #expect(lines["secrets/identity"]?.verdict == "failed")
  }

  @Test("each database of a protection is looked at")
  func severalDatabases() async throws {
    let (first, role) = (try Scene(Self.sql), "few_\(UInt32.random(in: 0...UInt32.max))")
    try first.source.psql("CREATE ROLE \(role) LOGIN")
    let scene = try Scene(
      plan: PlanText(logical: "{ databases: [\(first.database), postgres, nowhere] }", steps: PlanText.restore(fields: ", database: postgres")), environment: ["SOURCE_URL": first.source.url("postgres", user: role)])
    let lines = try await examine(scene)
    #expect(lines["server source/rights in \(first.database)"]?.message.contains("public.hidden") == true, "\(lines)")
    #expect(lines["server source/rights in postgres"]?.verdict == "ok" && lines["server source/rights in nowhere"]?.verdict == "failed")
    #expect(lines["server source/rights"] == nil)
  }

  @Test("a database that is not there, and a server that is not: both say what to do")
  func absent() async throws {
    let source = try Servers.source.get()
    let url = "postgresql://nobody:canary-password@127.0.0.1:\(try HTTPServer.closedPort())/shop"
    let lines = try await examine(try Scene(environment: ["SOURCE_URL": source.url("nowhere"), "TARGET_URL": url]))
    #expect(lines["server source/connection"]?.verdict == "failed" && lines["server source/connection"]?.message.contains("nowhere") == true)
    #expect(lines["server target/connection"]?.message.contains("refused") == true && lines["server target/new databases"]?.verdict == "not-checked")
  }

  @Test("the state directory is looked at where it is, or where it would be made")
  func state() async throws {
    let scene = try Scene()
    func writing(_ path: String) async throws -> Line? { try await examine(scene, "--state", path)["state in \(path)/write"] }
    let folder = scene.folder
    #expect(try await writing("\(folder)/near")?.message == "journals can be written" && names(in: "\(folder)/near").filter { !$0.hasPrefix(".") } == [])
    #expect(try await writing("\(folder)/a/b/c")?.message.contains("can be made") == true && access("\(folder)/a", F_OK) != 0)
    #expect(try await writing("/nowhere-at-all/state")?.verdict == (geteuid() == 0 ? "ok" : "failed"))
    #expect(try await writing("\(folder)/plan.yaml/state")?.verdict == "failed")
    guard let disk = try SmallDisk(kilobytes: 64) else { return }
    let lines = try await examine(scene, "--state", disk.path)
    #expect(lines["state in \(disk.path)/space"]?.verdict == "failed" && lines["state in \(disk.path)/write"]?.verdict == "ok")
  }

  // MARK: Buckets

  /// `near` as a bucket at `url`, opened by the keys `keys`.
  private func bucket(
    _ url: String, keys: String = "\(S3Server.accessKey):\(S3Server.secretKey)", bucket: String = S3Server.bucket, lock: String = ""
  ) throws -> Scene {
    let scene = try Scene(plan: PlanText(secrets: "  keys: { env: S3_KEYS }"), environment: ["S3_KEYS": keys])
    let text = try readFile("\(scene.folder)/plan.yaml").replacing(
      "near: { directory: { path: near }, site: there }",
      with: "near: { s3: { bucket: \(bucket), prefix: \(scene.database), endpoint: \"\(url)\", credentials: { secret: keys }\(lock) }, site: there }")
    try writeFile("\(scene.folder)/plan.yaml", text)
    return scene
  }

  @Test("a bucket takes, gives back and deletes; one that takes no heed of conditions is known", arguments: S3Server.Kind.allCases)
  func buckets(_ kind: S3Server.Kind) async throws {
    let server = try S3Server.shared(kind)
    let scene = try bucket(server.url)
    let lines = try await examine(scene)
    for name in ["list", "write", "read", "clock"] { #expect(lines["store near/\(name)"]?.verdict == "ok", "\(String(describing: lines["store near/\(name)"]))") }
    #expect(lines["store near/delete"]?.message.contains("a stolen key can destroy") == true)
    #expect(lines["store near/conditional write"]?.verdict == (kind == .seaweedFS ? "ok" : "warning"))
    #expect(lines["store near/space"] == nil && lines["store near/probe object"] == nil)
    if kind == .rclone { #expect(names(in: "\(server.folder)/data/\(S3Server.bucket)/\(scene.database)/sie-dr-doctor") == []) }
  }

  @Test("an object lock makes a key that can delete harmless; where the bucket has none, the write is refused")
  func locks() async throws {
    let server = try S3Server.shared(.seaweedFS)
    let name = "locked-\(UInt32.random(in: 0...UInt32.max))"
    try server.makeBucketWithLocks(name)
    let lock = ", lock: { mode: compliance, for: 1d }"
    let locked = try await examine(try bucket(server.url, bucket: name, lock: lock))
    #expect(locked["store near/write"]?.verdict == "ok", "\(String(describing: locked["store near/write"]))")
    #expect(locked["store near/delete"]?.verdict == "ok" && locked["store near/delete"]?.message.contains("locked for 1d") == true, "\(String(describing: locked["store near/delete"]))")
    let without = try await examine(try bucket(server.url, lock: lock))
    #expect(without["store near/write"]?.verdict == "failed", "\(String(describing: without["store near/write"]))")
  }

  @Test("keys that may only read, a bucket that is gone, a port where nobody listens")
  func brokenBuckets() async throws {
    let server = try S3Server.shared(.seaweedFS)
    let readers = try await examine(try bucket(server.url, keys: "reader:reader-secret"))
    #expect(readers["store near/list"]?.verdict == "ok")
    #expect(readers["store near/write"]?.verdict == "failed" && readers["store near/write"]?.message.contains("s3:PutObject") == true)
    #expect(readers["store near/delete"]?.verdict == "not-checked")
    let gone = try await examine(try bucket(server.url, bucket: "gone"))
    #expect(gone["store near/list"]?.message.contains("there is no bucket `gone`") == true)
    let skewed = try FaultProxy(to: server.port) { _ in
      .answer(403, body: "<Error><Code>RequestTimeTooSkewed</Code><ServerTime>2026-01-01T00:00:00Z</ServerTime></Error>")
    }
    let late = try await examine(try bucket(skewed.url))
    #expect(late["store near/list"]?.message.contains("the store's clock says 2026-01-01T00:00:00Z") == true)
    let closed = try await examine(try bucket("http://127.0.0.1:\(try HTTPServer.closedPort())"))
    #expect(closed["store near/list"]?.verdict == "failed" && closed["store near/read"]?.verdict == "not-checked")
  }

  @Test("a store that falls silent is given up in time, and the probe object that may be left is named")
  func silent() async throws {
    let server = try S3Server.shared(.rclone)
    let proxy = try FaultProxy(to: server.port) { $0.method == "DELETE" ? .silence : nil }
    let scene = try bucket(proxy.url)
    let began = ContinuousClock.now
    let lines = try await examine(scene, "--timeout", "2s")
    #expect(ContinuousClock.now - began < .seconds(30))
    #expect(lines["store near/delete"]?.verdict == "failed" && lines["store near/delete"]?.message.contains("2s") == true)
    let left = names(in: "\(server.folder)/data/\(S3Server.bucket)/\(scene.database)/sie-dr-doctor")
    #expect(left.count == 1 && lines["store near/probe object"]?.message.contains("sie-dr-doctor/\(left.first ?? "?")") == true)
  }

  // MARK: Probes

  @Test("probes of each kind are asked once")
  func probes() async throws {
    let web = try HTTPServer { $0.path == "/good" ? .text(200, "fine") : .text(503, "not so") }
    let scene = try Scene(Self.sql)
    let closed = try HTTPServer.closedPort()
    let probes = """
      probes:
        good: { http: { url: "\(web.url)/good" }, every: 15s, timeout: 5s }
        bad: { http: { url: "\(web.url)/bad?token=canary" }, every: 15s, timeout: 5s }
        open: { tcp: { host: 127.0.0.1, port: \(web.port) }, every: 15s, timeout: 5s }
        closed: { tcp: { host: 127.0.0.1, port: \(closed) }, every: 15s, timeout: 5s }
        right: { sql: { server: source, query: "select count(*) from t", expect: "0" }, every: 15s, timeout: 5s }
        wrong: { sql: { server: source, query: "select 1", expect: "2" }, every: 15s, timeout: 5s }
      data:
      """
    try writeFile("\(scene.folder)/plan.yaml", try readFile("\(scene.folder)/plan.yaml").replacing("\ndata:", with: "\n" + probes))
    let lines = try await examine(scene)
    let expected = ["good": "ok", "bad": "failed", "open": "ok", "closed": "failed", "right": "ok", "wrong": "failed"]
    for (name, verdict) in expected { #expect(lines["probes/\(name)"]?.verdict == verdict, "\(name): \(String(describing: lines["probes/\(name)"]))") }
    #expect(lines["probes/bad"]?.message.contains("503") == true && lines["probes/bad"]?.message.contains("canary") == false)
    #expect(web.requests.count { $0.path.hasPrefix("/good") } == 1)
  }

  @Test("no secret is in what it says, in any format")
  func secrets() async throws {
    let scene = try Scene(plan: CanaryTests.plan("pause"), environment: ["CANARY": CanaryTests.fromEnvironment])
    try writeFile("\(scene.folder)/canary.txt", CanaryTests.fromFile + "\n")
    try writeFile("\(scene.folder)/canary-2.txt", CanaryTests.fromCommand + "\n")
    let urls = ["SOURCE_URL": scene.source.tcpURL("nowhere"), "TARGET_URL": scene.target.tcpURL(), "CANARY": CanaryTests.fromEnvironment]
    for format in ["text", "json", "markdown"] {
      let said = try await StartedProgram([BuiltProgram.sieDR, "doctor", "plan.yaml", "--format", format], environment: urls, in: scene.folder).end()
      #expect(said.status == 1 && said.output.contains("of-command"))
      for secret in CanaryTests.all {
        for form in CanaryTests.forms(of: secret) { #expect(!said.output.contains(form) && !said.errors.contains(form)) }
      }
    }
  }
}
