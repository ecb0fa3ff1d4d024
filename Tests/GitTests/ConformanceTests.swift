import CanonicalJSON
@testable import GitProvider
import ObjectStore
import PlanModel
import ProviderInterface
import TestSupport
import Testing

/// Git steps in the suite that every step kind passes.
@Suite("Git steps keep what every step promises", .timeLimit(.minutes(5)))
struct ConformanceTests {
  private func kind(_ name: StepKindName) throws -> AnyStepKind { try #require(GitProvider.kinds.first { $0.name == name }) }

  @Test("a mirror, new or with a history", arguments: [false, true]) func mirror(_ isThere: Bool) async throws {
    func suite() async throws -> StepConformance<[String: String]> {
      let world = try World()
      let step = GitMirror.Arguments(from: .text("source"), to: .text("mirror.git"))
      if isThere {
        _ = try await GitMirrorPerformer(host: world.host).perform(step, in: world.context("mirror", run: "before"))
        try world.commit("more.yaml", "x\n")
        try world.git(["-C", world.source, "branch", "-D", "other"])
      }
      return try StepConformance(kind("git.mirror"), CanonicalJSON.value(step), world.performers, world.context("mirror")) { try world.references("\(world.folder)/mirror.git") }
    }
    try await suite().performsTwiceAsOnce()
    try await suite().undoes()
    try await suite().settles()
    try await suite().plansWithoutReach()
    try await suite().honoursCancellation()
  }

  @Test func bundle() async throws {
    func suite() throws -> StepConformance<Set<String>> {
      let world = try World()
      let step = GitBundle.Arguments(from: .text("source"), store: World.vault, name: "config")
      // A second attempt makes another of the same references.
      return try StepConformance(kind("git.bundle"), CanonicalJSON.value(step), world.performers, world.context("bundle")) {
        Set(try await BundlePlace(name: "config").manifests(in: world.store).map { "\($0.references.mirrored.sorted { $0.key < $1.key })" })
      }
    }
    try await suite().performsTwiceAsOnce()
    try await suite().settles()
    try suite().plansWithoutReach()
    try await suite().honoursCancellation()
  }

  @Test func checkout() async throws {
    func suite() throws -> StepConformance<[String]> {
      let world = try World()
      let step = GitCheckout.Arguments(from: .repository(.text("source")), into: "work", ref: "other", signed: false)
      return try StepConformance(kind("git.checkout"), CanonicalJSON.value(step), world.performers, world.context("checkout")) {
        let work = "\(world.folder)/work"
        return try world.names(world.folder) + (world.exists(work) ? world.names(work) + [world.hash("HEAD", in: work)] : [])
      }
    }
    try await suite().performsTwiceAsOnce()
    try await suite().undoes()
    try await suite().settles()
    try suite().plansWithoutReach()
    try await suite().honoursCancellation()
  }
}
