/// What `doctor` says of one thing that it looked at. Holds no secret.
public struct CheckOutcome: Hashable, Sendable, Codable {
  public enum Verdict: String, Hashable, Sendable, Codable, CaseIterable {
    case ok, warning, failed
    /// Nobody could tell; the message says why.
    case notChecked = "not-checked"
    /// For people.
    public var words: String { self == .notChecked ? "not checked" : rawValue }
  }
  /// What was looked at, within its system: "clock".
  public var name: String
  public var verdict: Verdict
  /// What was found: one line.
  public var message: String
  /// What to type or change next.
  public var helps: [String]

  public init(_ name: String, _ verdict: Verdict, _ message: String, helps: [String] = []) {
    self.name = name; self.verdict = verdict; self.message = message; self.helps = helps
  }

  /// As a step would fail for the same reason. `help` is said where the failure itself does not know what to do.
  public init(_ name: String, _ failure: StepFailure, otherwise help: String) {
    self.init(name, .failed, failure.message, helps: failure.helps.isEmpty ? [help] : failure.helps)
  }
}

/// The checks of one server, store or the like.
public struct CheckedSystem: Hashable, Sendable, Codable {
  public var name: String
  public var checks: [CheckOutcome]
  public init(_ name: String, _ checks: [CheckOutcome]) { self.name = name; self.checks = checks }
}
