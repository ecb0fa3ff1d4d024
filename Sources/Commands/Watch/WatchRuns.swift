internal import ChangePlanning
internal import ExecutionCore
internal import ExecutionShell
internal import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Reporting
internal import Units

/// The runs of a watch: planned and carried out as `apply` and `resume` do it.
struct WatchRuns: Sendable {
  let loaded: LoadedPlan
  let directory: StateDirectory
  let console: Console
  let environment: [String: String]
  /// For one look at a server or store.
  let timeout: TimeSpan
  let width: Int

  enum Ending: Sendable {
    case ended(ExitStatus)
    /// Another run is at work.
    case locked
    case failed(String)
    var worked: Bool { if case .ended(.done) = self { true } else { false } }
  }

  /// What is due; nothing is said where nothing is.
  func protect(signals: AsyncStream<Interruption>) async -> Ending { await carryOut(.protection, as: RunCarrying.newRun(), signals) }

  func recover(_ scenario: ScenarioName, as run: RunID, signals: AsyncStream<Interruption>) async -> Ending {
    do { return await carryOut(try loaded.purpose(scenario.rawValue, mode: nil), as: run, signals) } catch { return .failed(error.failure.message) }
  }

  func resume(_ run: RunID, signals: AsyncStream<Interruption>) async -> Ending {
    let world = World(environment: environment, folder: loaded.identity.folder)
    return await words { try await RunCarrying(console, world, directory, signals: signals).resume(run, .init(.onwards)) }
  }

  private func carryOut(_ purpose: Purpose, as run: RunID, _ signals: AsyncStream<Interruption>) async -> Ending {
    await words {
      let world = ReadOnlyWorld(environment: environment, folder: loaded.identity.folder)
      let changeset = try await makeChangeset(loaded, for: purpose, world, now: SystemClock.now(), timeout: timeout, width: width)
      var carrying = ChangesetCarrying(console: console, environment: environment, directory: directory, loaded: loaded)
      (carrying.parallelism, carrying.signals) = (width, signals)
      return try await carrying.carryOut(changeset, as: run, idle: { _ in }, agree: { true }) ?? .error
    }
  }

  private func words(_ body: () async throws -> ExitStatus) async -> Ending {
    do { return .ended(try await body()) } catch let failure as CommandFailure {
      return failure.status == .locked ? .locked : .failed("\(failure.failure.code): \(failure.failure.message)")
    } catch let failure as StepFailure { return .failed("\(failure.code): \(failure.message)") } catch { return .failed("\(error)") }
  }

  // MARK: What others have done

  /// What is known of a run that was to begin.
  enum Known: Sendable {
    /// It has no journal.
    case never
    /// It has one, and nothing in it.
    case nothingDone
    case cutOff
    case over(String)
    case unreadable(String)
  }

  func known(_ run: RunID) async -> Known {
    do throws(EngineFailure) {
      let state = try await directory.state(of: run)
      switch state.result {
      case nil, .interrupted: return .cutOff
      case .done: return .over("is done")
      case .failed: return .over("has failed: sie-dr resume \(run)")
      case .paused: return .over("is paused: sie-dr resume \(run), or sie-dr rollback \(run)")
      case .rolledBack: return .over("was rolled back")
      case .rollbackIncomplete: return .over("could not be rolled back as a whole")
      }
    } catch {
      if case .noSuchRun = error { return .never }
      if case .journalDamaged(_, let damage, _) = error, damage.kind == .empty { return .nothingDone }
      return .unreadable(error.failure.message)
    }
  }

  /// A run of the scenario that somebody else has begun since then, and who.
  func foreign(_ scenario: ScenarioName, since: Timestamp, besides own: RunID?) async -> (run: RunID, who: String)? {
    guard let runs = try? await directory.runs() else { return nil }
    // Names begin with the second in which they were made.
    for run in runs.reversed() where run != own {
      guard run.rawValue >= since.compact else { break }
      guard let text = try? await directory.journal(of: run), let first = text.records.first, case .runStarted(let start) = first.event else { continue }
      if start.changeset.scenario == scenario, start.changeset.plan.name == loaded.plan.metadata.name, first.at >= since { return (run, first.who) }
    }
    return nil
  }
}
