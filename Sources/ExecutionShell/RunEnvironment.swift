public import ExecutionCore
public import Journaling
public import PlanModel
public import ProviderInterface
public import Units

/// All that a run takes from the world, handed in.
public struct RunEnvironment: Sendable {
  public var performers: StepPerformers
  public var observers: StepObservers
  public var secrets: any SecretResolving
  public var stores: any StoreOpening
  /// Who runs it, and where: goes into every record.
  public var who: String
  public var host: String
  public var pid: Int32
  public var toolVersion: String
  public var clock: any RunClock
  public var operators: any OperatorAsking
  public var signatures: any SignatureChecking
  /// SIGINT and SIGTERM, as they come.
  public var signals: AsyncStream<Interruption>
  /// For one look at what a step rests on.
  public var observationTimeout: TimeSpan
  /// Told of everything as it happens. Must not block.
  public var tell: @Sendable (RunNews) -> Void

  public init(
    performers: StepPerformers, observers: StepObservers, secrets: any SecretResolving, stores: any StoreOpening, who: String, host: String,
    pid: Int32, toolVersion: String, clock: any RunClock = SystemRunClock(), operators: any OperatorAsking = NobodyToAsk(), signatures: any SignatureChecking = NoSignatures(),
    signals: AsyncStream<Interruption> = AsyncStream { $0.finish() }, observationTimeout: TimeSpan = .seconds(10),
    tell: @escaping @Sendable (RunNews) -> Void = { _ in }
  ) {
    self.performers = performers
    self.observers = observers
    self.secrets = secrets
    self.stores = stores
    self.who = who
    self.host = host
    self.pid = pid
    self.toolVersion = toolVersion
    self.clock = clock
    self.operators = operators
    self.signatures = signatures
    self.signals = signals
    self.observationTimeout = observationTimeout
    self.tell = tell
  }
}

/// What is told while a run goes on.
public enum RunNews: Sendable {
  /// The run has its journal and its lock; the state so far is that of the journal.
  case opened(RunState, journal: String)
  /// A record is durable. A `RunState` that applies them all follows the run.
  case recorded(Entry)
  /// How far a running job is.
  case progress(Job, StepProgress)
  /// A person is being asked.
  case asking(Job, Question)
  /// A job is tried again at that time.
  case waiting(until: Timestamp)
}

/// The time of day, and a way to wait. Handed in so that tests need not wait.
public protocol RunClock: Sendable {
  func now() -> Timestamp
  /// Returns at that time, or throws when the task is cancelled.
  func sleep(until: Timestamp) async throws
}

/// The wall clock at its start, and from there on a clock that nobody sets: a correction of the system's time fires no time-out.
public struct SystemRunClock: RunClock {
  private let start: Timestamp
  private let clock = ContinuousClock()
  private let origin: ContinuousClock.Instant

  public init() {
    start = Timestamp.wallClock()
    origin = clock.now
  }

  public func now() -> Timestamp { start + TimeSpan(origin.duration(to: clock.now)) }

  public func sleep(until: Timestamp) async throws {
    // A time-out may be longer than any clock can count to.
    let span = min(until - start, .days(36_500))
    try await clock.sleep(until: origin.advanced(by: span.duration))
  }
}

/// Puts a question to a person. When the task is cancelled, nobody waits for the answer any more.
public protocol OperatorAsking: Sendable {
  func ask(_ step: StepName, _ question: Question) async -> Answer
}

/// Where no person is there, as in a job at night.
public struct NobodyToAsk: OperatorAsking {
  public init() {}
  public func ask(_: StepName, _: Question) async -> Answer { .nobody }
}
