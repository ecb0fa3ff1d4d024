internal import ArgumentParser
internal import ChangePlanning
internal import ExecutionShell
internal import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Reporting

struct RunsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List the runs of a state directory, newest first.",
    discussion: "With a plan file the state directory is that of the plan; otherwise `--state`, SIE_DR_STATE or `.sie-dr` here.")

  @Argument(help: "A plan file.")
  var plan: String?
  @OptionGroup var composition: CompositionOptions
  @OptionGroup var state: StateOption
  @OptionGroup var format: FormatOption
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if plan == nil, composition.areGiven { throw ValidationError("'--environment', '--overlay' and '--var' are of a plan: name it") }
  }

  func run() async throws {
    try await CommandSession.guarded(global) { console in
      let environment = CommandSession.environment
      let directory = try plan.map { try LoadedPlan.load($0, composition, console).stateDirectory(state, environment) } ?? StateFinding.directory(state.state, environment)
      var states: [RunState] = []
      var damaged = false
      do throws(EngineFailure) {
        for run in try await directory.runs().reversed() {
          do throws(EngineFailure) { states.append(try await directory.state(of: run)) } catch {
            // One damaged journal must not hide the other runs.
            console.writeError(error.failure.text(color: console.style.color))
            damaged = true
          }
        }
      } catch {
        throw CommandFailure(error.failure)
      }
      // Names tell seconds apart, not two runs of the same second.
      states.sort { ($0.startedAt, $0.run.rawValue) > ($1.startedAt, $1.run.rawValue) }
      console.write(try runsReport(states, as: format.format, console.style))
      return damaged ? .error : .done
    }
  }
}
