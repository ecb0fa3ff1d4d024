import CanonicalJSON
import TestSupport
import Testing

/// Retention, and a person's word on a point.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct PointsTests {
  static let rows = "CREATE TABLE t AS SELECT n, md5(n::text) AS m FROM generate_series(1, 30000) n"

  /// A scene with so many points, all of them older than their retention but the newest.
  func scene(points count: Int, plan: PlanText = PlanText(copy: "far", keep: "{ for: 1h }")) async throws -> Scene {
    let scene = try Scene(Self.rows, plan: plan)
    for _ in 0..<count { try await backUp(scene) }
    return scene
  }

  @discardableResult
  func backUp(_ scene: Scene) async throws -> ProgramResult {
    try await Task.sleep(for: .milliseconds(1_100))
    let result = try await scene.run("apply", "--yes", "plan.yaml")
    #expect(result.status == 0, "\(result.output)\(result.errors)")
    return result
  }

  /// From now on points are kept for a second.
  func shorten(_ scene: Scene) async throws {
    try scene.write(PlanText(every: "1h", copy: "far", keep: "{ for: 1s }"))
    try await Task.sleep(for: .milliseconds(1_100))
  }

  func decisions(_ scene: Scene) async throws -> [String: [String]] {
    let result = try await scene.run("expire", "plan.yaml", "--dry-run", "--format", "json")
    let lines = try scene.json(result.output)["points"]?.array ?? []
    return Dictionary(lines.map { ($0["store"]?.string ?? "", [$0["code"]?.string ?? ""]) }, uniquingKeysWith: +)
  }

  @Test("expire shows what would go and why the rest stays, asks, and removes it from every store")
  func expire() async throws {
    let scene = try await scene(points: 3)
    #expect(try await decisions(scene) == ["near": ["younger", "younger", "younger"], "far": ["younger", "younger", "younger"]])
    try await shorten(scene)
    #expect(try await decisions(scene) == ["near": ["newest", "expired", "expired"], "far": ["newest", "expired", "expired"]])
    let shown = try await scene.run("expire", "plan.yaml", "--dry-run")
    #expect(shown.status == 0 && shown.output.contains("the newest usable point always stays"), "\(shown.output)")
    let unasked = try await scene.run("expire", "plan.yaml")
    #expect(unasked.status == 1 && unasked.errors.contains("--yes"))
    #expect(try await scene.points().count == 3)
    let points = try await scene.points()
    let done = try await scene.run("expire", "plan.yaml", "--yes")
    #expect(done.status == 0, "\(done.output)\(done.errors)")
    #expect(try await scene.points() == Array(points.prefix(1)))
    for store in ["near", "far"] { #expect(names(in: "\(scene.folder)/\(store)/things") == [points[0]]) }
    #expect(try await scene.run("expire", "plan.yaml", "--yes").output.contains("nothing has expired"))
    #expect(try await scene.run("expire", "plan.yaml", "--format", "json").status == 64)
  }

  @Test("a run that was killed before its first record holds up neither expiry nor metrics nor the list of runs", arguments: [true, false])
  func emptyRun(_ hasJournal: Bool) async throws {
    let scene = try await scene(points: 2)
    try scene.editPlan { $0 += "metrics: .\n" }
    let dead = "20991231T235959Z-0000"
    try runProgram(["mkdir", "\(scene.state)/runs/\(dead)"])
    if hasJournal { try writeFile(scene.journalPath(dead), "") }
    #expect(try await decisions(scene) == ["near": ["younger", "younger"], "far": ["younger", "younger"]])
    try await backUp(scene)
    #expect(try readFile("\(scene.folder)/sie-dr-scene.prom").contains("sie_dr_last_run_success{"))
    let runs = try await scene.run("runs", "plan.yaml")
    #expect(runs.output.split(separator: "\n").filter { $0.contains("-Z") || $0.contains("Z-") }.count == 3, "\(runs.output)\(runs.errors)")
  }

  @Test("a held point stays in every store until it is released; a store that did not answer is said")
  func hold() async throws {
    let scene = try await scene(points: 3)
    let oldest = try #require(try await scene.points().last)
    #expect(try await scene.run("points", "hold", "plan.yaml", oldest).status == 64)
    #expect(try await scene.run("points", "hold", "plan.yaml", "20260101T000000Z-abcdef", "--reason", "x").status == 1)
    try runProgram(["mv", "\(scene.folder)/far", "\(scene.folder)/away"])
    let missed = try await scene.run("points", "hold", "plan.yaml", oldest, "--reason", "incident 7")
    #expect(missed.status == 1 && missed.errors.contains("far") && missed.errors.contains("type the same again"), "\(missed.errors)")
    let blind = try await scene.run("expire", "plan.yaml", "--dry-run")
    #expect(blind.status == 1 && blind.output.contains("far"))
    try runProgram(["mv", "\(scene.folder)/away", "\(scene.folder)/far"])
    for _ in 0..<2 { #expect(try await scene.run("points", "hold", "plan.yaml", oldest, "--reason", "again").status == 0) }
    #expect(try readFile("\(scene.folder)/near/things/\(oldest)/HOLD.json").contains("incident 7"))
    #expect(try await scene.run("points", "hold", "plan.yaml", oldest, "--reason", "").status == 64)
    for command in ["list", "show"] {
      let words = ["points", command, "plan.yaml"] + (command == "show" ? [oldest] : [])
      let shown = try await scene.start(words).end()
      #expect(shown.output.contains("tester") && shown.output.contains("incident 7"), "\(shown.output)")
    }
    try await shorten(scene)
    #expect(try await decisions(scene) == ["near": ["newest", "expired", "held"], "far": ["newest", "expired", "held"]])
    #expect(try await scene.run("expire", "plan.yaml", "--yes").status == 0)
    #expect(try await scene.points().last == oldest)
    for _ in 0..<2 { #expect(try await scene.run("points", "release", "plan.yaml", oldest).status == 0) }
    #expect(try await scene.run("expire", "plan.yaml", "--yes").status == 0)
    #expect(try await scene.points().count == 1)
  }

  @Test("nothing expires after a failed run, not even by `expire` alone")
  func failedRun() async throws {
    let scene = try await scene(points: 2)
    var plan = PlanText(copy: "far", keep: "{ for: 1s }")
    plan.sourceURL = "{ env: NOT_SET_ANYWHERE }"
    try scene.write(plan)
    try await Task.sleep(for: .milliseconds(1_100))
    #expect(try await scene.run("apply", "--yes", "plan.yaml").status != 0)
    #expect(try await decisions(scene) == ["near": ["newest", "after-failed-run"], "far": ["newest", "after-failed-run"]])
    let refused = try await scene.run("expire", "plan.yaml", "--yes")
    #expect(refused.status == 0 && refused.output.contains("nothing has expired"), "\(refused.output)\(refused.errors)")
    #expect(try await scene.points().count == 2)
  }

  @Test("a dump that is empty where the last was large is suspect: no restore takes it, nothing expires for it, and a person may accept it")
  func suspect() async throws {
    let scene = try await scene(points: 1)
    let good = try #require(try await scene.points().first)
    try scene.source.psql("TRUNCATE t", database: scene.database)
    let result = try await backUp(scene)
    let suspect = try #require(try await scene.points().first)
    #expect(suspect != good)
    #expect(result.output.contains("SUSPECT") && result.output.contains("points accept PLAN \(suspect)"), "\(result.output)")
    #expect(try await scene.run("points", "show", "plan.yaml", "latest").output.contains(good))
    try await shorten(scene)
    #expect(try await decisions(scene) == ["near": ["suspect", "newest"], "far": ["suspect", "newest"]])
    #expect(try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost").status == 0)
    #expect(try scene.target.psql("SELECT count(*) FROM t", database: scene.database).contains("30000"))
    for _ in 0..<2 { #expect(try await scene.run("points", "accept", "plan.yaml", suspect, "--reason", "purged on purpose").status == 0) }
    #expect(try await scene.run("points", "show", "plan.yaml", "latest").output.contains("purged on purpose"))
    #expect(try await decisions(scene) == ["near": ["newest", "expired"], "far": ["newest", "expired"]])
    let nothing = try await scene.run("points", "accept", "plan.yaml", good)
    #expect(nothing.status == 0 && nothing.output.contains("not suspect"))
  }

  @Test("the plan says what counts as suspect", arguments: [("50%", 14_000, true), ("50%", 16_000, false), ("0%", 0, false)])
  func share(_ below: String, _ left: Int, _ isSuspect: Bool) async throws {
    let scene = try await scene(points: 1, plan: PlanText(protection: "suspectBelow: \(below)"))
    try scene.source.psql("DELETE FROM t WHERE n > \(left)", database: scene.database)
    #expect(try await backUp(scene).output.contains("SUSPECT") == isSuspect)
  }

  @Test("a protection run that is rolled back leaves its points, and says that it is taken back")
  func rollback() async throws {
    let scene = try await scene(points: 2)
    try scene.write(PlanText(copy: "far", keep: "{ for: 1s }"))
    try await backUp(scene)
    #expect(try await scene.points().count == 1)
    let result = try await scene.run("rollback", scene.lastRun())
    #expect(result.status == 4, "\(result.output)\(result.errors)")
    #expect(try await scene.points().count == 1)
  }

  @Test("after the host was down one run makes one backup, and says how many were missed")
  func catchUp() async throws {
    let scene = try await scene(points: 1)
    try await Task.sleep(for: .milliseconds(4_200))
    let plan = try await scene.run("plan", "plan.yaml").output
    #expect(plan.contains("intervals missed") && plan.contains("due since"), "\(plan)")
    let result = try await backUp(scene)
    #expect((result.output + result.errors).contains("intervals missed"), "\(result.output)\(result.errors)")
    #expect(try await scene.points().count == 2)
  }

  @Test("a backup calls when its point is in every store, and only then; that nobody hears it fails nothing")
  func ping() async throws {
    let server = try HTTPServer { request in request.path.hasPrefix("/deaf") ? .text(500, "no") : .text(200, "OK") }
    var plan = PlanText(secrets: "  hook: { file: hook.txt }", every: "1h", copy: "far", protection: "ping: { secret: hook }")
    let scene = try Scene(Self.rows, plan: plan)
    try writeFile("\(scene.folder)/hook.txt", "\(server.url)/canary-1\n")
    let first = try await backUp(scene)
    #expect(server.requests.map(\.path) == ["/canary-1"], "\(first.output)\(first.errors)")
    let quiet = try await backUp(scene)
    #expect(quiet.output.contains("nothing to do") && server.requests.count == 1)
    try runProgram(["mv", "\(scene.folder)/far", "\(scene.folder)/away"])
    plan.every = "1s"
    try scene.write(plan)
    #expect(try await scene.run("apply", "--yes", "plan.yaml").status != 0)
    #expect(server.requests.count == 1)
    try runProgram(["mv", "\(scene.folder)/away", "\(scene.folder)/far"])
    // The copy alone, made up for later, is heard too.
    plan.every = "1h"
    try scene.write(plan)
    try await backUp(scene)
    #expect(server.requests.count == 2)
    try writeFile("\(scene.folder)/hook.txt", "\(server.url)/deaf/canary-2\n")
    plan.every = "1s"
    try scene.write(plan)
    let unheard = try await backUp(scene)
    #expect(unheard.output.contains("WARNING, the call was not heard") && server.requests.count == 3, "\(unheard.output)")
    for run in scene.runs() { #expect(try !readFile(scene.journalPath(run)).contains("canary")) }
    for text in [first.output, first.errors, unheard.output, unheard.errors] { #expect(!text.contains("canary")) }
  }

  @Test("what is written in a note cannot speak to the terminal")
  func terminal() async throws {
    let scene = try await scene(points: 1)
    let point = try #require(try await scene.points().first)
    #expect(try await scene.run("points", "hold", "plan.yaml", point, "--reason", "a\u{1B}[31mred\nline \u{202E}back").status == 0)
    for words in [["points", "list", "plan.yaml"], ["points", "show", "plan.yaml", point]] {
      let shown = try await scene.start(words).end().output
      #expect(shown.contains("a [31mred line  back"), "\(shown)")
    }
  }
}
