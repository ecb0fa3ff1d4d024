internal import ChildProcess
internal import ProviderInterface
internal import Units

extension Configuration {
  private static let meanings: [(said: [String], code: String, text: String, help: String, transient: Bool)] = [
    (["Error acquiring the state lock", "Error locking state", "state is already locked"], "state-locked", "somebody else holds the lock of the state",
      "wait until that run has ended; only where it is dead for certain: PROGRAM force-unlock ID", true),
    (["No value for required variable", "Invalid value for input variable", "Invalid value for variable"], "variables-missing", "a variable has no value, or a wrong one", "write it under `variables` of the step", false),
    (["Failed to query available provider packages", "Failed to install provider", "Could not retrieve the list of available versions", "could not connect to registry", "Failed to download module"],
      "providers-unavailable", "its providers or modules cannot be had", "let this host reach the registry, or keep them in a mirror on it (`provider_installation` of its CLI configuration)", true),
    (["Inconsistent dependency lock file", "doesn't match any of the checksums", "Provider dependency changes detected"], "lock-file-differs", "its lock file does not fit its providers", "run `PROGRAM init` in the folder by hand, look at the lock file and commit it", false),
    (["Saved plan is stale"], "plan-stale", "the state has changed between plan and apply", "run the step again", true),
    (["Failed to get existing workspaces", "Failed to load state", "error loading state", "Error loading state", "Error refreshing state", "Failed to save state", "Failed to persist state"],
      "state-unreachable", "its state cannot be read or written", "look whether its backend answers, and whether this host may use it", true),
    (["Unsupported Terraform Core version", "state snapshot was created by Terraform v"], "program-too-old", "the configuration or its state wants another version", "install that version", false),
  ]

  func failure(_ error: ChildError, _ doing: String) -> StepFailure {
    switch error {
    case .cancelled: .cancelled
    case .timedOut(_, let after, _):
      StepFailure("terraform-timed-out", "\(program.rawValue) took longer than its \(after.rounded)", details: ["while \(doing)", "it was told to end; its state may be locked"], helps: ["look at what it was making; give the step a longer time-out"], transient: true)
    case .notFound: StepFailure("terraform-missing", "there is no program `\(program.rawValue)` on this host", details: ["while \(doing)"], helps: ["install it, or name the other one: `program: terraform` or `tofu`"])
    case .cannotStart, .brokenPipes: StepFailure("terraform-failed", "\(error)", details: ["while \(doing)"])
    }
  }

  func failure(_ output: ChildOutput, _ doing: String) -> StepFailure {
    // Its frames are for a terminal.
    let lines = output.errorOutput.split(whereSeparator: \.isNewline).map { $0.drop { "╷│╵ ".contains($0) } }.filter { !$0.isEmpty }
    let first = lines.firstIndex { $0.hasPrefix("Error:") } ?? lines.startIndex
    let said = lines[first...].prefix(14).map { "it said: \($0)" }
    let meaning = Self.meanings.first { meaning in meaning.said.contains { output.errorOutput.contains($0) } }
    guard let meaning else {
      return StepFailure("terraform-failed", "\(program.rawValue) ended with \(output.status) in \(folder)", details: ["while \(doing)"] + said, helps: ["run it by hand in that folder to see why, then resume the run"])
    }
    let help = meaning.help.split(separator: "PROGRAM", omittingEmptySubsequences: false).joined(separator: program.rawValue)
    return StepFailure(meaning.code, "\(meaning.text) (\(program.rawValue) in \(folder))", details: ["while \(doing)"] + said, helps: [help], transient: meaning.transient)
  }
}
