internal import CanonicalJSON
internal import Diagnostics
internal import PlanModel
internal import ProviderInterface

extension LintRule {
  static let dnsTTLMissing = LintRule(
    "dns-ttl-missing", .error, "A DNS record is changed, and nobody said how long clients may keep the old answer.",
    explanation: """
      Resolvers keep an answer for its time to live. Until the old one is over clients go to the old place, however fast the record was changed: that
      time is part of the RTO. Without `ttl` it is missing from every figure.
      """,
    formula: "time of the step = its estimate + the record's old time to live",
    example: """
      the record is changed in 10s; its TTL was a day, as the zone's default was. The plan says 10s, the last clients are back a day later.
      """,
    source: "RFC 1035, section 3.2.1; RFC 8767: some resolvers serve an expired answer on purpose",
    fix: "Give the record a short time to live now, and write it: `dns.record: { …, ttl: 5m }`."
  ) { context in
    context.typed.scenarios.flatMap { scenario in
      scenario.steps.compactMap { step in
        guard step.kind == "dns.record", step.written("ttl") == nil, step.argument("ttl") == nil else { return nil }
        return Diagnostic(
          "dns-ttl-missing", "`\(step.name)` of `\(scenario.scenario.name.value)` does not say how long clients may keep the old answer", at: step.span,
          label: "has no `ttl`", notes: ["its recovery time counts from the change, not from when clients are there"],
          helps: ["add `ttl:` with the time to live that the record has, such as `ttl: 5m`"])
      }
    }
  }
}
