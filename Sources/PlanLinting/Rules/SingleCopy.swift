internal import Diagnostics
internal import Objectives
internal import PlanModel

extension LintRule {
  static let singleCopy = LintRule(
    "single-copy", .warning, "All that is kept of a data class is in one place.",
    explanation: """
      One store, or several in one site, are lost together: to the disaster of that site, to one wrong deletion, to one key. Two copies in two
      places are the least with which a loss is no disaster. A replica is not counted: what is deleted on the primary is deleted there too.
      """,
    example: """
      `orders` is written to `near` and copied to `shelf`, both in `east`: whoever loses `east` has neither.
      """,
    source: "CISA, \"Data Backup Options\" (the 3-2-1 rule)",
    fix: "Add a store in another site: under `copy`, or for WAL under `to`."
  ) { context in
    context.plan.dataClasses.compactMap { dataClass in
      guard !dataClass.comesBackByItself else { return nil }
      let places = keptIn(dataClass, context.plan)
      guard let first = places.first, places.count == 1 || (first.site != nil && places.allSatisfy { $0.site == first.site }) else { return nil }
      let place = places.count > 1 ? first.site.map { "the site `\($0)`" } : nil
      return Diagnostic(
        "single-copy", .warning, "all that is kept of `\(dataClass.name.value)` is in \(place ?? "`\(first.name)`")", at: first.span, label: places.count == 1 ? "the only copy" : "in the same site as " + places.dropFirst().map { "`\($0.name)`" }.joined(separator: ", "),
        helps: ["add a store in another site\(help(dataClass, context.plan, places.compactMap(\.site)))"])
    }
  }

  private static func help(_ dataClass: DataClass, _ plan: Plan, _ used: [SiteName]) -> String {
    let other = plan.stores.first { store in store.site.map { !used.contains($0.value) } ?? false }
    return other.map { ": `\(dataClass.protections.isEmpty ? "to" : "copy"): [\($0.name.value)]`" } ?? ""
  }

  private struct Kept {
    var name: String
    var site: SiteName?
    var span: SourceSpan
  }

  /// Each place once.
  private static func keptIn(_ dataClass: DataClass, _ plan: Plan) -> [Kept] {
    var stores = dataClass.protections.flatMap { [$0.store] + $0.copies }
    var sites: [Located<SiteName>] = []
    for protection in dataClass.continuous {
      switch protection.method {
      case .wal(let archiving): stores += archiving.stores
      case .managed(let database): sites += database.sites
      case .replica: break
      }
    }
    let all = stores.map { Kept(name: $0.value.rawValue, site: plan.store($0.value)?.site?.value, span: $0.span) }
      + sites.map { Kept(name: $0.value.rawValue, site: $0.value, span: $0.span) }
    return all.reduce(into: []) { places, next in if !places.contains(where: { $0.name == next.name }) { places.append(next) } }
  }
}
