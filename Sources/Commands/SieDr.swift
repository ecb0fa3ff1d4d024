public import ArgumentParser

/// The root of the command line.
public struct SieDr: AsyncParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "sie-dr",
    abstract: "Disaster recovery as a plan: linted, planned, applied, resumed, rolled back, proved.",
    discussion: """
      A plan file says what is protected, how much may be lost (RPO), how long recovery may take (RTO) and which steps bring the service \
      back. `lint` proves the figures, `plan` shows what would happen, `apply` does it and keeps a journal.

      \(ExitStatus.table)
      """,
    version: Version.text,
    subcommands: [LintCommand.self, PlanCommand.self, ApplyCommand.self, ResumeCommand.self, RollbackCommand.self, RunsCommand.self, PointsCommand.self, ExpireCommand.self])
  public init() {}

  /// Reads the command line, does what it says and ends the process with its exit status.
  public static func start() async { await main(nil) }
}
