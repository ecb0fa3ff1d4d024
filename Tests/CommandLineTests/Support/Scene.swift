import CanonicalJSON
import Glibc
import Journaling
import ObjectStore
import PlanModel
import S3Store
import TestSupport

/// The servers that most tests share, each started when it is first needed. They end with the test process.
enum Servers {
  static let source = Result { try PostgreSQLServer.start() }
  static let target = Result { try PostgreSQLServer.start() }
}

/// One test's small world: a database on a source server, a target server where there is none of that name, and a folder with a plan, its
/// stores and its state, in which the built tool runs.
final class Scene: Sendable {
  let folder: String
  let source: PostgreSQLServer
  let target: PostgreSQLServer
  let database: String
  /// What the tool gets besides the URLs of both databases.
  let environment: [String: String]
  /// Further options of the source's URL, if it is reached by TCP and TLS.
  let tls: String?

  init(
    _ sql: String = "", plan: PlanText = PlanText(), source: PostgreSQLServer? = nil, target: PostgreSQLServer? = nil,
    environment: [String: String] = [:], tls: String? = nil
  ) throws {
    self.tls = tls
    self.source = try source ?? Servers.source.get()
    self.target = try target ?? Servers.target.get()
    database = "db_\(UInt32.random(in: 0...UInt32.max))"
    folder = try temporaryFolder("cli")
    self.environment = environment
    try write(plan)
    try runProgram(["mkdir", "\(folder)/near", "\(folder)/far"])
    try self.source.psql("CREATE DATABASE \(database)")
    if !sql.isEmpty { try self.source.psql(sql, database: database) }
  }

  deinit { removeFolder(folder) }

  func write(_ plan: PlanText) throws { try writeFile("\(folder)/plan.yaml", plan.text) }

  // MARK: Stores

  /// Puts buckets in the place of both folders: `near` in SeaweedFS, with the secret given by name; `far` in rclone, with the same keys from the
  /// environment.
  static func inBuckets(_ sql: String, plan: PlanText, source: PostgreSQLServer? = nil, target: PostgreSQLServer? = nil) throws -> Scene {
    var plan = plan
    plan.secrets = "  keys: { env: S3_KEYS }"
    let keys = (S3Server.accessKey, S3Server.secretKey)
    let scene = try Scene(
      sql, plan: plan, source: source, target: target, environment: ["S3_KEYS": "\(keys.0):\(keys.1)", "AWS_ACCESS_KEY_ID": keys.0, "AWS_SECRET_ACCESS_KEY": keys.1])
    try scene.editPlan { text in
      for (name, kind, more) in [("near", S3Server.Kind.seaweedFS, ", credentials: { secret: keys }"), ("far", .rclone, "")] {
        let bucket = "bucket: \(S3Server.bucket), prefix: \(scene.database), endpoint: \"\(try S3Server.shared(kind).url)\"\(more)"
        text = text.replacing("\(name): { directory: { path: \(name) }", with: "\(name): { s3: { \(bucket) }")
      }
    }
    return scene
  }

  func editPlan(_ change: (inout String) throws -> Void) throws {
    var text = try readFile("\(folder)/plan.yaml")
    try change(&text)
    try writeFile("\(folder)/plan.yaml", text)
  }

  /// A store of `inBuckets`, past the tool.
  func bucket(_ name: String) throws -> S3Store { try testStore(name == "near" ? .seaweedFS : .rclone, prefix: database) }

  /// Every object of both stores, whichever they are: `near/things/…`.
  func stored(inBuckets: Bool) async throws -> [String: [UInt8]] {
    guard inBuckets else { return try files(below: folder).filter { $0.key.hasPrefix("near/") || $0.key.hasPrefix("far/") } }
    var found: [String: [UInt8]] = [:]
    for name in ["near", "far"] {
      let store = try bucket(name)
      for object in try await store.listAll(prefix: "") { found["\(name)/\(object.key.path)"] = try await store.read(object.key) }
    }
    return found
  }

  // MARK: The tool

  private var variables: [String: String] {
    ["SOURCE_URL": tls.map { source.tlsURL(database, options: $0) } ?? source.url(database), "TARGET_URL": target.url(database), "SIE_DR_WHO": "tester"].merging(environment) { _, given in given }
  }

