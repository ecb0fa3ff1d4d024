import CanonicalJSON
import Glibc
@testable import NotificationProvider
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

/// The real program tells the audiences of a plan: with channels up, down and silent, when it is killed, resumed and rolled back.
@Suite("Runs that tell their audiences", .timeLimit(.minutes(5)), .serialized)
struct CommunicationTests {
  private struct Scene {
    let folder: String
    let chat, second: HTTPServer
    let page: StatusPageServer
    func start(_ arguments: String...) throws -> StartedProgram { try StartedProgram([BuiltProgram.sieDR] + arguments, environment: ["SIE_DR_WHO": "tester"], in: folder) }
    func run(_ arguments: String...) async throws -> ProgramResult { try await StartedProgram([BuiltProgram.sieDR] + arguments, environment: ["SIE_DR_WHO": "tester"], in: folder).end() }
    var said: [String] { chat.requests.compactMap { (try? CanonicalJSON.decode(JSONValue.self, from: $0.body))?["text"]?.string } }
    /// All that was ever told to the page.
    var told: [String] { page.server.requests.filter { $0.method != "GET" }.map { String(decoding: $0.body, as: UTF8.self) } }
    var id: String { names(in: "\(folder)/.sie-dr/runs").first ?? "none" }
  }

  private func scene(
    every: String = "1h", steps: String? = nil, onFailure: String = "pause", chat: @escaping @Sendable (HTTPServer.Request) -> HTTPServer.Reply = { _ in .text(200, "ok") },
    hook: String? = nil, _ body: (Scene) async throws -> Void
  ) async throws {
    let folder = try temporaryFolder("audiences")
    defer { removeFolder(folder) }
    let scene = Scene(folder: folder, chat: try HTTPServer(chat), second: try HTTPServer { _ in .text(200, "ok") }, page: try StatusPageServer())
    try writeFile("\(folder)/hook", hook ?? "\(scene.chat.url)/services/\(canary)")
    try writeFile("\(folder)/hook-2", hook ?? "\(scene.second.url)/services/\(canary)")
    try writeFile("\(folder)/key", StatusPageServer.key)
    try writeFile("\(folder)/plan.yaml", """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: shop-one, owner: sre }
      secrets: { hook: { file: hook }, hook-2: { file: hook-2 }, page-key: { file: key } }
      communication:
        engineering: { slack: "#incidents", every: \(every), send: { to: { secret: hook } }, else: { by: slack, to: { secret: hook-2 } } }
        customers: { statusPage: "https://status.example", on: majorChanges, send: { to: "\(scene.page.url)", key: { secret: page-key } }, template: "{news} It is {time}.", ending: All is well. }
      scenarios:
        lost-east:
          detect: { noticedWithin: 5m }
          onFailure: \(onFailure)
          steps:
      \(steps ?? "      work-1: { command.run: { run: [touch, worked], undo: [rm, -f, worked], idempotent: true }, timeout: 10s, estimate: 1s }")

      """)
    try await body(scene)
    let kept = try files(below: "\(folder)/.sie-dr").values.map { String(decoding: $0, as: UTF8.self) }.joined()
    #expect(!kept.contains(canary) && !kept.contains(StatusPageServer.key))
    for name in ["shop-one", "lost-east", "work-1", "hook", "#incidents"] { #expect(!scene.told.contains { $0.contains(name) }, "\(scene.told)") }
  }

  @Test("start and end, to each audience in its words; the page's incident is opened and resolved") func whole() async throws {
    try await scene { scene in
      let result = try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost-east")
      #expect(result.status == 0, "\(result.errors)")
      #expect(scene.said.count == 2 && scene.said[0].hasPrefix("Recovery from `lost-east` of `shop-one` has begun. Predicted to take 1s, until "), "\(scene.said)")
      #expect(scene.said.last?.hasPrefix("Recovery from `lost-east` of `shop-one` is done. It took ") == true)
      #expect(scene.page.all.count == 1 && scene.page.all[0]["status"] == "resolved" && scene.page.all[0]["body"] == "All is well.")
      #expect(scene.page.all[0]["name"]?.string?.hasPrefix("We are restoring the service. It is ") == true, "\(scene.page.all)")
      #expect(result.output.contains("  to.customers.end-") && !result.output.contains("has not reached"), "\(result.output)")
      let report = try await scene.run("report", scene.id)
      #expect(report.output.contains("message `to.engineering.start-") && report.output.contains("sent by status page after"), "\(report.output)")
    }
  }

  @Test("by the clock, while the run goes on") func clock() async throws {
    try await scene(every: "1s", steps: "      work-1: { command.run: { run: [sleep, \"3.5\"], undo: [\"true\"] }, timeout: 10s, estimate: 1s }") { scene in
      let result = try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost-east")
      #expect(result.status == 0, "\(result.errors)")
      let updates = scene.said.filter { $0.contains("goes on. 0 of 1 steps are done") && $0.contains("at work: work-1") }
      #expect((2...4).contains(updates.count) && scene.said.count == updates.count + 2, "\(scene.said)")
    }
  }

  @Test("the chat down: the run is not held up, and the second channel takes the message") func down() async throws {
    try await scene(chat: { _ in .text(404, "no_team") }) { scene in
      let began = ContinuousClock.now
      let result = try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost-east")
      #expect(result.status == 0 && began.duration(to: .now) < .seconds(8))
      #expect(scene.said.count == 2 && scene.second.requests.count == 2 && result.output.contains("(slack: it says 404)"), "\(result.output)")
    }
  }

  @Test("all channels down: the recovery is done, and says what was not sent") func allDown() async throws {
    try await scene(hook: "http://127.0.0.1:\(try HTTPServer.closedPort())/\(canary)") { scene in
      scene.page.say(.text(401, "{}"), .text(401, "{}"), .text(401, "{}"), .text(401, "{}"), .text(401, "{}"), .text(401, "{}"))
      let program = try scene.start("apply", "--yes", "plan.yaml", "--scenario", "lost-east")
      let began = ContinuousClock.now
      try await until("the work is done") { program.output.contains("done in") || !program.isRunning }
      #expect(began.duration(to: .now) < .seconds(6))
      let result = try await program.end()
      #expect(result.status == 0 && names(in: scene.folder).contains("worked") && result.output.contains("have not reached anybody for certain: tell people by hand"), "\(result.output)")
    }
  }

  @Test("a pause is told to those who run the service; resumed and rolled back from the journal alone, nothing is told twice") func pauseAndRollback() async throws {
    let steps = "      work-1: { command.run: { run: [touch, worked], undo: [rm, -f, worked], idempotent: true }, timeout: 10s, estimate: 1s }\n      work-2: { command.run: { run: [test, -e, there], undo: [\"true\"], idempotent: true }, needs: [work-1], timeout: 10s, estimate: 1s }"
    try await scene(steps: steps) { scene in
      #expect(try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost-east").status == 6)
      #expect(scene.said.last == "Recovery from `lost-east` of `shop-one` waits for a person: `work-2` failed. 1 of 2 steps are done, 1s after the beginning." || scene.said.last?.contains("waits for a person: `work-2` failed.") == true, "\(scene.said)")
      #expect(scene.told.count == 1, "\(scene.told)")
      // The plan is gone: all is in the journal.
      try runProgram(["rm", "\(scene.folder)/plan.yaml"])
      #expect(try await scene.run("resume", scene.id).status == 6)
      #expect(try await scene.run("rollback", scene.id).status == 4)
      #expect(scene.said.filter { $0.contains("has begun") }.count == 1 && scene.said.filter { $0.contains("taken up again") }.count == 2, "\(scene.said)")
      #expect(scene.said.last?.contains("was rolled back: the service is where it was") == true)
      #expect(scene.page.all.count == 1 && scene.page.all[0]["status"] == "identified" && scene.page.all[0]["body"] == "The service is not fully available yet. We are working on it.")
    }
  }

  @Test("killed at many moments and resumed, each message goes once at most, and a page has every one") func killed() async throws {
    let steps = (1...3).map { "      work-\($0): { command.run: { run: [sleep, \"0.2\"], undo: [\"true\"], idempotent: true }\($0 > 1 ? ", needs: [work-\($0 - 1)]" : ""), timeout: 10s, estimate: 1s }" }.joined(separator: "\n")
    for milliseconds in [30, 90, 180, 320, 520, 760] {
      try await scene(steps: steps) { scene in
        let program = try scene.start("apply", "--yes", "plan.yaml", "--scenario", "lost-east")
        try await until("the run has begun") { program.output.contains("begins") || !names(in: "\(scene.folder)/.sie-dr/runs").isEmpty || !program.isRunning }
        try await Task.sleep(for: .milliseconds(milliseconds))
        program.send(SIGKILL)
        try await program.end()
        // Killed before its first record, the run never began; over before it was killed, it is over.
        let resumed = try await scene.run("resume", scene.id)
        guard !resumed.errors.contains("journal-empty"), !resumed.errors.contains("run-over") else { return }
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(scene.said.filter { $0.contains("has begun") }.count <= 1 && scene.said.filter { $0.contains(" is done.") }.count == 1, "\(milliseconds) \(scene.said)")
        #expect(scene.page.all.count == 1 && scene.page.all[0]["status"] == "resolved", "\(milliseconds) \(scene.page.all)")
        let messages = scene.page.all[0]["metadata"]?["sie-dr"]?["messages"]?.array?.compactMap(\.string).filter { $0.contains("to.customers") } ?? []
        #expect(messages.count == 2 && messages[0].contains(".start-") && messages[1].contains(".end-"), "\(milliseconds) \(messages)")
      }
    }
  }

  @Test("two at once: who is refused tells nobody") func refused() async throws {
    try await scene(steps: "      work-1: { command.run: { run: [sh, -c, \"touch begun; while ! test -e go; do sleep 0.05; done\"], undo: [\"true\"] }, timeout: 30s, estimate: 1s }") { scene in
      let first = try scene.start("apply", "--yes", "plan.yaml", "--scenario", "lost-east")
      try await until("the first is at work and has told") { names(in: scene.folder).contains("begun") && scene.said.count == 1 && scene.told.count == 1 || !first.isRunning }
      #expect(try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost-east").status == 7)
      #expect(try await scene.run("resume", scene.id).status == 7)
      #expect(scene.said.count == 1 && scene.told.count == 1)
      try writeFile("\(scene.folder)/go", "")
      #expect(try await first.end().status == 0)
    }
  }

  @Test("--preview shows every message and sends none, changes nothing, begins nothing") func preview() async throws {
    try await scene(every: "1s", steps: "      work-1: { command.run: { run: [touch, worked], undo: [rm, -f, worked] }, timeout: 10s, estimate: 2500ms }") { scene in
      let result = try await scene.run("apply", "--preview", "plan.yaml", "--scenario", "lost-east")
      #expect(result.status == 0 && result.output.hasSuffix("nothing was sent\n"), "\(result.output)\(result.errors)")
      for part in ["+0s  engineering  by slack, else slack", "+1s  engineering", "+2s  engineering", "+2.5s  customers  by statusPage\n    All is well.", "If a step fails and a person must decide", "If it is rolled back"] {
        #expect(result.output.contains(part), "\(part)\n\(result.output)")
      }
      #expect(scene.said.isEmpty && scene.page.server.requests.isEmpty && !names(in: scene.folder).contains(".sie-dr") && !names(in: scene.folder).contains("worked"))
      let protection = try await scene.run("apply", "--preview", "plan.yaml")
      #expect(protection.status == 0 && protection.output.contains("protection tells nobody"), "\(protection.output)")
    }
  }

  @Test("a mail to people outside names neither plan nor run, by a real mail server; one to us does", arguments: [true, false]) func mail(_ isPublic: Bool) async throws {
    let server = try MailServer.start()
    let world = World().with { world in
      world.values["mail-server"] = server.url
      world.certificates = server.certificate
    }
    let way = AudienceSpecification.Way(by: .email, to: .text("all@example.test"), key: SecretReference(name: "mail-server", source: .env("UNUSED")), from: "dr@example.test")
    let channel = try #require(Channel(way, status: .resolved))
    let outbox = world.outbox
    try await outbox.post(OutboxMessage(run: world.run, step: "to.all.end-1", plan: "shop", text: "All is well.", channels: [channel], posted: world.now(), isPublic: isPublic))
    let sent = await outbox.finish(within: .seconds(30))
    #expect(sent.map(\.isSent) == [true], "\(sent)")
    let mail = try #require(try server.mails().first)
    let json = try CanonicalJSON.decode(JSONValue.self, from: mail.utf8)
    #expect(json["subject"]?.string == (isPublic ? "All is well." : "[shop] All is well."), "\(mail)")
    #expect((json["text"]?.string?.contains("shop") ?? true) == !isPublic, "\(mail)")
  }
}
