import CanonicalJSON
import Concurrency
@testable import GitProvider
import ObjectStore
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

@Suite("a repository as a file in a store", .timeLimit(.minutes(5)))
struct BundleTests {
  private func bundle(_ world: World, _ from: InputValue? = nil, attempt: Int = 1, earlier: [Int] = [], run: String? = nil) async throws -> StepResult {
    try await GitBundlePerformer(host: world.host).perform(
      GitBundle.Arguments(from: from ?? .text(world.source), store: World.vault, name: "config"), in: world.context("bundle", attempt: attempt, earlier: earlier, run: run))
  }

  private func checkOut(_ world: World, into: String = "work", ref: String = "HEAD", run: String? = nil) async throws -> StepResult {
    try await GitCheckoutPerformer(host: world.host).perform(
      GitCheckout.Arguments(from: .bundle(store: World.vault, name: "config"), into: into, ref: ref, signed: false), in: world.context("checkout", run: run))
  }

  @Test("is checked out with its host gone, at the same commits") func withoutHost() async throws {
    let world = try World()
    let server = try GitServer.start()
    try server.make("config")
    try world.git(["-C", world.source, "push", "--quiet", "--mirror", server.path("config")])
    world.urls.withLock { $0["origin"] = server.url("config") }
    let made = try await bundle(world, World.secret("origin"))
    #expect(made.outputs["bundle"] == .text("bundle://vault/config"))
    let (main, other) = (try world.hash("main"), try world.hash("other"))
    try server.vanish()
    try runProgram(["rm", "-rf", world.source])
    let result = try await checkOut(world)
    #expect(result.outputs["commit"] == .text(main) && result.outputs["folder"] == .text("\(world.folder)/work"))
    #expect(try readFile("\(world.folder)/work/one.yaml") == "replicas: 1\n")
    #expect(try await checkOut(world, into: "deep/er", ref: "other", run: "second").outputs["commit"] == .text(other))
    #expect(try await checkOut(world, into: "tag", ref: "v2", run: "third").outputs["commit"] == .text(other))
    #expect(try await checkOut(world, into: "commit", ref: other, run: "fourth").outputs["commit"] == .text(other))
    // Nothing of the login is in the store.
    for info in try await world.store.listAll(prefix: "") {
      let text = String(decoding: try await world.store.read(info.key), as: UTF8.self)
      #expect(!text.contains(GitServer.password) && !text.contains(GitServer.encodedPassword))
    }
  }

  @Test("is the newest that is taken, and one like the repository is no change") func newest() async throws {
    let world = try World()
    let step = GitBundle.Arguments(from: .text(world.source), store: World.vault, name: "config")
    func change() async -> Change { GitBundle.compare(step, await GitBundleObserver(host: world.host).observe(step, in: world.observing), at: World.now()) }
    #expect(await change().reason == "there is no bundle `config` in `vault` yet")
    _ = try await bundle(world)
    #expect(await change().action == .none)
    let second = try world.commit("one.yaml", "replicas: 9\n")
    #expect(await change().action == .create)
    _ = try await bundle(world, run: "second")
    #expect(try await checkOut(world).outputs["commit"] == .text(second))
  }

  @Test("with a bit changed, or cut, is not used", arguments: [StoreFault.flip(byte: 300), .truncate]) func damaged(_ fault: StoreFault) async throws {
    let good = try World()
    _ = try await bundle(good)
    let world = try World(store: FaultyStore(good.store) { $0.operation == .next && $0.key?.path.hasSuffix(".bundle") == true ? fault : nil })
    let failed = await failure { try await checkOut(world) }
    #expect(failed?.code == "object-damaged", "\(failed?.text ?? "")")
    #expect(try world.names(world.folder) == ["source"])
  }

  @Test("a store that fails gets no bundle, and what a killed attempt has left goes") func faults() async throws {
    let inner = InMemoryStore(name: "vault")
    let full = try World(store: FaultyStore(inner) { $0.operation == .write ? .fail(.noSpace) : nil })
    let failed = await failure { try await bundle(full) }
    #expect(failed?.code == "store-full")
    #expect(try await inner.listAll(prefix: "").isEmpty)
    // The file is there, its manifest is not.
    let crashing = try World(store: FaultyStore(inner) { $0.operation == .put ? .crash : nil })
    _ = await failure { try await bundle(crashing) }
    #expect(try await inner.listAll(prefix: "").count == 1)
    let again = try World(store: inner)
    let missing = await failure { try await checkOut(again) }
    #expect(missing?.code == "no-bundle")
    let step = GitBundle.Arguments(from: .text(again.source), store: World.vault, name: "config")
    _ = try await GitBundlePerformer(host: again.host).perform(step, in: again.context("bundle", attempt: 2, earlier: [1], run: crashing.run))
    #expect(try await inner.listAll(prefix: "").count == 2)
  }
}
