import CanonicalJSON
@testable import GitProvider
import ObjectStore
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

@Suite("a revision in a new folder", .timeLimit(.minutes(5)))
struct CheckoutTests {
  private func arguments(_ from: InputValue, into: String = "work", ref: String = "HEAD", signed: Bool = false) -> GitCheckout.Arguments {
    GitCheckout.Arguments(from: .repository(from), into: into, ref: ref, signed: signed)
  }
  private func checkOut(_ world: World, _ arguments: GitCheckout.Arguments, attempt: Int = 1, earlier: [Int] = [], run: String? = nil) async throws -> StepResult {
    try await GitCheckoutPerformer(host: world.host).perform(arguments, in: world.context("checkout", attempt: attempt, earlier: earlier, run: run))
  }

  @Test("of a branch, a tag, a commit and HEAD", arguments: ["HEAD", "main", "other", "v1", "v2"]) func revisions(_ ref: String) async throws {
    let world = try World()
    let expected = try world.hash("\(ref)^{commit}")
    let result = try await checkOut(world, arguments(.text("source"), ref: ref))
    #expect(result.outputs == ["commit": .text(expected), "folder": .text("\(world.folder)/work")])
    #expect(try world.hash("HEAD", in: "\(world.folder)/work") == expected)
    #expect(try world.git(["-C", "\(world.folder)/work", "status", "--porcelain"]) == "")
    let byCommit = try await checkOut(world, arguments(.text("source"), into: "second", ref: expected), run: "second")
    #expect(byCommit.outputs["commit"] == .text(expected))
  }

  @Test("a folder that is there, and a revision that is not, are refused, and nothing is left") func refused() async throws {
    let world = try World()
    try runProgram(["mkdir", "\(world.folder)/work"])
    let there = await failure { try await checkOut(world, arguments(.text("source"))) }
    #expect(there?.code == "folder-there")
    let missing = await failure { try await checkOut(world, arguments(.text("source"), into: "new", ref: "nothing")) }
    #expect(missing?.code == "no-such-ref")
    #expect(try world.names(world.folder) == ["source", "work"])
    let step = arguments(.text("source"))
    let change = GitCheckout.compare(step, await GitCheckoutObserver(host: world.host).observe(step, in: world.observing), at: World.now())
    #expect(change.action == .unknown && change.reason.contains("is there already"))
    try await GitCheckoutPerformer(host: world.host).undo(step, result: nil, in: world.context("checkout"))
    #expect(world.exists("\(world.folder)/work"))
    let other = arguments(.text("source"), into: "new", ref: "v2")
    let commit = GitCheckout.compare(other, await GitCheckoutObserver(host: world.host).observe(other, in: world.observing), at: World.now())
    #expect(commit.action == .create)
  }

  @Test("a commit must be signed by somebody whom this host trusts, if that is asked") func signatures() async throws {
    let world = try World()
    let keys = try temporaryFolder("keys")
    defer { removeFolder(keys) }
    for name in ["trusted", "stranger"] { try runProgram(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", "\(keys)/\(name)"]) }
    try writeFile("\(keys)/signers", "a@example \(try readFile("\(keys)/trusted.pub"))")
    func configure(key: String, trust: Bool = true) throws {
      try writeFile("\(world.folder)/.gitconfig", "[gpg]\nformat = ssh\n[user]\nsigningKey = \(keys)/\(key)\n" + (trust ? "[gpg \"ssh\"]\nallowedSignersFile = \(keys)/signers\n" : ""))
    }
    try configure(key: "trusted")
    let unsigned = await failure { try await checkOut(world, arguments(.text("source"), signed: true)) }
    #expect(unsigned?.code == "not-signed" && !world.exists("\(world.folder)/work"))
    let good = try world.commit("signed.yaml", "x\n", sign: true)
    let result = try await checkOut(world, arguments(.text("source"), signed: true))
    #expect(result.outputs["commit"] == .text(good) && result.summary.contains("its signature is trusted"))
    try configure(key: "trusted", trust: false)
    let nobody = await failure { try await checkOut(world, arguments(.text("source"), into: "second", signed: true)) }
    #expect(nobody?.code == "not-signed", "\(nobody?.text ?? "")")
    try configure(key: "stranger")
    try world.commit("strange.yaml", "x\n", sign: true)
    let stranger = await failure { try await checkOut(world, arguments(.text("source"), into: "second", signed: true)) }
    #expect(stranger?.code == "not-signed", "\(stranger?.text ?? "")")
    // What was not asked is not looked at.
    _ = try await checkOut(world, arguments(.text("source"), into: "third"), run: "third")
  }

  @Test("a host that hangs is left at the deadline, one that is gone is said, and nothing is left") func hangs() async throws {
    let world = try World()
    let server = try GitServer.start()
    let silent = try TCPFaultProxy(to: server.port) { _ in .stall(0) }
    var context = world.context("checkout")
    context.timeout = .seconds(2)
    let step = arguments(.text("http://127.0.0.1:\(silent.port)/x.git"))
    let slow = await failure { [context] in try await GitCheckoutPerformer(host: world.host).perform(step, in: context) }
    #expect(["git-timed-out", "git-host-unreachable"].contains(slow?.code) && slow?.isTransient == true, "\(slow?.text ?? "")")
    try server.vanish()
    let gone = await failure { try await checkOut(world, step) }
    #expect(gone?.code == "git-host-unreachable", "\(gone?.text ?? "")")
    #expect(try world.names(world.folder) == ["source"])
  }

  @Test("what another run has checked out is not removed") func others() async throws {
    let world = try World()
    let step = arguments(.text("source"))
    let result = try await checkOut(world, step, run: "other")
    try await GitCheckoutPerformer(host: world.host).undo(step, result: result, in: world.context("checkout"))
    #expect(world.exists("\(world.folder)/work"))
    let there = await failure { try await checkOut(world, step) }
    #expect(there?.code == "folder-there")
  }
}
