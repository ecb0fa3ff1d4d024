internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import ProviderInterface

extension LintRule {
  static let dataNotRecovered = LintRule(
    "data-not-recovered", .error, "A scenario loses data that none of its steps brings back.",
    explanation: """
      A scenario that loses or corrupts a data class must hold a step that restores it; else the service comes back without its data. Scripts
      that recreate the servers and forget the database are a classic. A step that writes the data into a server where only other data lives
      (`on` of another data class) does not bring it back either, and where a data class has several databases each of them needs its step.
      """,
    example: """
      `cluster-loss` loses the server of `orders`; its steps create the cluster, deploy and check a page. None restores `orders`: it comes
      back empty.
      """,
    source: """
      docs/language.md, "A scenario"
      """,
    fix: "Add a step `postgresql.restore` for each database of the data class, to a server where the class may live."
  ) { context in
    context.assessment.scenarios.flatMap { scenario in
      scenario.classes.compactMap { data in
        guard !data.dataClass.comesBackByItself else { return nil }
        let name = data.dataClass.name.value
        let steps = scenario.typed.steps.filter { $0.specification.footprint.recovers == name.rawValue }
        let astray = steps.compactMap { wrongPlace($0, of: data.dataClass, context.plan) }
        guard astray.count == steps.count else { return forgotten(steps, data.dataClass, scenario.scenario) }
        return Diagnostic(
          "data-not-recovered", "no step of `\(scenario.scenario.name.value)` brings `\(name)` back" + (astray.first.map { ": \($0)" } ?? ""),
          at: scenario.scenario.name.span, label: "loses `\(name)`", related: [.init(span: data.dataClass.name.span, label: "the data class")],
          helps: ["add a step `restore: { postgresql.restore: { data: \(name), point: latest, server: SERVER } }`"])
      }
    }
  }

  /// Databases of the class that none of its restores brings back.
  private static func forgotten(_ steps: [TypedStep], _ dataClass: DataClass, _ scenario: Scenario) -> Diagnostic? {
    let restored = steps.map(\.specification.footprint.recoversDatabase)
    let missing = dataClass.databases.filter { !restored.contains($0) }
    guard !restored.contains(nil), let first = missing.first else { return nil }
    let name = dataClass.name.value
    return Diagnostic(
      "data-not-recovered", "no step of `\(scenario.name.value)` brings \(missing.map { "`\($0)`" }.joined(separator: ", ")) of `\(name)` back", at: scenario.name.span,
      label: "loses `\(name)`", related: [.init(span: dataClass.name.span, label: "the data class")],
      helps: ["add a step `postgresql.restore: { data: \(name), database: \(first), server: SERVER }`"])
  }

  /// Where a step writes this data into a server that only other data lives in: which and whose it is.
  private static func wrongPlace(_ step: TypedStep, of dataClass: DataClass, _ plan: Plan) -> String? {
    let written = plan.servers.map(\.name.value).filter { step.specification.footprint.writes.contains(.server($0)) }
    for server in written where !dataClass.servers.contains(where: { $0.value == server }) {
      guard let owner = plan.dataClasses.first(where: { $0.servers.contains { $0.value == server } }) else { continue }
      return "`\(step.specification.name)` writes it into `\(server)`, where `\(owner.name.value)` lives"
    }
    return nil
  }
}
