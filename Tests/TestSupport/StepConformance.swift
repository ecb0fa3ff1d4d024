public import CanonicalJSON
public import ProviderInterface
internal import Testing

/// What every step kind must hold to, asked of one real step in one real world.
public struct StepConformance<World: Equatable & Sendable>: Sendable {
  public var kind: AnyStepKind
  /// As a changeset or a journal gives them back.
  public var arguments: StepArguments
  public var performers: StepPerformers
  public var context: PerformingContext
  /// What the step may change, looked at from outside.
  public var world: @Sendable () async throws -> World

  public init(
    _ kind: AnyStepKind, _ arguments: JSONValue, _ performers: StepPerformers, _ context: PerformingContext,
    world: @escaping @Sendable () async throws -> World
  ) {
    self.kind = kind; self.arguments = StepArguments(arguments); self.performers = performers; self.context = context; self.world = world
  }

  /// Performing a second time, as after a crash, leaves the same world as performing once.
  public func performsTwiceAsOnce() async throws {
    _ = try await performers.perform(kind.name, arguments, in: context)
    let once = try await world()
    var again = context
    again.mark.attempt += 1
    again.earlierMarks = [context.mark]
    _ = try await performers.perform(kind.name, arguments, in: again)
    try await #expect(world() == once, "performing again changed the world")
  }

  /// Undoing brings the first world back, and undoing again keeps it so; also where nothing was done.
  public func undoes() async throws {
    let before = try await world()
    try await performers.undo(kind.name, arguments, result: nil, in: context)
    try await #expect(world() == before, "undoing what was not done changed the world")
    let result = try await performers.perform(kind.name, arguments, in: context)
    for _ in 0..<2 {
      try await performers.undo(kind.name, arguments, result: result, in: context)
      try await #expect(world() == before, "undoing did not bring the world back")
    }
  }

  /// Settling tells done from not done, and only looks.
  public func settles() async throws {
    let before = try await world()
    try await #expect(performers.settle(kind.name, arguments, in: context) == .notDone)
    try await #expect(world() == before, "settling changed the world")
    _ = try await performers.perform(kind.name, arguments, in: context)
    guard case .done = try await performers.settle(kind.name, arguments, in: context) else {
      Issue.record("a step that was done did not settle as done")
      return
    }
  }

  /// Its arguments come through a file unchanged, and a world out of reach gives a change with a reason.
  public func plansWithoutReach() throws {
    let bytes = try CanonicalJSON.bytes(arguments)
    #expect(try CanonicalJSON.decode(JSONValue.self, from: bytes) == arguments.json)
    let change = kind.compare(arguments, .unreachable("the site burns"), context.now())
    #expect(change.action != .none && !change.reason.isEmpty)
    #expect(!change.reason.contains("another version"), "the arguments were not understood")
  }

  /// A step that is cancelled before it starts changes nothing and says so.
  public func honoursCancellation() async throws {
    let before = try await world()
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      _ = try await performers.perform(kind.name, arguments, in: context)
    }
    let failure = await #expect(throws: StepFailure.self) { try await task.value }
    #expect(failure?.code == "cancelled")
    try await #expect(world() == before)
  }
}
