public import CanonicalJSON
public import Encryption
public import PlanModel
public import ProviderInterface
public import RecoveryPoints
public import Units

/// What every restore of a point is told: the arguments of each such kind.
public protocol PointRestoring: Codable, Hashable, Sendable {
  associatedtype Server: ServerReferring
  var dataClass: DataClassName { get }
  var point: ChosenPoint { get }
  /// Where points of the class are kept, in the author's order.
  var stores: [StoreReference] { get }
  var server: Server { get }
  /// The private key that opens encrypted points.
  var identity: SecretReference? { get }
}

/// The fields that all restores have.
public struct RestoreFields<Server: ServerReferring> {
  public let dataClass: DataClassName
  public let point: ChosenPoint
  public let stores: [StoreReference]
  public let server: Server
  public let identity: SecretReference?
}

extension MappingReader {
  /// `data`, `server` and `point`; nil where something was reported.
  public mutating func restore<Server: ServerReferring>(to _: Server.Type, in plan: Plan) -> RestoreFields<Server>? {
    let dataClass = dataClass("data", on: Server.kind, in: plan)
    let server: Server? = server("server", in: plan)
    let written = text("point")?.value ?? "latest"
    guard let dataClass, let server else { return nil }
    return RestoreFields(
      dataClass: dataClass.name.value, point: ChosenPoint(plan.chosenPoints[dataClass.name.value] ?? written), stores: plan.storesOfPoints(of: dataClass), server: server,
      identity: dataClass.identity.flatMap { plan.reference(to: $0.value) })
  }
}

extension Field {
  /// `point`, of every restore.
  public static let chosenPoint = Field("point", .text, "A point's id, or `latest` (the default): the newest usable one that survives.")
}

extension Plan {
  /// What the author believes that bringing a class back takes.
  public func restoreEstimate(of dataClass: DataClassName) -> Estimated? {
    guard let estimate = self.dataClass(dataClass)?.estimate, let restore = estimate.restore else { return nil }
    return restore.value.time(for: estimate.size?.value).map { Estimated($0, at: restore.span) }
  }
}

extension PointRestoring {
  public var footprint: Footprint {
    Footprint(
      reads: Set(stores.map { .points(of: dataClass, in: $0.name) }), writes: [.server(server.server)],
      requires: Set(server.requirements + [.anyStore(stores.map(\.name))] + (identity.map { [.secret($0.name)] } ?? [])), recovers: dataClass.rawValue)
  }

  /// `what` is brought back: `keys`; `before` says what is there now.
  public func compare(_ observation: Observation, bringingBack what: String, before: JSONValue, at now: Timestamp) -> Change {
    if case .unreachable(let reason) = observation.reach { return Change(.unknown, reason: "could not be observed: \(reason)") }
    let problem = observation.facts[PointFact.problem]?.string
    guard let point = observation.facts[PointFact.point]?.string else {
      let why = problem.map { " (\($0))" } ?? ""
      return Change(.unknown, reason: "no usable recovery point of `\(dataClass)` was found: the step will fail\(why)")
    }
    let losses = observation.facts[PointFact.newestSigma]?.string.flatMap { Timestamp($0) }.map {
      ["everything that was written to `\(dataClass)` after \($0) (\((now - $0).rounded) ago) is lost"]
    }
    if let problem { return Change(.unknown, reason: "the step would fail: \(problem)", losses: losses ?? []) }
    return Change(
      .create, reason: "brings `\(dataClass)` back on `\(server.server)`", before: [what: before], after: [what: .string("as of point \(point)")], losses: losses ?? [])
  }

  /// The chosen point with all stores that hold it, and the key that opens it.
  public func copies(by age: AgeProgram, in context: PerformingContext) async throws(StepFailure) -> PointCopies {
    let (found, open, problems) = await point.find(dataClass, in: stores, by: context.stores)
    guard let found, !open.isEmpty else { throw point.missing(of: dataClass, in: stores, problems) }
    let unsealing = try await found.manifest.opened(by: identity, from: context.secrets).map { AgeUnsealing(with: $0, by: age, deadline: context.timeout) }
    return PointCopies(found.manifest, in: open, unsealing: unsealing)
  }
}

extension Observation {
  /// Notes the point that a restore would take, and what is in the way of it; `unit` is what its rows are. Gives the point.
  public mutating func note(restored arguments: some PointRestoring, counting unit: String, in context: ObservingContext) async -> RecoveryPoint? {
    let (point, _, problems) = await arguments.point.find(arguments.dataClass, in: arguments.stores, by: context.stores)
    guard let manifest = point?.manifest else {
      facts[PointFact.problem] = problems.first.map { .string($0) }
      return nil
    }
    facts[PointFact.point] = .string(manifest.id.text)
    facts[PointFact.newestSigma] = .string(manifest.consistentAt.description)
    measurements[unit] = .int(manifest.rows)
    measurements["raw"] = .string(manifest.rawBytes.description)
    do throws(StepFailure) { _ = try await manifest.opened(by: arguments.identity, from: context.secrets) } catch { facts[PointFact.problem] = .string(error.message) }
    return point
  }
}
