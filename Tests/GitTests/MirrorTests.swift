import CanonicalJSON
import Concurrency
@testable import GitProvider
import ObjectStore
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

@Suite("a mirror of a Git repository", .timeLimit(.minutes(5)))
struct MirrorTests {
  private func mirror(_ world: World, from: InputValue? = nil, to: InputValue = .text("mirror.git"), attempt: Int = 1, earlier: [Int] = [], run: String? = nil) async throws -> StepResult {
    try await GitMirrorPerformer(host: world.host).perform(
      GitMirror.Arguments(from: from ?? .text(world.source), to: to), in: world.context("mirror", attempt: attempt, earlier: earlier, run: run))
  }
  private func path(_ world: World) -> String { "\(world.folder)/mirror.git" }

  @Test("has all references, is made where it is not there, and follows what is changed, forced and removed") func follows() async throws {
    let world = try World()
    let result = try await mirror(world)
    #expect(result.summary == "5 references in the mirror, 5 of them changed")
    #expect(try world.references(path(world)) == world.references(world.source))
    #expect(try world.references(path(world))["refs/pull/1/head"] == nil)
    #expect(try world.git(["-C", path(world), "symbolic-ref", "HEAD"]) == "refs/heads/main\n")
    #expect(try await mirror(world, run: "again").measurements["changed"] == 0)
    // Another history under the same name, a branch less, one more.
    try world.git(["-C", world.source, "checkout", "--quiet", "--orphan", "fresh"])
    try world.commit("three.yaml", "replicas: 3\n")
    try world.git(["-C", world.source, "branch", "--force", "main"])
    try world.git(["-C", world.source, "branch", "-D", "other"])
    #expect(try await mirror(world, run: "third").summary == "5 references in the mirror, 3 of them changed")
    #expect(try world.references(path(world)) == world.references(world.source))
    #expect(try world.git(["-C", path(world), "symbolic-ref", "HEAD"]) == "refs/heads/fresh\n")
  }

  @Test("is put back to what it had, to the last commit, and nothing of the run is left there") func undo() async throws {
    let world = try World()
    _ = try await mirror(world, run: "first")
    let before = try world.references(path(world))
    let lost = try world.hash("main")
    try world.git(["-C", world.source, "checkout", "--quiet", "--orphan", "fresh"])
    try world.commit("three.yaml", "x\n")
    try world.git(["-C", world.source, "branch", "--force", "main"])
    try world.git(["-C", world.source, "branch", "-D", "other"])
    let result = try await mirror(world)
    // Even a mirror that cleans up at once keeps what undo needs.
    try world.git(["-C", path(world), "gc", "--quiet", "--prune=now"])
    let step = GitMirror.Arguments(from: .text(world.source), to: .text("mirror.git"))
    for _ in 0..<2 { try await GitMirrorPerformer(host: world.host).undo(step, result: result, in: world.context("mirror")) }
    #expect(try world.references(path(world)) == before)
    #expect(try world.git(["-C", path(world), "cat-file", "-t", lost]) == "commit\n")
    #expect(try !world.git(["-C", path(world), "for-each-ref"]).contains("refs/sie-dr"))
    #expect(try world.git(["-C", path(world), "symbolic-ref", "HEAD"]) == "refs/heads/main\n")
  }

  @Test("that somebody else has pushed to since is not put back") func moved() async throws {
    let world = try World()
    let result = try await mirror(world)
    try world.git(["-C", path(world), "update-ref", "refs/heads/theirs", "refs/heads/main"])
    let step = GitMirror.Arguments(from: .text(world.source), to: .text("mirror.git"))
    let failed = await failure { try await GitMirrorPerformer(host: world.host).undo(step, result: result, in: world.context("mirror")) }
    #expect(failed?.code == "mirror-moved")
    #expect(try world.references(path(world))["refs/heads/theirs"] != nil)
  }

  @Test("is not emptied by a repository that is empty") func empty() async throws {
    let world = try World()
    _ = try await mirror(world)
    let before = try world.references(path(world))
    try world.git(["init", "--quiet", "\(world.folder)/nothing"])
    let failed = await failure { try await mirror(world, from: .text("nothing")) }
    #expect(failed?.code == "source-empty")
    #expect(try world.references(path(world)) == before)
  }

