public import CanonicalJSON
public import Encryption
internal import ObjectStore
internal import PlanModel
public import ProviderInterface
public import RecoveryPoints
public import Units

/// What a server that points are made of says of itself.
public struct SeenSource: Sendable {
  public var version: String
  /// `primary`, or why it is only the second choice; nil where there is no such thing.
  public var role: String?
  /// Why a backup would fail, as far as can be seen.
  public var problem: String?
  public var measurements: [String: JSONValue]

  public init(version: String, role: String?, problem: String?, measurements: [String: JSONValue]) {
    self.version = version; self.role = role; self.problem = problem; self.measurements = measurements
  }
}

/// How `plan` asks such a server. Reads only.
public protocol SourceLook: Sendable {
  associatedtype Source: PointSource
  func look(at server: Source.Server, in context: ObservingContext) async throws(StepFailure) -> SeenSource
}

/// Looks for the newest point in the store, and for a server to back up.
public struct PointBackupObserver<Look: SourceLook>: StepObserver {
  public typealias Kind = PointBackup<Look.Source>
  private let look: Look

  public init(_ look: Look) { self.look = look }

  public func observe(_ arguments: Kind.Arguments, in context: ObservingContext) async -> Observation {
    var observation = Observation()
    do {
      let store = try await context.stores.reading(arguments.store)
      if let failure = await observation.note(newestOf: arguments.protection, of: arguments.dataClass, in: store) {
        return .unreachable("the store `\(arguments.store.name)`: \(failure.detail)")
      }
    } catch { return .unreachable(error.message) }
    var reasons: [String] = []
    for server in arguments.servers {
      do throws(StepFailure) {
        let seen = try await look.look(at: server, in: context)
        observation.facts[PointFact.server] = .string(server.server.rawValue)
        observation.facts[PointFact.serverVersion] = .string(seen.version)
        observation.facts[PointFact.role] = seen.role.map { .string($0) }
        observation.facts[PointFact.problem] = seen.problem.map { .string($0) }
        observation.measurements.merge(seen.measurements) { $1 }
        return observation
      } catch { reasons.append("\(server.server): \(error.message)") }
    }
    return .unreachable(reasons.joined(separator: "; "))
  }
}

/// What a manifest is made of, once the objects are in the store.
public struct MadePoint: Sendable {
  public var content: JSONValue
  public var objects: [PointObject]
  /// Before compression.
  public var raw: ByteCount
  public var rows: Int64
  /// Every write that the server acknowledged before it is in; nil: nobody knows.
  public var sigma: Timestamp?
  /// For people, beside the result.
  public var notes: [String]
  /// `RESTORE.md`.
  public var instructions: @Sendable (_ id: String, PointEncryption?) -> String

  public init(
    content: JSONValue, objects: [PointObject], raw: ByteCount, rows: Int64, sigma: Timestamp?, notes: [String] = [],
    instructions: @escaping @Sendable (_ id: String, PointEncryption?) -> String
  ) {
    self.content = content; self.objects = objects; self.raw = raw; self.rows = rows; self.sigma = sigma; self.notes = notes; self.instructions = instructions
  }
}

/// What is different about making a point of one kind of server.
public protocol PointMaker: Sendable {
  associatedtype Source: PointSource
  /// A server that was reached.
  associatedtype Reached: Sendable
  /// What its points say that they are.
  static var method: String { get }
  /// What is counted in them: `keys`.
  static var unit: String { get }
  var age: AgeProgram { get }

  /// Finds out whether a server is there, and whether it is the one to read from rather than another.
  func reach(_ server: Source.Server, in context: PerformingContext) async throws(StepFailure) -> (server: Reached, isPrimary: Bool)
  /// Streams it into the point: everything but the point's own manifest.
  func make(of server: Reached, into point: PointWriter, in context: PerformingContext) async throws(StepFailure) -> MadePoint
}

