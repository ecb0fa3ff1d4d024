internal import Diagnostics
internal import PlanModel

extension LintRule {
  static let writerCanDelete = LintRule(
    "writer-can-delete", .warning, "Whoever holds one set of credentials can delete every backup of a data class.",
    explanation: """
      Points expire, so the identity that writes them may delete them: whoever breaks into the host that backs up can delete the backups too, and does so
      first. A bucket with `lock`, or a second store with credentials of its own, is out of reach. Reported where all that is kept of a class lies in
      buckets, none is locked and all name the same credentials; what an environment or a role may do is not in the plan.
      """,
    example: """
      `near` and `far` are two buckets with `credentials: { secret: keys }`. The host is broken into; `keys` empties both within a minute, and then the
      database is encrypted.
      """,
    source: "restic/restic issue 2202, kopia/kopia issue 1067; S3 Object Lock",
    fix: "Add `lock: { mode: compliance, for: 14d }` to one of the stores, or give one of them credentials that only whoever restores from it and expires it holds."
  ) { context in
    context.plan.dataClasses.compactMap { dataClass in
      guard !dataClass.comesBackByItself, dataClass.protections.contains(where: { $0.keep != nil }) else { return nil }
      var stores = dataClass.stores
      for protection in dataClass.continuous {
        switch protection.method {
        case .wal(let archiving): stores += archiving.stores.map(\.value)
        // What a provider keeps is not this writer's.
        case .managed: return nil
        case .replica: break
        }
      }
      let buckets = stores.compactMap { context.plan.store($0)?.bucket }
      guard let first = buckets.first, buckets.count == stores.count,
        let credentials = first.credentials, buckets.allSatisfy({ $0.lock == nil && $0.credentials?.value == credentials.value })
      else { return nil }
      return Diagnostic(
        "writer-can-delete", .warning, "whoever holds the secret `\(credentials.value)` can delete all that is kept of `\(dataClass.name.value)`", at: credentials.span,
        label: buckets.count == 1 ? "the only credentials" : "the same credentials for every store", related: [.init(span: dataClass.name.span, label: "kept nowhere else")],
        helps: ["add `lock: { mode: compliance, for: 14d }` to a store, or a store with credentials of its own"])
    }
  }
}

extension Store {
  fileprivate var bucket: S3Location? {
    guard case .s3(let location) = kind else { return nil }
    return location
  }
}
