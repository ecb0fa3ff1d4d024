internal import Diagnostics
internal import ProviderInterface

/// A command that cannot go on, in words: printed to standard error, then the exit status.
struct CommandFailure: Error {
  var status: ExitStatus
  var failure: StepFailure

  init(_ code: String, _ message: String, status: ExitStatus = .error, details: [String] = [], helps: [String] = []) {
    self.init(StepFailure(code, message, details: details, helps: helps), status: status)
  }
  init(_ failure: StepFailure, status: ExitStatus = .error) { self.status = status; self.failure = failure }
}

extension StepFailure {
  /// As findings look: `error[code]: message`, then details, then what to type.
  func text(color: Bool) -> String {
    let head = color ? "\u{1B}[1;31merror[\(code)]\u{1B}[0m" : "error[\(code)]"
    return (["\(head): \(message)"] + details.map { "  = \($0)" } + helps.map { "  = help: \($0)" }).joined(separator: "\n") + "\n"
  }
}
