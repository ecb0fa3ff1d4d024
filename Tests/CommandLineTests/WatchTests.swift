import CanonicalJSON
import ChangePlanning
import Concurrency
import Glibc
import Journaling
import PlanModel
import TestSupport
import Testing
import Units

/// `watch`, whole: probes of real servers, runs that begin once, whatever becomes of the watch.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct WatchTests {
  /// A step that takes until a file is there.
  static let slow = "[sh, -c, 'echo began >> log.txt; for i in $(seq 600); do test -e go.txt && break; sleep 0.1; done; echo ended >> log.txt']"
  static let quick = "[sh, -c, 'echo done >> log.txt']"
  static let key = "canary-watch-key-5309"

  /// A scene whose scenario is detected like that; protection is not due for an hour.
  static func scene(_ probe: String, _ detect: String, steps: String = quick, scenario: String = "", more: String = "", environment: [String: String] = [:]) throws -> Scene {
    var plan = PlanText(steps: PlanText.command("first", steps) + PlanText.command("second", "[sh, -c, 'echo second >> log.txt']", needs: "first"))
    plan.every = "1h"
    plan.secrets = "  watch-key: { env: WATCH_KEY }\n  token: { env: WATCH_KEY }"
    let scene = try Scene(plan: plan, environment: ["WATCH_KEY": key].merging(environment) { $1 })
    try scene.editPlan { text in
      text = text.replacing("detect: { noticedWithin: 1m }", with: "detect: { \(detect) }\(scenario)")
      text = text.replacing("servers:\n", with: "probes:\n  ready: { \(probe) }\n\(more)servers:\n")
    }
    return scene
  }

  /// The scenario's run has come to its end.
  static func isOver(_ watch: StartedProgram) -> Bool { watch.errors.split(separator: "\n").contains { $0.contains("lost: run ") && $0.hasSuffix(" is done") } }

  static func log(_ scene: Scene) -> String { (try? readFile("\(scene.folder)/log.txt")) ?? "" }

  /// A service that a test turns on and off.
  final class Service: Sendable {
    let works = Lock(true)
    let server: HTTPServer
    init() throws {
      let works = works
      server = try HTTPServer { _ in .text(works.withLock { $0 } ? 200 : 503, "") }
    }
    var probe: String { "http: { url: \"\(server.url)/ready\" }, every: 100ms, timeout: 90ms" }
    func isWell(_ well: Bool) { works.withLock { $0 = well } }
  }

  @Test("it fails for as long as the plan says, and the scenario runs, once; the watch is killed, and there is no second run")
  func once() async throws {
    let service = try Service()
    let scene = try Self.scene(service.probe, "probe: ready, failing: 700ms, coolDown: 1h")
    var watch = try scene.start("watch", "plan.yaml", "--no-protection")
    try await until("it is asked") { watch.errors.contains("ready: works") }
    try await Task.sleep(for: .milliseconds(500))
    #expect(scene.runs().isEmpty)
    let struck = ContinuousClock.now
    service.isWell(false)
    try await until("it has run") { Self.isOver(watch) }
    #expect(struck.duration(to: .now) > .milliseconds(700))
    #expect(Self.log(scene) == "done\nsecond\n")
    watch.send(SIGKILL)
    _ = try await watch.end()
    // It goes on failing, before and after.
    watch = try scene.start("watch", "plan.yaml", "--no-protection")
    try await until("it is asked again") { watch.errors.contains("ready: fails") }
    try await Task.sleep(for: .seconds(2))
    // Well again, and ill again: armed, and held back.
    service.isWell(true)
    try await until("it is armed") { watch.errors.contains("armed again") }
    service.isWell(false)
    try await until("it is held back") { watch.errors.contains("held back") }
    watch.send(SIGTERM)
    let end = try await watch.end()
    #expect(end.status == 0, "\(end.errors)")
    #expect(scene.runs().count == 1 && Self.log(scene) == "done\nsecond\n")
    #expect(scene.processes().isEmpty)
  }

  @Test("killed in the middle of a run, it goes on with the same one")
  func killed() async throws {
    let service = try Service()
    let scene = try Self.scene(service.probe, "probe: ready, failing: 300ms", steps: Self.slow)
    service.isWell(false)
    var watch = try scene.start("watch", "plan.yaml", "--no-protection")
    try await until("the step is at work") { Self.log(scene) == "began\n" }
    let run = try scene.lastRun()
    watch.send(SIGKILL)
    _ = try await watch.end()
    try writeFile("\(scene.folder)/go.txt", "")
    watch = try scene.start("watch", "plan.yaml", "--no-protection")
    // Whether a program had its effect nobody can tell: the run waits for a person.
    try await until("the run is taken up") { watch.errors.contains("run \(run) was cut off and goes on") }
    try await until("and ends") { watch.errors.contains("run \(run) is ") }
    watch.send(SIGTERM)
    #expect(try await watch.end().status == 0)
    #expect(scene.runs() == [run])
    #expect(Self.log(scene).split(separator: "\n").filter { $0 == "began" }.count <= 1)
  }

  @Test("killed at any moment around the start, there is one run and its steps are done once", arguments: [0, 5, 10, 20, 35, 50, 80, 120, 180, 250])
  func anyMoment(_ delay: Int) async throws {
    let service = try Service()
    let scene = try Self.scene(service.probe, "probe: ready, failing: 200ms, coolDown: 1h")
    service.isWell(false)
    var watch = try scene.start("watch", "plan.yaml", "--no-protection")
    try await until("it is triggered") { watch.errors.contains("lost: triggered") }
    try await Task.sleep(for: .milliseconds(delay))
    watch.send(SIGKILL)
    _ = try await watch.end()
    watch = try scene.start("watch", "plan.yaml", "--no-protection")
    try await until("it is over") { Self.isOver(watch) || watch.errors.contains("is paused") || (try? readFile("\(scene.state)/watch/scene.json"))?.contains("\"course\":\"over\"") == true }
    try await Task.sleep(for: .milliseconds(400))
    watch.send(SIGTERM)
    let end = try await watch.end()
    let begun = scene.runs().filter { (try? scene.journal($0).isEmpty) == false }
    #expect(begun.count == 1, "\(end.errors)")
    let lines = Self.log(scene).split(separator: "\n")
    #expect(lines.filter { $0 == "done" }.count <= 1 && lines.filter { $0 == "second" }.count <= 1, "\(lines)")
  }

  @Test("SIGTERM lets the running step end; the run is interrupted, and goes on with the next watch")
  func terminated() async throws {
    let service = try Service()
    let scene = try Self.scene(service.probe, "probe: ready, failing: 200ms", steps: Self.slow)
    service.isWell(false)
    var watch = try scene.start("watch", "plan.yaml", "--no-protection")
    try await until("the step is at work") { Self.log(scene) == "began\n" }
    let run = try scene.lastRun()
    watch.send(SIGTERM)
    try await until("the signal is on record") { try InterruptTests.isInterrupted(run, scene) }
    try writeFile("\(scene.folder)/go.txt", "")
    let end = try await watch.end()
    #expect(end.status == 143, "\(end.errors)")
    #expect(scene.processes().isEmpty)
    watch = try scene.start("watch", "plan.yaml", "--no-protection")
    try await until("the rest is done") { watch.errors.contains("run \(run) is done") }
    #expect(Self.log(scene) == "began\nended\nsecond\n" && scene.runs() == [run])
    watch.send(SIGTERM)
    #expect(try await watch.end().status == 0)
  }

  @Test("where people decide they are asked, and whoever starts it is seen")
  func asked() async throws {
    let service = try Service()
    let scene = try Self.scene(service.probe, "probe: ready, failing: 200ms", scenario: "\n    decide: 5m")
    service.isWell(false)
    let watch = try scene.start("watch", "plan.yaml", "--no-protection")
    try await until("people are asked") { watch.errors.contains("sie-dr apply plan.yaml --scenario lost") }
    try await Task.sleep(for: .seconds(1))
    #expect(scene.runs().isEmpty)
    #expect(try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost").status == 0)
    let run = try scene.lastRun()
    try await until("it is seen") { watch.errors.contains("run \(run) of tester is against this already") }
    watch.send(SIGTERM)
    #expect(try await watch.end().status == 0)
    #expect(scene.runs() == [run])
  }

  @Test("a run by hand that was quicker is the only one")
  func byHand() async throws {
    let service = try Service()
    let scene = try Self.scene(service.probe, "probe: ready, failing: 3s", steps: Self.slow)
    service.isWell(false)
    let watch = try scene.start("watch", "plan.yaml", "--no-protection")
    try await until("it fails") { watch.errors.contains("ready: fails") }
    let hand = try scene.start("apply", "--yes", "plan.yaml", "--scenario", "lost")
    try await until("it is seen") { watch.errors.contains("is against this already") }
    try writeFile("\(scene.folder)/go.txt", "")
    #expect(try await hand.end().status == 0)
    watch.send(SIGTERM)
    #expect(try await watch.end().status == 0)
    #expect(scene.runs().count == 1 && Self.log(scene) == "began\nended\nsecond\n")
  }

  @Test("one watch a plan and state directory; the second is told who")
  func second() async throws {
    let service = try Service()
    let scene = try Self.scene(service.probe, "probe: ready, failing: 1m")
    let watch = try scene.start("watch", "plan.yaml", "--no-protection")
    try await until("it works") { watch.errors.contains("ready: works") }
    let other = try await scene.run("watch", "plan.yaml", "--no-protection")
    #expect(other.status == 7 && other.errors.contains("tester"), "\(other.errors)")
    watch.send(SIGINT)
    #expect(try await watch.end().status == 0)
  }

  @Test("it protects when that is due, sees the server go, and recovers what it has protected")
  func wholeWay() async throws {
    let source = try await onThread { try PostgreSQLServer.start() }
    var plan = PlanText()
    plan.every = "2s"
    let scene = try Scene("CREATE TABLE t AS SELECT n FROM generate_series(1, 1000) n", plan: plan, source: source)
    try scene.editPlan { text in
      text = text.replacing("detect: { noticedWithin: 1m }", with: "detect: { probe: rows, failures: { atLeast: 4, of: 5 }, coolDown: 1h }")
      text = text.replacing("servers:\n", with: "metrics: .\nprobes:\n  rows: { sql: { server: source, query: \"select count(*) >= 1000 from t\", expect: t }, every: 300ms, timeout: 3s }\nservers:\n")
    }
    let watch = try scene.start("watch", "plan.yaml")
    try await until("there are two points", within: .seconds(60)) { names(in: "\(scene.folder)/near/things").count >= 2 }
    try source.psql("INSERT INTO t VALUES (1001)", database: scene.database)
    let known = names(in: "\(scene.folder)/near/things").count
    try await until("the next points have it", within: .seconds(60)) { names(in: "\(scene.folder)/near/things").count >= known + 2 }
    try await onThread { try source.stop() }
    try await until("it has recovered", within: .seconds(90)) { Self.isOver(watch) }
    #expect(try scene.target.psql("SELECT count(*) FROM t", database: scene.database) == "1001\n")
    let metrics = try readFile("\(scene.folder)/sie-dr-scene-watch.prom")
    #expect(metrics.contains("sie_dr_probe_success{plan=\"scene\",probe=\"rows\",place=\"\"} 0\n"))
    #expect(metrics.contains("sie_dr_trigger_armed{plan=\"scene\",scenario=\"lost\"} 0\n"))
    watch.send(SIGTERM)
    let end = try await watch.end()
    #expect([0, 143].contains(end.status), "\(end.errors)")
    let recoveries = try scene.runs().filter { run in
      if case .runStarted(let start)? = try scene.journal(run).first?.event { start.changeset.scenario == "lost" } else { false }
    }
    #expect(recoveries.count == 1)
    try scene.dropTarget()
  }

  @Test("Alertmanager starts a scenario once, with the key and not without; the key is in no sink")
  func alertmanager() async throws {
    let service = try Service()
    let port = try HTTPServer.closedPort()
    let more = "watch: { listen: \"127.0.0.1:\(port)\", key: { secret: watch-key } }\nmetrics: .\n"
    let scene = try Self.scene(service.probe, "alert: SIEDatabaseSlow, within: 1m, coolDown: 1h", more: more)
    let watch = try scene.start("watch", "plan.yaml", "--no-protection")
    try await until("it listens") { watch.errors.contains("listens on") }
    let stranger = try await onThread { try MonitoringServer.alertmanager(webhook: "http://127.0.0.1:\(port)/alerts", key: "another") }
    try stranger.alert("SIEDatabaseSlow")
    let alertmanager = try await onThread { try MonitoringServer.alertmanager(webhook: "http://127.0.0.1:\(port)/alerts", key: Self.key) }
    try alertmanager.alert("SomethingElse")
    try await Task.sleep(for: .seconds(2))
    #expect(scene.runs().isEmpty)
    try alertmanager.alert("SIEDatabaseSlow")
    try await until("it has run") { Self.isOver(watch) }
    // Alertmanager says it again every second.
    try await Task.sleep(for: .seconds(3))
    try alertmanager.alert("SIEDatabaseSlow", ends: "2020-01-01T00:00:00Z")
    try await until("it is over") { watch.errors.contains("alert SIEDatabaseSlow: is over") }
    watch.send(SIGTERM)
    let end = try await watch.end()
    #expect(end.status == 0 && scene.runs().count == 1, "\(end.errors)")
    #expect(!(end.errors + end.output).contains(Self.key))
    for (name, bytes) in try files(below: scene.folder) { #expect(!String(decoding: bytes, as: UTF8.self).contains(Self.key), "\(name)") }
  }

  @Test("a query of Prometheus, a name, and a port are probes like any other", arguments: ["prometheus", "dns", "tcp"])
  func others(_ kind: String) async throws {
    var prometheus: MonitoringServer?
    var taker: HTTPServer?
    let (well, ill): (String, String)
    switch kind {
    case "prometheus":
      let server = try await onThread { try MonitoringServer.prometheus() }
      prometheus = server
      well = "prometheus: { url: \"\(server.url)\", query: \"up{job=\\\"self\\\"}\", key: { secret: token } }"
      ill = "prometheus: { url: \"\(server.url)\", query: \"up{job=\\\"none\\\"}\" }"
    case "dns":
      let server = try await onThread { try TestNameServer.shared(.bind) }
      well = "dns: { server: \"127.0.0.1:\(server.port)\", name: east.example.test, expect: [192.0.2.1, 192.0.2.9] }"
      ill = "dns: { server: \"127.0.0.1:\(server.port)\", name: east.example.test, type: A, expect: 192.0.2.2 }"
    default:
      let server = try HTTPServer { _ in .hangUp }
      taker = server
      well = "tcp: { host: 127.0.0.1, port: \(server.port) }"
      ill = "tcp: { host: 127.0.0.1, port: \(try HTTPServer.closedPort()) }"
    }
    let scene = try Self.scene("\(ill), every: 300ms, timeout: 2s", "probe: ready, failures: { atLeast: 3, of: 3 }", more: "  well: { \(well), every: 300ms, timeout: 2s }\n")
    let watch = try scene.start("watch", "plan.yaml", "--no-protection")
    try await until("the good one works") { watch.errors.contains("well: works") }
    try await until("the bad one has started the scenario") { Self.isOver(watch) }
    #expect(watch.errors.contains("ready: fails: "))
    watch.send(SIGTERM)
    #expect(try await watch.end().status == 0)
    #expect(scene.runs().count == 1)
    withExtendedLifetime((prometheus, taker)) {}
  }

  @Test("two places must agree; the other one reports with the key, and its silence is no failure")
  func places() async throws {
    let service = try Service()
    let port = try HTTPServer.closedPort()
    let more = "watch: { listen: \"127.0.0.1:\(port)\", key: { secret: watch-key } }\n"
    let scene = try Self.scene(service.probe, "probe: ready, failures: { atLeast: 5, of: 6 }, from: [here, there], agreeing: 2, coolDown: 1h", more: more)
    let watch = try scene.start("watch", "plan.yaml", "--no-protection", "--from", "here")
    try await until("it listens") { watch.errors.contains("listens on") }
    service.isWell(false)
    try await until("it fails here") { watch.errors.contains("ready from here: fails") }
    try await Task.sleep(for: .seconds(2))
    #expect(scene.runs().isEmpty)
    let other = try scene.start("watch", "plan.yaml", "--from", "there", "--report", "http://127.0.0.1:\(port)")
    try await until("it has run") { Self.isOver(watch) }
    #expect(watch.errors.contains("seen from here, there"))
    watch.send(SIGTERM)
    #expect(try await watch.end().status == 0)
    try await until("the other one says that nobody hears it") { other.errors.contains("is not heard") }
    other.send(SIGTERM)
    #expect(try await other.end().status == 0)
    #expect(scene.runs().count == 1)
    #expect(!(other.errors + watch.errors).contains(Self.key))
  }

  @Test("what cannot be asked triggers nothing, and is said")
  func notAsked() async throws {
    let scene = try Self.scene("sql: { server: source, query: select 1 }, every: 100ms, timeout: 1s", "probe: ready, failing: 200ms")
    try scene.editPlan { $0 = $0.replacing("{ env: SOURCE_URL }", with: "{ file: not-there }") }
    let watch = try scene.start("watch", "plan.yaml", "--no-protection")
    try await until("it is said") { watch.errors.contains("ready: cannot be asked") }
    try await Task.sleep(for: .seconds(1))
    watch.send(SIGTERM)
    #expect(try await watch.end().status == 0)
    #expect(scene.runs().isEmpty)
  }

  @Test("what a watch has recorded is replayed, with the plan as it is now, and touches nothing")
  func replay() async throws {
    let service = try Service()
    let scene = try Self.scene(service.probe, "probe: ready, failing: 500ms, coolDown: 1h")
    service.isWell(false)
    let watch = try scene.start("watch", "plan.yaml", "--no-protection")
    try await until("it has run") { Self.isOver(watch) }
    // A replay goes as far as the last record: there must be one after the moment at which it triggered.
    try await Task.sleep(for: .seconds(1))
    watch.send(SIGTERM)
    _ = try await watch.end()
    let log = "\(scene.state)/watch/scene.jsonl"
    let replay = try await scene.run("watch", "plan.yaml", "--replay", log)
    #expect(replay.status == 0 && replay.output.contains("lost: would be started") && replay.output.hasSuffix("1 scenario triggered\n"), "\(replay.output)\(replay.errors)")
    try scene.editPlan { $0 = $0.replacing("failing: 500ms", with: "failing: 5m") }
    let patient = try await scene.run("watch", "plan.yaml", "--replay", log)
    #expect(patient.output.hasSuffix("0 scenarios triggered\n"), "\(patient.output)")
    #expect(scene.runs().count == 1)
    try writeFile("\(scene.folder)/wrong.jsonl", "{}\n")
    #expect(try await scene.run("watch", "plan.yaml", "--replay", "wrong.jsonl").errors.contains("error[not-a-probe-log]: line 1"))
  }

  @Test("a state that cannot be read stops the watch: what it does not remember it could start again")
  func damaged() async throws {
    let service = try Service()
    let scene = try Self.scene(service.probe, "probe: ready, failing: 1m")
    try runProgram(["mkdir", "-p", "\(scene.state)/watch"])
    try writeFile("\(scene.state)/watch/scene.json", "{")
    let result = try await scene.run("watch", "plan.yaml", "--no-protection")
    #expect(result.status == 1 && result.errors.contains("error[watch-state-damaged]"), "\(result.errors)")
  }
}
