public import CanonicalJSON
public import ObjectStore
public import PlanModel
public import Units

/// Names one run: `20261124T081534Z-k3f9`. Sortable by time.
public struct RunID: Hashable, Comparable, Sendable, RawRepresentable, Codable, CustomStringConvertible {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }
  public init(from decoder: any Decoder) throws { rawValue = try decoder.singleValueContainer().decode(String.self) }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
  public var description: String { rawValue }
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// One attempt at one step of one run. What an attempt makes in the world carries its mark, so that resume and undo find it again and
/// touch nothing else.
public struct StepMark: Hashable, Sendable, Codable, CustomStringConvertible {
  public var run: RunID
  public var step: StepName
  public var attempt: Int
  public init(run: RunID, step: StepName, attempt: Int) { self.run = run; self.step = step; self.attempt = attempt }
  public var description: String { "\(run).\(step).\(attempt)" }
}

/// What a done step leaves: recorded in the journal, handed to `undo`.
public struct StepResult: Hashable, Sendable, Codable {
  /// One line for people: "restored 12 tables, 7,600,000 rows from point …".
  public var summary: String
  public var outputs: [String: OutputValue]
  /// What undo needs to know.
  public var undoRecord: JSONValue
  public var measurements: [String: JSONValue]

  public init(summary: String, outputs: [String: OutputValue] = [:], undoRecord: JSONValue = .null, measurements: [String: JSONValue] = [:]) {
    self.summary = summary; self.outputs = outputs; self.undoRecord = undoRecord; self.measurements = measurements
  }
}

/// Why a step did not reach its goal, in words for the person at 03:00. Holds no secret.
public struct StepFailure: Error, Hashable, Sendable, Codable, CustomStringConvertible {
  /// Stable, kebab case: `target-not-empty`.
  public var code: String
  /// What is wrong, and where: one sentence.
  public var message: String
  /// Why it matters, what was found: any number of lines.
  public var details: [String]
  /// What to type or change next.
  public var helps: [String]
  /// Whether trying again could help.
  public var isTransient: Bool

  public init(_ code: String, _ message: String, details: [String] = [], helps: [String] = [], transient: Bool = false) {
    self.code = code; self.message = message; self.details = details; self.helps = helps; isTransient = transient
  }
  public var description: String { "\(code): \(message)" }
  /// For a task that was cancelled: by a person, a time-out or a lost lock.
  public static let cancelled = StepFailure("cancelled", "the step was cancelled before it was done")
}

/// How far a step is.
public struct StepProgress: Hashable, Sendable {
  /// What it is doing: "copying rows".
  public var phase: String
  public var done: ByteCount
  /// Nil where nobody knows.
  public var total: ByteCount?
  public init(phase: String, done: ByteCount = .zero, total: ByteCount? = nil) { self.phase = phase; self.done = done; self.total = total }
}

public protocol SecretResolving: Sendable {
  /// The value, or a failure that names the secret and where it was looked for.
  func resolve(_ secret: SecretReference) async throws(StepFailure) -> SecretValue
}

/// Opens the reading half of stores.
public protocol StoreReading: Sendable {
  func reading(_ store: StoreReference) async throws(StepFailure) -> any ObjectReading
}

/// Opens whole stores.
public protocol StoreOpening: StoreReading {
  func opening(_ store: StoreReference) async throws(StepFailure) -> any ObjectStore
}

/// What an observer may use: nothing that writes.
public struct ObservingContext: Sendable {
  public var secrets: any SecretResolving
  public var stores: any StoreReading
  /// For one observation as a whole.
  public var timeout: TimeSpan
  public var now: @Sendable () -> Timestamp

  public init(secrets: any SecretResolving, stores: any StoreReading, timeout: TimeSpan, now: @escaping @Sendable () -> Timestamp) {
    self.secrets = secrets; self.stores = stores; self.timeout = timeout; self.now = now
  }
}

/// What a performer may use.
public struct PerformingContext: Sendable {
  public var mark: StepMark
  /// Attempts of this step in this run that did not end well: their remains may still be there.
  public var earlierMarks: [StepMark]
  public var plan: String
  public var planDigest: String
  public var toolVersion: String
  /// The step is cancelled after this long.
  public var timeout: TimeSpan
  public var secrets: any SecretResolving
  public var stores: any StoreOpening
  /// Outputs of the steps that are done.
  public var outputs: [StepName: [String: OutputValue]]
  public var now: @Sendable () -> Timestamp
  public var report: @Sendable (StepProgress) -> Void

  public init(
    mark: StepMark, earlierMarks: [StepMark], plan: String, planDigest: String, toolVersion: String, timeout: TimeSpan, secrets: any SecretResolving,
    stores: any StoreOpening, outputs: [StepName: [String: OutputValue]], now: @escaping @Sendable () -> Timestamp,
    report: @escaping @Sendable (StepProgress) -> Void
  ) {
    self.mark = mark; self.earlierMarks = earlierMarks; self.plan = plan; self.planDigest = planDigest; self.toolVersion = toolVersion
    self.timeout = timeout; self.secrets = secrets; self.stores = stores; self.outputs = outputs; self.now = now; self.report = report
  }

  /// The value of an input, secrets resolved.
  public func resolve(_ input: InputValue) async throws(StepFailure) -> SecretValue {
    switch input {
    case .text(let text): return SecretValue(text)
    case .secret(let reference): return try await secrets.resolve(reference)
    case .output(let step, let name):
      switch outputs[step]?[name] {
      case .text(let text): return SecretValue(text)
      case .secret(let reference): return try await secrets.resolve(reference)
      case nil:
        throw StepFailure(
          "output-missing", "the step `\(step)` gave no output `\(name)`", details: ["the step was skipped, or an older run did not record it"],
          helps: ["run `\(step)` again, or write the value into the plan"])
      }
    }
  }
}
