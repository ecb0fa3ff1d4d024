internal import ChildProcess
internal import PlanModel
internal import ProviderInterface
internal import Units

/// A program of the author's: it gets PATH, HOME, LANG and which step of which run it is, and no secret.
struct StepProgram: Sendable {
  let host: PostgreSQLHost
  let words: [String]
  /// Blotted out of what it says.
  var secrets: [String] = []

  @discardableResult
  func run(_ context: PerformingContext) async throws(StepFailure) -> ChildOutput {
    var environment = host.programEnvironment
    environment["SIE_DR_RUN"] = context.mark.run.rawValue
    environment["SIE_DR_STEP"] = context.mark.step.rawValue
    environment["SIE_DR_ATTEMPT"] = String(context.mark.attempt)
    // The engine's deadline comes first and says so; this one only makes sure that nothing outlives it.
    var command = ChildCommand(words.first ?? "", Array(words.dropFirst()), environment: environment, deadline: context.timeout + .seconds(5))
    command.secrets = secrets
    let name = "`\(words.joined(separator: " "))`"
    let output: ChildOutput
    do throws(ChildError) { output = try await host.children.run(command) } catch {
      throw Failures.translate(error, doing: "running \(name)")
        .adding(details: [], helps: ["look whether the program is installed and on PATH, then resume the run"])
    }
    guard output.succeeded else {
      let said = output.errorOutput.split(whereSeparator: \.isNewline).suffix(8).map { "it said: \($0)" }
      throw StepFailure(
        "program-failed", "\(name) ended with \(output.status)", details: said.isEmpty ? ["it said nothing"] : said,
        helps: ["run it by hand to see why, then resume the run"])
    }
    return output
  }
}
