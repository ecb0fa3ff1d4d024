public import ArgumentParser
internal import CLinuxProcess
internal import Dispatch
internal import Glibc
internal import ProviderInterface

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
    subcommands: [
      LintCommand.self, TestCommand.self, ExplainCommand.self, PlanCommand.self, ObserveCommand.self, ApplyCommand.self, WatchCommand.self, ResumeCommand.self, RollbackCommand.self,
      ApproveCommand.self, SkipCommand.self, RetryCommand.self, CommitCommand.self, RunsCommand.self, ReportCommand.self, StatusCommand.self,
      PointsCommand.self, ExpireCommand.self, DoctorCommand.self, RunbookCommand.self, GraphCommand.self, SchemaCommand.self, FmtCommand.self, RenderCommand.self,
      InitCommand.self,
    ])
  public init() {}

  /// Reads the command line, does what it says and ends the process with its exit status.
  ///
  /// A command that waits for nothing runs on the first thread, before there is another: nothing has to be set up for it, and its memory grows in large pieces.
  public static func start() -> Never {
    // Swift reads the arguments from there: without them each command would print the help and end as if all were well.
    guard !CommandLine.arguments.isEmpty else {
      let failure = StepFailure("no-arguments", "the command line cannot be read: /proc is not mounted", helps: ["type: mount -t proc proc /proc"])
      Console(.never, environment: [:]).writeError(failure.text(color: false))
      Glibc.exit(ExitStatus.error.rawValue)
    }
    do {
      var command = try parsed()
      if !(command is any AsyncParsableCommand) {
        // A plan of a megabyte becomes some forty; what is not touched costs nothing.
        dr_grow_heap_by(64 << 20)
        try command.run()
        end()
      }
    } catch {
      end(error)
    }
    Task {
      do {
        var command = try parseAsRoot(nil)
        if var waiting = command as? any AsyncParsableCommand { try await waiting.run() } else { try command.run() }
        end()
      } catch {
        end(error)
      }
    }
    dispatchMain()
  }

  /// Says what there is to say, as `exit(withError:)` does, and ends at once: what libraries do at an exit in order (OpenSSL frees all that it has) races with threads that
  /// are still closing a connection, and a run that went well would end as an aborted program.
  private static func end(_ error: (any Error)? = nil) -> Never {
    let code = error.map { exitCode(for: $0) } ?? .success
    let text = error.map { fullMessage(for: $0) } ?? ""
    if !text.isEmpty {
      if code == .success { print(text) } else { Console(.never, environment: [:]).writeError(text + "\n") }
    }
    fflush(nil)
    _exit(code.rawValue)
  }

  /// `lint` runs for every change of every plan, and to set up the tree of all commands takes longer than to read its own: where that fails, all of it is
  /// done to say why.
  private static func parsed() throws -> any ParsableCommand {
    if CommandLine.arguments.dropFirst().first == LintCommand._commandName,
      let command = try? LintCommand.parseAsRoot(Array(CommandLine.arguments.dropFirst(2))), command is LintCommand { return command }
    return try parseAsRoot(nil)
  }
}
