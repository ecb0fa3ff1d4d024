internal import CanonicalJSON
internal import Diagnostics
internal import PlanModel
internal import ProviderInterface
internal import Units

extension LintRule {
  static let dnsTTLOverBudget = LintRule(
    "dns-ttl-over-budget", .warning, "A DNS record's time to live takes more than a tenth of the RTO.",
    explanation: """
      The old time to live is waited out, and nothing can shorten it once the disaster is there: only a record that has a short one already moves fast.
      More than a tenth of the target is worth a look, since resolvers may keep answers longer than they should.
      """,
    formula: "budget = RTO / 10",
    example: "a target of 1h and `ttl: 15m`: a quarter of the time is spent on waiting for resolvers. With `ttl: 1m` it is a sixtieth.",
    source: "aws-samples/ecs-canary-blue-green-deployment issue 2; RFC 8767",
    fix: "Lower the record's time to live now, before there is a disaster, and write the new one."
  ) { context in
    guard let target = context.plan.objectives.rto else { return [] }
    return context.typed.scenarios.flatMap { scenario in
      scenario.steps.compactMap { step -> Diagnostic? in
        guard step.kind == "dns.record", let ttl = (step.written("ttl") ?? step.argument("ttl")?.string).flatMap({ TimeSpan($0) }), ttl * 10 > target.value else { return nil }
        return Diagnostic(
          "dns-ttl-over-budget", .warning,
          "clients may keep the old answer of `\(step.name)` for \(ttl.rounded), of the \(target.value.rounded) in which `\(scenario.scenario.name.value)` must be over",
          at: step.span(of: "ttl"), label: "more than a tenth", related: [.init(span: target.span, label: "the target")],
          helps: ["lower the record's time to live now, before there is a disaster, and write the new one here"])
      }
    }
  }
}
