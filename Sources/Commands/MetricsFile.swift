internal import Calendar
internal import ChangePlanning
internal import ExecutionShell
internal import Journaling
internal import ObjectStore
internal import PlanModel
internal import ProviderInterface
internal import RecoveryPointProvider
internal import RecoveryPoints
internal import Reporting
internal import Units

/// The file for node_exporter's textfile collector, written anew after each protection run.
enum MetricsFile {
  /// Does nothing where the plan names no folder. That it cannot be written is a warning: the backup counts.
  static func write(_ loaded: LoadedPlan, _ directory: StateDirectory, _ console: Console) async {
    guard let folder = loaded.plan.metrics?.value else { return }
    let path = (folder.hasPrefix("/") ? folder : "\(loaded.identity.folder)/\(folder)") + "/sie-dr-\(loaded.plan.metadata.name).prom"
    do {
      try Files.write(Array(metricsText(try await metrics(loaded, directory)).utf8), to: path, mode: 0o644)
    } catch let failure as CommandFailure { warn(failure.failure) } catch let failure as EngineFailure { warn(failure.failure) } catch {}
    func warn(_ failure: StepFailure) { console.writeError("warning: the metrics could not be written: \(failure.message)\n") }
  }

  private static func metrics(_ loaded: LoadedPlan, _ directory: StateDirectory) async throws -> [ProtectionMetrics] {
    let last = try await LastRuns.read(loaded.typed, directory)
    let catalogues = Dictionary(try await PointsReading.catalogues(loaded, nil).map { ($0.dataClass, $0.catalogue) }) { first, _ in first }
    return loaded.typed.protection.compactMap { typed in
      guard let catalogue = catalogues[typed.dataClass.name.value] else { return nil }
      let run = last[typed].map { state in
        ProtectionMetrics.LastRun(succeeded: last.failure(of: typed) == nil, ended: state.lastAt, took: state.lastAt - state.startedAt)
      }
      let silent = Set(catalogue.unreachable.map(\.store))
      return ProtectionMetrics(
        plan: loaded.plan.metadata.name, dataClass: typed.dataClass.name.value, protection: typed.protection.name.value,
        points: catalogue.points.filter { $0.manifest.protection == typed.protection.name.value }, lastRun: run, interval: typed.protection.schedule.value.longestInterval,
        lossTarget: (typed.dataClass.objectives.rpo ?? loaded.plan.objectives.rpo)?.value,
        stores: ([typed.protection.store] + typed.protection.copies).map { ($0.value.rawValue, !silent.contains($0.value.rawValue)) })
    }
  }
}
