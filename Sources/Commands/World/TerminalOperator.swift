internal import Concurrency
internal import ExecutionCore
internal import ExecutionShell
internal import Glibc
internal import Journaling
internal import PlanModel

/// Puts a run's questions to whoever sits at the terminal. What was answered on the command line is not asked again.
actor TerminalOperator: OperatorAsking {
  private let executor = ThreadExecutor()
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
  private let console: Console
  private let who: String
  /// Steps whose question was answered with yes on the command line.
  private let confirmed: Set<StepName>

  init(_ console: Console, who: String, confirmed: Set<StepName>) {
    self.console = console; self.who = who; self.confirmed = confirmed
  }

  func ask(_ step: StepName, _ question: Question) async -> Answer {
    guard case .confirm(let text) = question else { return askAboutDoubt(step, question) }
    if confirmed.contains(step) { return .yes(by: who) }
    return put("\(step): \(text) [yes/no] ")
  }

  private func askAboutDoubt(_ step: StepName, _ question: Question) -> Answer {
    guard case .didItHappen(let text) = question else { return .nobody }
    return put("\(step) is in doubt: did it happen? \(text) [yes/no] ")
  }

  private func put(_ prompt: String) -> Answer {
    guard console.canAsk else { return .nobody }
    console.writeError("\n" + prompt)
    while !Task.isCancelled {
      guard let line = nextLine() else { return .nobody }
      switch line.lowercased() {
      case "yes", "y": return .yes(by: who)
      case "no", "n": return .no(by: who)
      default: console.writeError("please answer yes or no: ")
      }
    }
    return .nobody
  }

  /// A line from the terminal, looking up now and then so that a cancelled question lets go.
  private func nextLine() -> String? {
    while !Task.isCancelled {
      var ready = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      let count = poll(&ready, 1, 200)
      if count > 0 { return readLine() }
      if count < 0 && errno != EINTR { return nil }
    }
    return nil
  }
}
