internal import ArgumentParser
internal import Diagnostics
internal import ProviderInterface

/// A command that cannot go on, in words: printed to standard error, then the exit status.
struct CommandFailure: Error {
  var status: ExitStatus
  var failure: StepFailure

  init(_ status: ExitStatus = .error, _ code: String, _ message: String, details: [String] = [], helps: [String] = []) {
    self.status = status
    failure = StepFailure(code, message, details: details, helps: helps)
  }
  init(_ status: ExitStatus = .error, _ failure: StepFailure) { self.status = status; self.failure = failure }
}

extension StepFailure {
  /// As findings look: `error[code]: message`, then details, then what to type.
  func text(color: Bool) -> String {
    let head = color ? "\u{1B}[1;31merror[\(code)]\u{1B}[0m" : "error[\(code)]"
    return (["\(head): \(message)"] + details.map { "  = \($0)" } + helps.map { "  = help: \($0)" }).joined(separator: "\n") + "\n"
  }
}

extension ParsableCommand {
  /// Ends the command with this status.
  func end(_ status: ExitStatus) throws {
    if status != .done { throw ExitCode(status.rawValue) }
  }
}
