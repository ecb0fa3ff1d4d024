public import Units

/// Why a program has no result. A program that ran and failed is a result (`ChildOutput.status`), not an error.
public enum ChildError: Error, Hashable, Sendable {
  /// No such program. `searched` is where: the folders of PATH, or the path itself.
  case notFound(program: String, searched: String)
  /// It is there and could not be started; the reason is for people.
  case cannotStart(program: String, reason: String)
  /// Its time was over; it and all that it started were stopped. `errorOutput` is the end of what it had said.
  case timedOut(program: String, after: TimeSpan, errorOutput: String)
  /// The task was cancelled; the program and all that it started were stopped.
  case cancelled(program: String)
  /// The pipes to it failed; it and all that it started were stopped.
  case brokenPipes(program: String, reason: String)
}

extension ChildError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notFound(let program, let searched):
      "there is no program '\(program)' in \(searched); install it, or give its full path"
    case .cannotStart(let program, let reason):
      "cannot start '\(program)': \(reason)"
    case .timedOut(let program, let after, let errorOutput):
      "'\(program)' was stopped: it took longer than its \(after.rounded)" + Self.lastLine(errorOutput)
    case .cancelled(let program):
      "'\(program)' was stopped: the run was cancelled"
    case .brokenPipes(let program, let reason):
      "'\(program)' was stopped: its input or output could not be passed on: \(reason)"
    }
  }

  private static func lastLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).last.map { "; its last words: \($0)" } ?? "; it had said nothing"
  }
}
