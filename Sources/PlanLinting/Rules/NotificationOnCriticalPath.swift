internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import ProviderInterface

extension LintRule {
  static let notificationOnCriticalPath = LintRule(
    "notification-on-critical-path", .error, "A message can hold the recovery up.",
    explanation: """
      In the disasters that matter the chat, the mail or the status page is often down as well. A step that sends a message must be one that no
      other step needs, and its failure must not stop the run: else the recovery waits for a channel. Messages may wait for each other.
      """,
    example: """
      `restore` needs `tell`, and the chat is in the region that is lost: the step times out, the run pauses, and nobody is told why.
      """,
    source: "Opentrons/opentrons pull request 20075",
    fix: "Let no step need it, and write `onFailure: continue`."
  ) { context in
    context.orderedSteps.flatMap { ordered in
      ordered.indices(of: "notify.send").compactMap { index -> Diagnostic? in
        let step = ordered.steps[index]
        let waiting = ordered.waiting(for: index).filter { $0.kind != "notify.send" }
        let stops = step.specification.onFailure != .continue
        guard !waiting.isEmpty || stops else { return nil }
        let names = waiting.map { "`\($0.name)`" }.joined(separator: ", ")
        let reasons = (waiting.isEmpty ? [] : ["\(names) \(waiting.count == 1 ? "waits" : "wait") for it"]) + (stops ? ["its failure stops the run"] : [])
        return Diagnostic(
          "notification-on-critical-path", "`\(step.name)` sends a message and can hold `\(ordered.scenario)` up: \(reasons.joined(separator: ", and "))",
          at: step.span, label: "the channel may be down too", related: waiting.map { .init(span: $0.span, label: "needs it") },
          helps: (waiting.isEmpty ? [] : ["remove `\(step.name)` from the `needs` of \(names)"]) + (stops ? ["write `onFailure: continue` in `\(step.name)`"] : []))
      }
    }
  }
}
