import TestSupport
import Testing

/// The program itself: what is bundled at night is checked out when the host is gone.
@Suite("sie-dr with Git", .timeLimit(.minutes(5))) struct ProgramTests {
  private static let plan = """
    apiVersion: sie-dr/v1
    kind: RecoveryPlan
    metadata: { name: config, owner: ops }
    secrets: { origin: { env: ORIGIN } }
    stores: { near: { directory: { path: near } } }
    scenarios:
      nightly:
        detect: { noticedWithin: 5m }
        steps:
          mirror: { git.mirror: { from: { secret: origin }, to: mirror.git }, timeout: 1m }
          bundle: { git.bundle: { from: { secret: origin }, to: near, name: config }, timeout: 1m }
      lost:
        detect: { noticedWithin: 5m }
        onFailure: rollback
        steps:
          manifests: { git.checkout: { from: "bundle://near/config", into: manifests, ref: main }, timeout: 1m }
          again: { git.checkout: { from: mirror.git, into: second, ref: other }, timeout: 1m }
          look:
            command.run: { run: [grep, replicas, one.yaml], env: { GIT_DIR: { output: manifests.folder } } }
            irreversible: only looks
            needs: [again]
            timeout: 1m

    """

  @Test("mirrors and bundles by night, and brings the configuration back without its host") func all() async throws {
    let world = try World()
    let server = try GitServer.start()
    try server.make("config")
    try world.git(["-C", world.source, "push", "--quiet", "--mirror", server.path("config")])
    let folder = "\(world.folder)/plan"
    try runProgram(["mkdir", "-p", "\(folder)/near"])
    try writeFile("\(folder)/plan.yaml", Self.plan.replacing("run: [grep, replicas, one.yaml]", with: "run: [grep, replicas, \(folder)/manifests/one.yaml]"))
    // From another folder: paths count from that of the plan.
    func run(_ arguments: [String], status: Int32 = 0) async throws -> String {
      let end = try await StartedProgram([BuiltProgram.sieDR] + arguments, environment: ["ORIGIN": server.url("config")], in: world.folder).end()
      #expect(end.status == status, "\(arguments): \(end.output)\(end.errors)")
      #expect(!(end.output + end.errors).contains(GitServer.password) && !(end.output + end.errors).contains(GitServer.encodedPassword))
      return end.output + end.errors
    }
    let nightly = try await run(["apply", "--yes", "plan/plan.yaml", "--scenario", "nightly", "--state", "state"])
    #expect(nightly.contains("mirror is done: ") && nightly.contains("bundle is done: bundle "), "\(nightly)")
    let second = try await run(["apply", "--yes", "plan/plan.yaml", "--scenario", "nightly", "--state", "state"])
    #expect(second.contains("nothing to do") || second.contains("no change") || second.contains("the same references"), "\(second)")
    try server.vanish()
    let lost = try await run(["apply", "--yes", "plan/plan.yaml", "--scenario", "lost", "--state", "state"])
    #expect(try readFile("\(folder)/manifests/one.yaml") == "replicas: 1\n" && readFile("\(folder)/second/two.yaml") == "replicas: 2\n", "\(lost)")
    let refused = try await run(["plan", "plan/plan.yaml", "--scenario", "lost"])
    #expect(refused.contains("is there already"), "\(refused)")
    #expect(try runProgram(["grep", "-ra", "pa:ss", folder, "\(world.folder)/state"], mayFail: true).output == "")
  }
}
