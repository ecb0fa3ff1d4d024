internal import ArgumentParser
internal import ExecutionShell
internal import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Reporting
internal import Units

/// Leaves a word for a run and tells what became of it.
struct WordDelivery {
  let console: Console
  let directory: StateDirectory
  let run: RunID

  /// How long the process that is at work on the run has to take it up.
  private static let patience = TimeSpan.seconds(10)

  init(_ console: Console, _ directory: StateDirectory, _ run: RunID) { self.console = console; self.directory = directory; self.run = run }

  func deliver(_ order: Word.Order, reason: String) async throws(CommandFailure) -> ExitStatus {
    let world = World(environment: CommandSession.environment, folder: ".")
    var random = SystemRandomNumberGenerator()
    let now = SystemClock.now()
    let word = Word(
      id: RunID.new(at: now, using: &random).rawValue.lowercased(), by: world.who, host: world.host, at: now, reason: reason, order: order)
    do throws(EngineFailure) {
      try await directory.leave(word, for: run)
      return try await answer(to: word)
    } catch { throw CommandFailure(error.failure) }
  }

  private func answer(to word: Word) async throws(EngineFailure) -> ExitStatus {
    let deadline = SystemClock.now() + Self.patience
    while true {
      let records = try await directory.journal(of: run).records
      for record in records.reversed() {
        switch record.event {
        case .said(let said) where said.word.id == word.id:
          console.write("taken up by run `\(run)`\n")
          return .done
        case .wordRefused(let refused) where refused.word.id == word.id:
          console.writeError(StepFailure(refused.code, refused.why).text(color: console.style.color))
          return .error
        default: continue
        }
      }
      let isOver = if case .finished = records.last?.event { true } else { false }
      guard !isOver, SystemClock.now() < deadline else {
        let why = isOver ? "nobody is at work on run `\(run)`" : "run `\(run)` has not taken it up yet: it is busy with what must end first, or its process is gone"
        console.write("left for run `\(run)`: \(why); `sie-dr resume \(run) --state \(directory.path)` takes it up\n")
        return .paused
      }
      try? await Task.sleep(for: .milliseconds(200))
    }
  }
}

/// What every word to a run says.
struct WordOptions: ParsableArguments {
  @Argument(help: "The run, as `runs` lists it.")
  var run: String
  @Option(help: ArgumentHelp("Why: kept in the journal.", valueName: "text"))
  var reason: String
  @OptionGroup var state: StateOption
  @OptionGroup var global: GlobalOptions

  func deliver(_ order: Word.Order) async throws {
    try await CommandSession.guarded(global) { console in
      let directory = StateFinding.directory(state.state, CommandSession.environment)
      return try await WordDelivery(console, directory, RunID(rawValue: run)).deliver(order, reason: reason)
    }
  }
}

struct SkipCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "skip", abstract: "Tell a run, from any terminal, to go on without a step.",
    discussion: """
      A step that has not begun, or has failed, is left out; one that is running is told to stop first, and is left out when it has. What needs it goes on. \
      If nobody is at work on the run, `resume` takes the word up. Exits with 6 if it was left and not taken up yet.
      """)
  @OptionGroup var word: WordOptions
  @Argument(help: "The step.")
  var step: String
  func run() async throws { try await word.deliver(.skip(StepName(rawValue: step))) }
}

struct RetryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Tell a run, from any terminal, to try a failed step again.",
    discussion: """
      At once, if it is waiting for its next attempt, and with all its retries. If nobody is at work on the run, `resume` takes the word up. Exits with 6 if \
      it was left and not taken up yet.
      """)
  @OptionGroup var word: WordOptions
  @Argument(help: "The step.")
  var step: String
  func run() async throws { try await word.deliver(.retry(StepName(rawValue: step))) }
}

struct CommitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "commit", abstract: "Keep a recovery that is on trial (`provisional`).",
    discussion: """
      From any terminal. `sie-dr rollback RUN` takes it back instead; if nobody says anything in time, the plan's own word holds. If nobody is at work on the \
      run, `resume` takes the word up. Exits with 6 if it was left and not taken up yet.
      """)
  @OptionGroup var word: WordOptions
  func run() async throws { try await word.deliver(.commit) }
}
