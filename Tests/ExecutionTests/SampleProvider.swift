import CanonicalJSON
import ChangePlanning
import Concurrency
import ObjectStore
import PlanModel
import ProviderInterface
import TestSupport
import Units

/// A world in memory: named values that are set or not, each with the mark of the attempt that set it.
final class SampleWorld: Sendable {
  enum Behaviour: Sendable {
    case fail(transient: Bool)
    /// Does not end before it is cancelled.
    case hang
    /// Does this first, then succeeds.
    case first(@Sendable () async -> Void)
  }
  struct State {
    var values: [String: StepMark] = [:]
    /// What the next attempts at a value do; where there is none, they succeed.
    var behaviours: [String: [Behaviour]] = [:]
    var undoBehaviours: [String: [Behaviour]] = [:]
    var facts: [String: Observation] = [:]
    var contexts: [PerformingContext] = []
  }
  let state = Lock(State())

  var values: [String] { state.withLock { $0.values.keys.sorted() } }
  func plan(_ value: String, _ behaviours: Behaviour...) { state.withLock { $0.behaviours[value] = behaviours } }
  func planUndo(_ value: String, _ behaviours: Behaviour...) { state.withLock { $0.undoBehaviours[value] = behaviours } }

  func behave(_ value: String, in plan: WritableKeyPath<State, [String: [Behaviour]]>) async throws(StepFailure) {
    let next = state.withLock { $0[keyPath: plan][value]?.isEmpty == false ? $0[keyPath: plan][value]?.removeFirst() : nil }
    switch next {
    case nil: return
    case .fail(let transient): throw StepFailure("broken", "`\(value)` cannot be set", transient: transient)
    case .hang:
      while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
      throw .cancelled
    case .first(let work): await work()
    }
  }
}

/// `sample.set`: sets a value.
enum SampleSet: StepKind {
  struct Arguments: Codable, Hashable, Sendable { var value: String }
  static let name: StepKindName = "sample.set"
  static let summary = "sets a value in memory"
  static let fields = [Field("value", .text, required: true, "what is set")]
  static func decode(_ fields: inout MappingReader, in _: StepContext) -> Arguments? {
    fields.requiredText("value", example: "x").map { Arguments(value: $0.value) }
  }
  static func footprint(_: Arguments) -> Footprint { Footprint() }
  static func undoAbility(_: Arguments) -> UndoAbility { .byKind("takes the value away") }
  static func compare(_: Arguments, _: Observation, at _: Timestamp) -> Change { Change(.create, reason: "it is not set") }

  struct Observer: StepObserver {
    typealias Kind = SampleSet
    let world: SampleWorld
    func observe(_ arguments: Arguments, in _: ObservingContext) async -> Observation {
      world.state.withLock { $0.facts[arguments.value] ?? Observation(facts: ["set": .bool($0.values[arguments.value] != nil)]) }
    }
  }

  struct Performer: StepPerformer {
    typealias Kind = SampleSet
    let world: SampleWorld

    func perform(_ arguments: Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
      world.state.withLock { $0.contexts.append(context) }
      context.report(StepProgress(phase: "setting", done: ByteCount(bytes: 1)))
      try await world.behave(arguments.value, in: \.behaviours)
      world.state.withLock { $0.values[arguments.value] = context.mark }
      return StepResult(summary: "set \(arguments.value)", outputs: ["value": .text(arguments.value)], undoRecord: .string(arguments.value))
    }
    func settle(_ arguments: Arguments, in context: PerformingContext) async -> Settlement {
      let isSet = world.state.withLock { $0.values[arguments.value] == context.mark }
      return isSet ? .done(StepResult(summary: "set \(arguments.value)", undoRecord: .string(arguments.value))) : .notDone
    }
    func undo(_ arguments: Arguments, result: StepResult?, in context: PerformingContext) async throws(StepFailure) {
      try await world.behave(arguments.value, in: \.undoBehaviours)
      world.state.withLock { state in
        if state.values[arguments.value]?.run == context.mark.run { state.values[arguments.value] = nil }
      }
    }
  }
}

struct NoSecrets: SecretResolving {
  func resolve(_ secret: SecretReference) async throws(StepFailure) -> SecretValue {
    throw StepFailure("secret-not-found", "there are none")
  }
}

struct NoStores: StoreOpening {
  func reading(_ store: StoreReference) async throws(StepFailure) -> any ObjectReading { throw StepFailure("no-store", "there are none") }
  func opening(_ store: StoreReference) async throws(StepFailure) -> any ObjectStore { throw StepFailure("no-store", "there are none") }
}
