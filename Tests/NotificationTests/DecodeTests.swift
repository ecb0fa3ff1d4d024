import Diagnostics
import NotificationProvider
import PlanModel
import ProviderInterface
import Testing
import YAMLReading

/// What the fields of a `notify.send` come to, and what is said of wrong ones.
@Suite("Fields of notify.send") struct DecodeTests {
  private func typed(_ fields: String) throws -> (step: TypedStep?, diagnostics: [Diagnostic]) {
    let plan = """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: small, owner: sre }
      secrets: { hook: { env: HOOK }, key: { env: KEY } }
      scenarios: { loss: { steps: { it: { notify.send: { \(fields) } } } } }
      """
    let (document, _) = readYAML(SourceFile(path: "plan.yaml", bytes: Array(plan.utf8)))
    let (read, problems) = readPlan(document)
    guard let read else { return (nil, problems) }
    let none = ProtectionSteps(backup: { _, _, _ in nil }, copy: { _, _, _, _ in nil }, expire: { _, _, _, _ in nil })
    let (typed, untyped) = typecheck(read, kinds: StepKinds([AnyStepKind(NotifySend.self)]), protection: none)
    return (typed.scenarios.first?.steps.first, problems + untyped)
  }

  @Test("two channels, and the secrets that must survive for them") func arguments() throws {
    let (step, diagnostics) = try typed("by: slack, to: { secret: hook }, elseBy: email, elseTo: all@sie.example, elseKey: { secret: key }, from: dr@sie.example, text: x")
    #expect(diagnostics.isEmpty)
    let specification = try #require(step?.specification)
    let arguments = try specification.arguments.decoded(as: NotifySend.Arguments.self)
    #expect(arguments.channels.map(\.by) == [.slack, .email] && arguments.channels.map(\.from) == [nil, "dr@sie.example"])
    #expect(specification.footprint == Footprint(requires: [.secret("hook"), .secret("key")]) && specification.undo == .nothingToUndo)
    let page = try #require(try typed("by: status-page, to: \"https://api.example/v1/pages/x\", key: { secret: key }, text: x").step?.specification)
    #expect(try page.arguments.decoded(as: NotifySend.Arguments.self).channels.first?.status == .investigating)
  }

  @Test("wrong ones are told, and of a webhook's URL only the host", arguments: [
    ("to: { secret: hook }, text: x", "`notify.send` of the step `it` has no `by`"), ("by: slack, text: x", "`notify.send` of the step `it` has no `to`"),
    ("by: slack, to: { secret: hook }", "`notify.send` of the step `it` has no `text`"), ("by: slak, to: { secret: hook }, text: x", "`by` of `notify.send` of the step `it` is `slak`"),
    ("by: slack, to: \"ftp://h.example/services/canary\", text: x", "`to` of `notify.send` of the step `it` is `ftp://h.example/…`"),
    ("by: email, to: all, key: { secret: key }, text: x", "`to` of `notify.send` of the step `it` is `all`"),
    ("by: email, to: all@sie.example, text: x", "`notify.send` of the step `it` has no `key`: the URL of the mail server"),
    ("by: slack, to: { secret: hook }, key: { secret: key }, text: x", "`key` of `notify.send` of the step `it` means nothing: a webhook's URL is all that opens it"),
    ("by: slack, to: { secret: hook }, status: resolved, text: x", "`status` of `notify.send` of the step `it` means nothing where nothing goes by `status-page`"),
    ("by: slack, to: { secret: hook }, from: dr@sie.example, text: x", "`from` of `notify.send` of the step `it` means nothing where nothing goes by `email`"),
    ("by: slack, to: { secret: hook }, elseTo: all@sie.example, text: x", "`notify.send` of the step `it` has no `elseBy`"),
    ("by: slack, to: { secret: hook }, elseBy: email, elseKey: { secret: key }, text: x", "`notify.send` of the step `it` has no `elseTo`"),
    ("by: slack, to: { secret: huk }, text: x", "there is no secret `huk`"),
  ]) func wrong(_ fields: String, _ summary: String) throws { #expect(try typed(fields).diagnostics.map(\.summary) == [summary]) }
}