  @Test("on a host with a login is written and read, and the login stands in no argument list, error, result or mirror") func host() async throws {
    let world = try World()
    let server = try GitServer.start()
    try server.make("config")
    world.urls.withLock { $0["mirror"] = server.url("config") }
    let seen = Lock<Set<String>>([])
    let watcher = Task {
      while !Task.isCancelled {
        let list = try runProgram(["ps", "-eo", "args"]).output
        seen.withLock { $0.formUnion(list.split(separator: "\n").map(String.init)) }
        try await Task.sleep(for: .milliseconds(5))
      }
    }
    let result = try await mirror(world, to: World.secret("mirror"))
    #expect(try world.references(server.path("config")) == world.references(world.source))
    _ = try await mirror(world, from: World.secret("mirror"), to: .text("second.git"))
    watcher.cancel()
    _ = try? await watcher.value
    let canaries = [GitServer.password, GitServer.encodedPassword, "wrong-canary"]
    func isClean(_ text: String) -> Bool { !canaries.contains { text.contains($0) } }
    #expect(seen.withLock { $0 }.contains { $0.contains("git-remote-http") || $0.contains("git remote-http") })
    #expect(seen.withLock { $0 }.allSatisfy(isClean))
    #expect(isClean("\(result)"))
    #expect(try isClean(runProgram(["grep", "-ra", "pa:ss", "\(world.folder)/second.git"], mayFail: true).output))
    world.urls.withLock { $0["mirror"] = server.url("config", encodedPassword: "wrong-canary") }
    let refused = await failure { try await mirror(world, to: World.secret("mirror"), run: "other") }
    #expect(refused?.code == "git-login-refused" && isClean(refused?.text ?? "wrong-canary"), "\(refused?.text ?? "")")
    world.urls.withLock { $0["mirror"] = server.url("nothing") }
    let missing = await failure { try await mirror(world, to: World.secret("mirror"), run: "other") }
    #expect(missing?.code == "git-repository-missing" && isClean(missing?.text ?? "wrong-canary"), "\(missing?.text ?? "")")
    try server.vanish()
    let gone = await failure { try await mirror(world, to: World.secret("mirror"), run: "other") }
    #expect(gone?.code == "git-host-unreachable" && gone?.isTransient == true && isClean(gone?.text ?? "wrong-canary"), "\(gone?.text ?? "")")
    guard case .unreachable(let reason) = await GitMirrorObserver(host: world.host).observe(.init(from: .text("source"), to: World.secret("mirror")), in: world.observing).reach else {
      Issue.record("reached")
      return
    }
    #expect(isClean(reason))
  }

  @Test("whose host refuses is left as it was, all of it") func refused() async throws {
    let world = try World()
    _ = try await mirror(world, run: "first")
    let before = try world.references(path(world))
    try world.git(["-C", path(world), "config", "receive.denyDeletes", "true"])
    try world.git(["-C", world.source, "tag", "v3"])
    try world.git(["-C", world.source, "branch", "-D", "other"])
    let failed = await failure { try await mirror(world) }
    #expect(failed?.code == "git-push-refused", "\(failed?.text ?? "")")
    #expect(try world.references(path(world)) == before)
  }

  @Test("a hook, an alias or a helper of the user's has no say") func configuration() async throws {
    let world = try World()
    try writeFile("\(world.folder)/.gitconfig", "[core]\nhooksPath = \(world.folder)/hooks\n[credential]\nhelper = \"!touch \(world.folder)/helper-ran\"\n[url \"/nowhere/\"]\ninsteadOf = \(world.folder)/\n")
    try runProgram(["mkdir", "\(world.folder)/hooks"])
    for hook in ["pre-push", "reference-transaction"] {
      try writeFile("\(world.folder)/hooks/\(hook)", "#!/bin/sh\ntouch \(world.folder)/hook-ran\nexit 1\n")
      try runProgram(["chmod", "755", "\(world.folder)/hooks/\(hook)"])
    }
    _ = try await mirror(world)
    #expect(!world.exists("\(world.folder)/hook-ran") && !world.exists("\(world.folder)/helper-ran"))
  }

  @Test("what plan sees: no mirror, the same, how many differ") func observed() async throws {
    let world = try World()
    let step = GitMirror.Arguments(from: .text("source"), to: .text("mirror.git"))
    func change() async -> Change { GitMirror.compare(step, await GitMirrorObserver(host: world.host).observe(step, in: world.observing), at: World.now()) }
    #expect(await change().action == .create)
    _ = try await mirror(world)
    #expect(await change().action == .none)
    try world.git(["-C", world.source, "tag", "v3"])
    #expect(await change().reason == "1 reference is another one in the mirror")
    let later = GitMirror.Arguments(from: .output(step: "other", name: "url"), to: .text("mirror.git"))
    #expect(GitMirror.compare(later, await GitMirrorObserver(host: world.host).observe(later, in: world.observing), at: World.now()).reason == "an earlier step says which repository")
  }

  @Test("a URL is taken apart as git does, and what would run a program is refused without being quoted") func locations() throws {
    let world = try World()
    let host = world.host
    func location(_ text: String) throws -> String { try Repository(text, from: .text(text), in: host).location }
    #expect(try location("https://u:p@h/x.git") == "https://h/x.git")
    #expect(try location("ssh://git@h:22/x.git") == "ssh://git@h:22/x.git")
    #expect(try location("git@h:x.git") == "git@h:x.git")
    #expect(try location("mirror.git") == "\(world.folder)/mirror.git")
    #expect(try location("/a/b:c") == "/a/b:c")
    let login = try Repository("https://t%20o:p%2Fw@h/x", from: .text(""), in: host)
    #expect(login.user == "t o" && login.password == "p/w" && login.title == "https://h/x" && !"\(login)".contains("p/w"))
    for text in ["", "-canary", "ext::sh -c canary", "canary\nx", "ext://canary", "https://canary%zz@h/x"] {
      let failed = #expect(throws: StepFailure.self) { try Repository(text, from: .text(text), in: host) }
      #expect(failed?.text.contains("canary") == false && failed?.code == "repository-unusable", "\(text)")
    }
  }
}
