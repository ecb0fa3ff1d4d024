import Glibc
import TestSupport
import Testing

/// The real program: what a run does while a channel is up, down, silent or killed under.
@Suite("Runs that tell people", .timeLimit(.minutes(3)), .serialized)
struct RunTests {
  private func inFolder(_ body: (_ folder: String, _ start: ([String]) throws -> StartedProgram) async throws -> Void) async throws {
    let folder = try temporaryFolder("messages")
    defer { removeFolder(folder) }
    try writeFile("\(folder)/plan.yaml", """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: messages, owner: sre }
      secrets: { hook: { file: hook } }
      scenarios:
        lost:
          detect: { noticedWithin: 5m }
          onFailure: pause
          steps:
            tell: { notify.send: { by: slack, to: { secret: hook }, text: It is down. }, onFailure: continue, timeout: 30s, estimate: 1s }
            work: { command.run: { run: [touch, worked], undo: [rm, -f, worked], idempotent: true }, timeout: 10s, estimate: 1s }
            told: { notify.send: { by: slack, to: { secret: hook }, text: It is up. }, needs: [work, tell], onFailure: continue, timeout: 30s, estimate: 1s }

      """)
    try await body(folder) { try StartedProgram([BuiltProgram.sieDR] + $0, in: folder) }
  }

  private func kept(_ folder: String) throws -> String { try files(below: "\(folder)/.sie-dr").values.map { String(decoding: $0, as: UTF8.self) }.joined() }

  @Test("messages go in their order, and the run says so; the webhook's URL is written nowhere") func sent() async throws {
    let hook = try HTTPServer { _ in .text(200, "ok") }
    try await inFolder { folder, start in
      try writeFile("\(folder)/hook", "\(hook.url)/services/\(canary)\n")
      let result = try await start(["apply", "--yes", "plan.yaml", "--scenario", "lost"]).end()
      #expect(result.status == 0, "\(result.errors)")
      #expect(hook.requests.map { String(decoding: $0.body, as: UTF8.self) } == [#"{"text":"It is down."}"#, #"{"text":"It is up."}"#])
      #expect(result.output.contains("  tell     sent by slack after ") && result.output.contains("  told     sent by slack after "), "\(result.output)")
      #expect(names(in: "\(folder)/.sie-dr/outbox/waiting").allSatisfy { names(in: "\(folder)/.sie-dr/outbox/waiting/\($0)").isEmpty })
      #expect(try !(kept(folder) + result.output + result.errors).contains(canary))
      // `resume` of what is done has nobody to tell.
      let id = try #require(names(in: "\(folder)/.sie-dr/runs").first)
      _ = try await start(["rollback", id, "--state", ".sie-dr"]).end()
      #expect(hook.requests.count == 2)
    }
  }

  @Test("a mail server's own authority is trusted where SSL_CERT_FILE names it, and not where nothing does", arguments: [true, false]) func authority(_ isNamed: Bool) async throws {
    let server = try await onThread { try MailServer.start() }
    try await inFolder { folder, _ in
      try writeFile("\(folder)/hook", server.url)
      let plan = try readFile("\(folder)/plan.yaml").replacing("by: slack, to: { secret: hook }", with: "by: email, to: all@example.test, key: { secret: hook }")
      try writeFile("\(folder)/plan.yaml", plan)
      let environment = isNamed ? ["SSL_CERT_FILE": server.certificate] : [:]
      let program = try StartedProgram([BuiltProgram.sieDR, "apply", "--yes", "plan.yaml", "--scenario", "lost"], environment: environment, in: folder)
      let result = try await program.end()
      #expect(result.status == 0, "\(result.errors)")
      #expect(try server.mails().count == (isNamed ? 2 : 0), "\(result.output)")
      #expect(result.output.contains(isNamed ? "  told     sent by email" : "its TLS certificate is not trusted"), "\(result.output)")
    }
  }

  @Test("with the channel down the work is done as ever, and the end says who was not told") func down() async throws {
    let port = try HTTPServer.closedPort()
    try await inFolder { folder, start in
      try writeFile("\(folder)/hook", "http://127.0.0.1:\(port)/services/\(canary)\n")
      let program = try start(["apply", "--yes", "plan.yaml", "--scenario", "lost"])
      let began = ContinuousClock.now
      try await until("the work is done") { program.output.contains("done in") || !program.isRunning }
      #expect(began.duration(to: .now) < .seconds(6))
      let result = try await program.end()
      #expect(result.status == 0 && names(in: folder).contains("worked"))
      #expect(result.output.contains("  tell     not sent yet: slack: the connection was refused: nothing listens on that port\n"), "\(result.output)")
      #expect(result.errors.contains("messages are still under way; waiting for them, 15s at most\n"), "\(result.errors)")
      #expect(result.output.contains("2 of 2 messages have not reached anybody for certain: tell people by hand"), "\(result.output)")
      #expect(try !(kept(folder) + result.output + result.errors).contains(canary))
      // The channel is back: the next run in the same state directory sends them, and its own.
      let hook = try HTTPServer { _ in .text(200, "ok") }
      try writeFile("\(folder)/hook", "\(hook.url)/services/\(canary)\n")
      let next = try await start(["apply", "--yes", "plan.yaml", "--scenario", "lost"]).end()
      #expect(next.status == 0 && hook.requests.count == 4, "\(next.output)")
    }
  }

  @Test("killed while a message is under way, it is not sent a second time, and what was not begun is") func killed() async throws {
    let hook = try HTTPServer { request in String(decoding: request.body, as: UTF8.self).contains("down") ? .silence : .text(200, "ok") }
    try await inFolder { folder, start in
      try writeFile("\(folder)/hook", "\(hook.url)/services/\(canary)\n")
      let program = try start(["apply", "--yes", "plan.yaml", "--scenario", "lost"])
      try await until("the first message is under way and the work done") { hook.requests.count == 1 && program.output.contains("done in") || !program.isRunning }
      program.send(SIGKILL)
      try await program.end()
      let next = try await start(["apply", "--yes", "plan.yaml", "--scenario", "lost"]).end()
      // The dead run's `tell` is in doubt, its `told` goes now; then those of the new run, whose `tell` meets silence again.
      let bodies = hook.requests.map { String(decoding: $0.body, as: UTF8.self) }
      #expect(next.status == 0 && next.output.contains("nobody knows whether it was sent: slack: the program was stopped while it was sent"), "\(next.output)")
      #expect(bodies.filter { $0.contains("It is down.") }.count == 2, "\(bodies)")
      #expect(bodies.filter { $0.contains("It is up.") }.count == 2, "\(bodies)")
    }
  }
}
