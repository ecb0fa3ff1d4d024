import CanonicalJSON
@testable import Commands
import Diagnostics
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import YAMLReading

/// What plans say of Git, and what it comes to.
@Suite("Git in plans") struct LanguageTests {
  private func typed(_ step: String) -> (step: TypedStep?, summaries: [String]) {
    let text = """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: small }
      secrets: { url: { env: URL }, mirror: { env: MIRROR } }
      stores: { near: { directory: { path: near } } }
      scenarios: { lost: { detect: { noticedWithin: 5m }, steps: { it: \(step) } } }

      """
    let (document, yaml) = readYAML(SourceFile(path: "plan.yaml", bytes: Array(text.utf8)))
    let (plan, reading) = readPlan(document)
    guard let plan else { return (nil, (yaml + reading).map(\.summary)) }
    let (typed, typing) = typecheck(plan, kinds: Providers.kinds, protection: Providers.protection)
    return (typed.scenarios.first?.steps.first, (yaml + reading + typing).map(\.summary))
  }

  private func footprint(_ step: String) throws -> Footprint {
    let found = typed(step)
    #expect(found.summaries == [])
    return try #require(found.step).specification.footprint
  }

  @Test("each kind says what it reads, writes and needs") func footprints() throws {
    #expect(
      try footprint("{ git.mirror: { from: { secret: url }, to: { secret: mirror } } }")
        == Footprint(reads: [.named("git:secret url")], writes: [.named("git:secret mirror")], requires: [.secret("url"), .secret("mirror")]))
    let bundle = typed("{ git.bundle: { from: \"https://h/sie/config.git\", to: near } }")
    #expect(bundle.step?.specification.footprint == Footprint(reads: [.named("git:https://h/sie/config.git")], writes: [.named("bundles:config@near")], requires: [.store("near")]))
    #expect(bundle.step?.specification.arguments.json["name"] == "config")
    #expect(
      try footprint("{ git.checkout: { from: \"bundle://near/config\", into: work } }")
        == Footprint(reads: [.named("bundles:config@near")], writes: [.named("folder:work")], requires: [.store("near")]))
    #expect(try footprint("{ git.checkout: { from: { secret: url }, into: work } }").requires == [.secret("url")])
  }

  @Test("what is wrong is told", arguments: [
    ("{ git.mirror: { from: a } }", "`git.mirror` of the step `it` has no `to`"),
    ("{ git.bundle: { from: a, to: far } }", "there is no store `far`"),
    ("{ git.bundle: { from: a, to: near, name: ../x } }", "`name` of `git.bundle` of the step `it` is `../x`"),
    ("{ git.checkout: { from: \"bundle://far/config\", into: w } }", "there is no store `far`"),
    ("{ git.checkout: { from: \"bundle://near\", into: w } }", "`from` of `git.checkout` of the step `it` is `bundle://near`"),
    ("{ git.checkout: { from: a, into: w, ref: --upload-pack=x } }", "`ref` of `git.checkout` of the step `it` is `--upload-pack=x`"),
  ]) func wrong(_ step: String, _ summary: String) { #expect(typed(step).summaries.contains(summary), "\(typed(step).summaries)") }
}
