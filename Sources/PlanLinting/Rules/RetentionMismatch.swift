internal import Diagnostics
internal import PlanModel
internal import Units

extension LintRule {
  static let retentionMismatch = LintRule(
    "retention-mismatch", .warning, "An index is kept shorter than the data that it belongs to.",
    explanation: """
      Data that belongs together is restored to one moment. Where the points of a search index go sooner than those of the database, the database
      can be restored to a day of which no index is left. An index that is rebuilt from its source needs no points of that day. Looked at are
      dumps and snapshots of search servers, and derived data without `rebuild`.
      """,
    formula: "keep of an index ≥ keep of its source",
    example: """
      Points of `insights` are kept 30d, those of `search` 7d: the database of day 20 comes back, and no index of that day.
      """,
    source: "docs/language.md, \"Data that comes back in another way\"",
    fix: "Keep both equally long, or write `derivedFrom` and `rebuild`: then the index is made anew."
  ) { context in
    context.plan.dataClasses.compactMap { dataClass in
      guard let own = longest(dataClass), dataClass.derivation?.rebuild == nil, let source = source(of: dataClass, context.plan) else { return nil }
      let its = longest(source)
      guard !kept(source).isEmpty, its?.value ?? .longest > own.value else { return nil }
      return Diagnostic(
        "retention-mismatch", .warning,
        "points of `\(dataClass.name.value)` are kept \(own.value.rounded), those of `\(source.name.value)` \(its.map { $0.value.rounded } ?? "for ever")", at: own.span,
        label: "gone while the others are still there", related: [.init(span: its?.span ?? source.name.span, label: "kept longer")],
        helps: ["keep both equally long, or write `derivedFrom: \(source.name.value)` and `rebuild: { estimate: 2h }`"])
    }
  }

  /// What it is derived from; for a search server that says nothing, the class that is kept longest.
  private static func source(of dataClass: DataClass, _ plan: Plan) -> DataClass? {
    if let derivation = dataClass.derivation { return plan.dataClass(derivation.source.value) }
    guard !dataClass.protections.isEmpty, dataClass.protections.allSatisfy({ $0.isOfSearchServer }), !isOnRedis(dataClass, plan) else { return nil }
    let others = plan.dataClasses.filter { $0.isProtected && (isOnRedis($0, plan) || !$0.protections.contains { $0.isOfSearchServer }) }
    return others.max { longest($0)?.value ?? .longest < longest($1)?.value ?? .longest }
  }

  /// Its snapshots are no index.
  private static func isOnRedis(_ dataClass: DataClass, _ plan: Plan) -> Bool {
    dataClass.servers.contains { plan.server($0.value)?.kindName == .redis }
  }

  /// Nil: for ever, or nothing is kept.
  private static func longest(_ dataClass: DataClass) -> Located<TimeSpan>? {
    let all = kept(dataClass)
    return all.contains { $0 == nil } ? nil : all.compactMap { $0 }.max { $0.value < $1.value }
  }

  private static func kept(_ dataClass: DataClass) -> [Located<TimeSpan>?] {
    var all = dataClass.protections.map { $0.keep?.duration }
    for protection in dataClass.continuous { if case .wal(let archiving) = protection.method { all.append(archiving.keep) } }
    return all
  }
}

extension Protection {
  fileprivate var isOfSearchServer: Bool {
    switch method {
    case .dump, .snapshot: true
    case .logical, .command: false
    }
  }
}