  /// Starts the tool in the folder. Whatever it starts works in the same folder, so it can be found again.
  func start(_ arguments: String...) throws -> StartedProgram { try start(arguments) }
  func start(_ arguments: [String], through wrapper: [String] = []) throws -> StartedProgram {
    try StartedProgram(wrapper + [BuiltProgram.sieDR] + arguments, environment: variables, in: folder)
  }

  /// Runs the tool to its end.
  @discardableResult
  func run(_ arguments: String..., within limit: Duration = .seconds(60)) async throws -> ProgramResult {
    try await start(arguments).end(within: limit)
  }

  /// What works in the folder of this scene: the tool and everything that it has started.
  func processes() -> [SeenProcess] { SeenProcess.all().filter { $0.workingFolder == folder } }

  // MARK: What is there

  func json(_ text: String) throws -> JSONValue { try CanonicalJSON.decode(JSONValue.self, from: Array(text.utf8)) }

  /// The ids of the points that `points list` shows, newest first.
  func points() async throws -> [String] {
    let report = try json(try await run("points", "list", "plan.yaml", "--format", "json").output)
    return report["points"]?.array?.compactMap { $0["manifest"]?["id"]?.string } ?? []
  }

  var state: String { "\(folder)/.sie-dr" }
  func runs() -> [String] { names(in: "\(state)/runs") }
  /// The newest run. Names tell seconds apart, not two runs of the same second.
  func lastRun() throws -> String {
    let begun = runs().compactMap { run in (try? journal(run).first).flatMap { $0 }.map { (at: $0.at, run: run) } }
    guard let last = begun.max(by: { $0.at < $1.at }) else { throw ProgramFailure(description: "there is no run") }
    return last.run
  }
  func journalPath(_ run: String) -> String { "\(state)/runs/\(run)/journal.jsonl" }
  func journal(_ run: String) throws -> [JournalRecord] { try JournalText(readBytes(journalPath(run))).records }

  func intent(of step: String, in run: String) throws -> Bool {
    try journal(run).contains { if case .intent(let job) = $0.event { job.step.rawValue == step && job.activity == .perform } else { false } }
  }
  func outcome(of step: String, in run: String) throws -> Bool {
    try journal(run).contains { if case .outcome(let outcome) = $0.event { outcome.job.step.rawValue == step } else { false } }
  }

  /// Waits until the journal of a new run says that the step is about to act; gives the run, or nil if the program ended before.
  func begun(_ step: String, besides known: Set<String> = [], by program: StartedProgram) throws -> String? {
    var begun: String?
    try holdUntil("`\(step)` begins") {
      // A journal that is being written may end in the middle of a record, or not be there yet.
      begun = self.runs().first { run in !known.contains(run) && (try? self.intent(of: step, in: run)) == true }
      return begun != nil || !program.isRunning
    }
    return begun
  }

  /// Databases on the target whose names begin as this scene's does.
  func targetDatabases() throws -> [String] {
    try target.psql("SELECT datname FROM pg_database WHERE datname LIKE '\(database)%' ORDER BY 1").split(separator: "\n").map(String.init)
  }

  func dropTarget() throws {
    for name in try targetDatabases() { try target.psql("DROP DATABASE \"\(name)\" WITH (FORCE)") }
  }

  /// What `pg_dump` says, sorted: equal for equal databases whatever the order of their rows.
  static func dump(_ server: PostgreSQLServer, _ database: String) throws -> [String] {
    try server.tool("pg_dump", ["-d", database]).output.split(separator: "\n").filter { !isRandom($0) }.map(String.init).sorted()
  }

  /// A whole server: roles, databases with all that belongs to them, contents.
  static func dumpAll(_ server: PostgreSQLServer) throws -> String {
    try server.tool("pg_dumpall", []).output.split(separator: "\n").filter { !isRandom($0) }.joined(separator: "\n")
  }
  private static func isRandom(_ line: Substring) -> Bool { line.hasPrefix("\\restrict") || line.hasPrefix("\\unrestrict") }
}