/// Makes a recovery point of a server.
public struct PointBackupPerformer<Maker: PointMaker>: StepPerformer {
  public typealias Kind = PointBackup<Maker.Source>
  private let maker: Maker

  public init(_ maker: Maker) { self.maker = maker }

  public func perform(_ arguments: Kind.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    if Task.isCancelled { throw .cancelled }
    let store = try await context.stores.opening(arguments.store)
    try await PointMaking.clearAway(arguments.dataClass, context, in: store)
    let server = try await chooseServer(arguments, context)
    let started = context.now()
    let place = PointPlace(dataClass: arguments.dataClass, id: PointID(started: started, mark: context.mark.description))
    let sealing = arguments.recipients.isEmpty ? nil : AgeSealing(to: arguments.recipients, by: maker.age, deadline: context.timeout)
    let point = PointWriter(place, in: store, sealing: sealing)
    do throws(StepFailure) {
      let made = try await maker.make(of: server, into: point, in: context)
      let manifest = try await manifest(made, place.id, started, arguments, context, store)
      let instructions = made.instructions(place.id.text, manifest.encryption)
      try await pointwise("publishing the point \(place.id)") { try await point.publish(manifest, instructions: instructions) }
      return PointMaking.result(manifest, counting: Maker.unit, notes: made.notes)
    } catch {
      // Also where the task was cancelled: half a point is of no use to anybody.
      try? await point.discard()
      throw error
    }
  }

  /// The first server that is a primary; else the first other one that can be read.
  private func chooseServer(_ arguments: Kind.Arguments, _ context: PerformingContext) async throws(StepFailure) -> Maker.Reached {
    var second: Maker.Reached?
    var failures: [StepFailure] = []
    for server in arguments.servers {
      do throws(StepFailure) {
        let (reached, isPrimary) = try await maker.reach(server, in: context)
        if isPrimary { return reached }
        second = second ?? reached
      } catch { failures.append(error) }
    }
    if let second { return second }
    guard let first = failures.first else { throw StepFailure("no-server", "the data class `\(arguments.dataClass)` names no server") }
    throw StepFailure(first.code, first.message, details: first.details + failures.dropFirst().map(\.message), helps: first.helps, transient: first.isTransient)
  }

  private func manifest(
    _ made: MadePoint, _ id: PointID, _ started: Timestamp, _ arguments: Kind.Arguments, _ context: PerformingContext, _ store: any ObjectStore
  ) async throws(StepFailure) -> PointManifest {
    let catalogue = await Catalogue.read(arguments.dataClass, in: [store])
    // Without the last good point nobody could tell whether this one is suspect.
    if let failure = catalogue.unreachable.first { throw StepFailure(failure, doing: "comparing with the last good point") }
    let suspect = suspicion(rows: made.rows, rawBytes: made.raw, after: catalogue.latest?.manifest, below: arguments.suspectBelow)
    return try await pointwise("writing the manifest") {
      try PointManifest(
        id: id, dataClass: arguments.dataClass, protection: arguments.protection, method: Maker.method, sigma: made.sigma, started: started,
        available: context.now(), plan: context.plan, planDigest: context.planDigest, mark: context.mark.description,
        toolVersion: context.toolVersion, objects: made.objects, rawBytes: made.raw, rows: made.rows, suspect: suspect,
        content: made.content, encryption: arguments.recipients.isEmpty ? nil : PointEncryption(recipients: arguments.recipients))
    }
  }

  public func settle(_ arguments: Kind.Arguments, in context: PerformingContext) async -> Settlement {
    await PointMaking.settle(arguments.dataClass, in: arguments.store, context, counting: Maker.unit)
  }

  /// A published point stays; what an attempt that was not done has left goes.
  public func undo(_ arguments: Kind.Arguments, result _: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    try await PointMaking.clearAway(arguments.dataClass, context, in: try await context.stores.opening(arguments.store))
  }
}
