internal import ChangePlanning
internal import ExecutionShell
internal import Journaling
internal import PlanModel
internal import ProviderInterface

/// What the journals say of each protection's last run.
struct LastRuns {
  private let byBackup: [StepName: RunState]

  /// Reads the newest journals until each protection's last run is found; of old ones nothing is asked.
  static func read(_ typed: TypedPlan, _ directory: StateDirectory) async throws(EngineFailure) -> LastRuns {
    var wanted = Set(typed.protection.compactMap { $0.steps.first?.specification.name })
    var found: [StepName: RunState] = [:]
    for run in try await directory.runs().reversed().prefix(1_000) where !wanted.isEmpty {
      let state: RunState
      do throws(EngineFailure) { state = try await directory.state(of: run) } catch {
        // Killed before its first record: it did nothing, and says nothing of any protection.
        guard case .journalDamaged(_, let damage, _) = error, damage.kind == .empty else { throw error }
        continue
      }
      guard state.changeset.scenario == nil, state.changeset.plan.name == typed.plan.metadata.name else { continue }
      for step in wanted where state.index(of: step) != nil {
        found[step] = state
        wanted.remove(step)
      }
    }
    return LastRuns(byBackup: found)
  }

  subscript(_ protection: TypedProtection) -> RunState? { protection.steps.first.flatMap { byBackup[$0.specification.name] } }

  /// The last run, if it did not bring the protection's point into all its stores.
  func failure(of protection: TypedProtection) -> RunState? {
    guard let state = self[protection] else { return nil }
    // All but expiry and the call come first and make the point.
    let needed = protection.steps.map(\.specification).filter { $0.kind != Providers.expiry && $0.kind != Providers.call }.map(\.name)
    return needed.allSatisfy { state[$0]?.isSatisfied ?? false } ? nil : state
  }
}
