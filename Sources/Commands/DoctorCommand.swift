internal import ArgumentParser
internal import ChangePlanning
internal import ExecutionShell
internal import PlanModel
internal import ProviderInterface
internal import Reporting
internal import Units

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Look whether everything that a plan needs is there, from here and now.",
    discussion: """
      Programs, secrets, rights on each server, clocks, whether each store takes, gives back and deletes an object, free space, probes: all \
      looked at together, each with a time-out. Reads only, but for one probe object under `sie-dr-doctor/` in each store, which it deletes, \
      and a file in the state directory. Exits with 1 if anything failed; a warning does not count.
      """)

  @Argument(help: "The plan file.")
  var plan: String
  @Option(help: ArgumentHelp("How long one question to a server or store may take.", valueName: "time span"))
  var timeout: String = "10s"
  @OptionGroup var composition: CompositionOptions
  @OptionGroup var state: StateOption
  @OptionGroup var format: FormatOption
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await CommandSession.guarded(global) { console in
      let environment = CommandSession.environment
      let timeout = try TimeoutOption.read(timeout, of: "--timeout")
      let loaded = try LoadedPlan.load(plan, composition, console)
      let systems = await Doctor(loaded, environment, timeout: timeout).look(state: loaded.stateDirectory(state, environment).path)
      console.write(try doctorReport(systems, as: format.format, console.style))
      return systems.contains { $0.checks.contains { $0.verdict == .failed } } ? .error : .done
    }
  }
}
