internal import ChangePlanning
internal import PlanLinting
internal import PlanModel
internal import ProviderInterface
internal import Reporting

/// What a change of a plan does, both planned with the same options against the same world.
struct PlanDiff {
  let former: LoadedPlan
  private let base: String

  /// The former plan, as if it lay where the new one does: relative paths count from there.
  init(_ base: String, of loaded: LoadedPlan, _ composition: CompositionOptions, _ console: Console, points: [DataClassName: String]) throws(CommandFailure) {
    self.base = base
    var former = try LoadedPlan.load(base, composition, console, points: points)
    former.identity.folder = loaded.identity.folder
    self.former = former
  }

  /// - Parameter made: makes the former plan's changeset.
  func comparison(
    of loaded: LoadedPlan, _ path: String, _ changeset: Changeset, scenario: String?, made: (LoadedPlan) async throws -> Changeset
  ) async throws -> ChangesetComparison {
    let hasScenario = scenario == nil || former.typed.scenarios.contains { $0.scenario.name.value.rawValue == scenario }
    let old = hasScenario ? try await made(former) : nil
    return try ChangesetComparison(PlanComparison(linted(loaded, path), since: linted(former, base)), changeset, since: old)
  }

  private func linted(_ loaded: LoadedPlan, _ path: String) -> LintedFile {
    (loaded.file, lint(loaded.file, kinds: Providers.kinds, protection: Providers.protection, composing: loaded.composition, evidence: EvidenceFiles(plan: path).callAsFunction))
  }
}
