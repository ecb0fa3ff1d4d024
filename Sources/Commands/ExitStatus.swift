/// What a command's end tells a script. One table: printed by `--help`, kept in the documentation, held by a test.
public enum ExitStatus: Int32, CaseIterable, Sendable {
  case done = 0
  case error = 1
  case changesPending = 2
  case objectiveBreached = 3
  case rolledBack = 4
  case rollbackIncomplete = 5
  case paused = 6
  case locked = 7
  case usage = 64
  case interrupted = 130
  case terminated = 143

  public var meaning: String {
    switch self {
    case .done: "done, or nothing to do"
    case .error: "error, or a finding of severity error"
    case .changesPending: "changes pending (`plan --detailed-exitcode`; `fmt --check`)"
    case .objectiveBreached: "an objective is breached (wins over 1 and 2)"
    case .rolledBack: "the run failed and was rolled back"
    case .rollbackIncomplete: "`rollback-incomplete`: something could not be undone"
    case .paused: "paused, a step in doubt, or a word that nobody has taken up yet; can be resumed"
    case .locked: "another run holds the lock"
    case .usage: "wrong usage"
    case .interrupted: "interrupted (SIGINT); can be resumed"
    case .terminated: "interrupted (SIGTERM); can be resumed"
    }
  }

  public static var table: String {
    "EXIT CODES:\n" + allCases.map { "  \(String(repeating: " ", count: 3 - String($0.rawValue).count))\($0.rawValue)  \($0.meaning)" }.joined(separator: "\n")
  }
}
