internal import ChangePlanning
internal import ChildProcess
internal import Concurrency
internal import DNSProvider
internal import DirectoryStore
internal import HTTPClient
internal import HTTPProvider
internal import KubernetesProvider
internal import MeilisearchProvider
internal import ObjectStore
internal import PlanModel
internal import PointSteps
internal import PostgreSQLProvider
internal import RDSProvider
internal import RedisProvider
internal import ProviderInterface
internal import RecoveryPoints
internal import S3Store
internal import Units
internal import Watching

/// Looks at all that a plan names: everything at once, each with a time-out; shown in the plan's order, whoever answers first.
struct Doctor: Sendable {
  let typed: TypedPlan
  let environment: [String: String]
  let folder: String
  let timeout: TimeSpan
  /// The text of the plan's file of signers.
  private let signers: String
  private let children: ChildRunner
  private let secrets: SecretSources
  private let stores: StoreFolders
  private let client: HTTPClient

  init(_ loaded: LoadedPlan, _ environment: [String: String], timeout: TimeSpan) {
    signers = (try? loaded.signers()) ?? ""
    typed = loaded.typed
    self.environment = environment
    folder = loaded.identity.folder
    self.timeout = timeout
    children = ChildRunner()
    client = HTTPClient(trustedBy: environment)
    secrets = SecretSources(environment: environment, children: children, folder: folder)
    // A doctor asks twice, and says what it was told.
    var patience = S3Patience()
    patience.attempts = 2
    stores = StoreFolders(folder: folder, environment: environment, secrets: secrets, patience: patience)
  }

  private var plan: Plan { typed.plan }
  private var context: ObservingContext { ObservingContext(secrets: secrets, stores: stores, timeout: timeout, now: SystemClock.now) }

  func look(state: String) async -> [CheckedSystem] {
    let tools = Task { [environment, children] in await PostgreSQLTools.look(in: .standard(environment: environment), children: children) }
    var systems: [(name: String, look: @Sendable () async -> [CheckOutcome])] = [
      ("this host", { await hostOutcomes(await tools.value) }),
      ("approvals", { ApprovalExamination.outcomes(typed, signers: signers, file: plan.signers?.value ?? "allowed_signers") }), ("secrets", { await together(plan.secrets) { await outcome(of: $0) } }),
      ("state in \(state)", { await StateExamination(state, timeout: timeout).outcomes() }),
    ]
    for server in plan.servers { systems.append(("server \(server.name.value)", { await outcomes(of: server, await tools.value) })) }
    for store in plan.stores { systems.append(("store \(store.name.value)", { await outcomes(of: store) })) }
    systems.append(("probes", { await together(plan.probes) { await outcome(of: $0) } }))
    return await together(systems) { CheckedSystem($0.name, await $0.look()) }.filter { !$0.checks.isEmpty }
  }

  /// All at once, in the given order.
  private func together<Item: Sendable, Value: Sendable>(_ items: [Item], _ look: @escaping @Sendable (Item) async -> Value) async -> [Value] {
    await withTaskGroup(of: (Int, Value).self) { group in
      for (index, item) in items.enumerated() { group.addTask { (index, await look(item)) } }
      var found: [(Int, Value)] = []
      for await one in group { found.append(one) }
      return found.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  // MARK: The host

  private func hostOutcomes(_ tools: PostgreSQLTools) async -> [CheckOutcome] {
    let usesTools = plan.servers.map(duties).contains { $0.isBackedUp || $0.isRestoredTo }
    return (usesTools ? tools.outcomes() : []) + NeededProgram.all(in: typed).map { $0.look(environment) }
  }

  private func outcome(of secret: Secret) async -> CheckOutcome {
    let reference = SecretReference(name: secret.name.value, source: secret.source)
    do throws(StepFailure) { _ = try await secrets.resolve(reference) } catch { return reference.outcome(error) }
    return reference.outcome(nil)
  }

  // MARK: Servers

  private func duties(of server: Server) -> ServerDuties {
    let name = server.name.value
    var backedUp: [String?] = []
    for protection in plan.dataClasses.filter({ $0.servers.contains { $0.value == name } }).flatMap(\.protections) {
      guard case .logical(let options) = protection.method else { continue }
      for database in options.databases.isEmpty ? [nil] : options.databases.map(Optional.some) where !backedUp.contains(database) { backedUp.append(database) }
    }
    let isRestoredTo = typed.scenarios.flatMap(\.steps).contains {
      $0.specification.kind == PostgreSQLRestore.name && $0.specification.footprint.writes.contains(.server(name))
    }
    let roleKinds = [PostgreSQLFence.name, PostgreSQLPromote.name, PostgreSQLRebuildReplica.name]
    let changesRole = typed.scenarios.flatMap(\.steps).map(\.specification).contains {
      roleKinds.contains($0.kind) && $0.footprint.writes.union($0.footprint.reads).contains(.server(name))
    }
    return ServerDuties(backedUp: backedUp, isRestoredTo: isRestoredTo, changesRole: changesRole)
  }

  private func outcomes(of server: Server, _ tools: PostgreSQLTools) async -> [CheckOutcome] {
    if let zone = DNSZoneReference(server, in: plan) { return await DNSZoneExamination(zone, Providers.names(environment, folder)).outcomes(in: context) }
    if let redis = RedisReference(server.name.value, in: plan) {
      let steps = typed.protection.flatMap(\.steps) + typed.scenarios.flatMap(\.steps)
      func does(_ kind: StepKindName, _ touches: (Footprint) -> Set<Resource>) -> Bool {
        steps.contains { $0.specification.kind == kind && touches($0.specification.footprint).contains(.server(server.name.value)) }
      }
      return await RedisExamination(of: redis, isBackedUp: does(RedisBackup.name, \.reads), isRestoredTo: does(RedisRestore.name, \.writes)).outcomes(in: context)
    }
    if let cluster = KubernetesReference(server, in: plan) {
      return await KubernetesExamination(of: cluster, on: KubernetesHost(children: children, environment: environment, folder: folder)).outcomes(in: context)
    }
    if let search = MeilisearchReference(server.name.value, in: plan) {
      let isDumped = typed.protection.flatMap(\.steps).contains { $0.specification.kind == MeilisearchDump.name && $0.specification.footprint.reads.contains(.server(server.name.value)) }
      return await MeilisearchExamination(of: search, on: MeilisearchHost(children: children, client: client, environment: environment, folder: folder), isDumped: isDumped).outcomes(in: context)
    }
    if let rds = RDSReference(server.name.value, in: plan) {
      let isMade = typed.scenarios.flatMap(\.steps).contains { $0.specification.kind == RDSRestore.name && $0.specification.footprint.writes.contains(.server(server.name.value)) }
      return await RDSExamination(of: rds, on: Providers.rds(environment, folder: folder), isMade: isMade).outcomes(in: context)
    }
    guard let reference = plan.postgresql(server.name.value) else {
      return [CheckOutcome("answer", .notChecked, "this version of sie-dr cannot look at a \(server.kindName.noun)")]
    }
    return await ServerExamination(of: reference, for: duties(of: server), tools: tools).outcomes(in: context)
  }

  // MARK: Stores

  private func outcomes(of store: Store) async -> [CheckOutcome] {
    guard let reference = plan.reference(to: store.name.value) else { return [] }
    do throws(StepFailure) {
      let opened = try await stores.opening(reference)
      let name = String(UInt64.random(in: .min ... .max), radix: 16)
      guard let seen = await StoreExamination(opened, timeout: timeout, now: SystemClock.now, name: name)?.look() else { return [] }
      return seen.outcomes(await duties(of: store, opened, isListed: seen.listing.isDone))
    } catch {
      return [CheckOutcome("open", error, otherwise: "correct the store in the plan")]
    }
  }

  private func duties(of store: Store, _ opened: any ObjectStore, isListed: Bool) async -> StoreDuties {
    var duties: StoreDuties
    switch store.kind {
    case .directory(let path): duties = StoreDuties(kind: .directory(path: path))
    case .s3(let location): duties = StoreDuties(kind: .bucket(location.lock))
    }
    for dataClass in plan.dataClasses {
      let protections = dataClass.protections.filter { $0.store.value == store.name.value || $0.copies.contains { $0.value == store.name.value } }
      guard !protections.isEmpty else { continue }
      if protections.contains(where: { $0.keep != nil }) { duties.expires = true }
      // Only of use beside the free space, which buckets do not tell.
      guard isListed, opened is DirectoryStore else { continue }
      let catalogue = try? await withDeadline(timeout.duration) { await Catalogue.read(dataClass.name.value, in: [opened]) }
      if let size = catalogue?.latest?.manifest.storedBytes ?? dataClass.estimate.size?.value { duties.expected = (duties.expected ?? .zero) + size }
    }
    return duties
  }

  // MARK: Probes

  private func outcome(of probe: Probe) async -> CheckOutcome {
    let name = probe.name.value.rawValue
    let help = "look at the service; a scenario that is detected by this probe would be under way"
    return switch await ProbeAsking(plan: plan, secrets: secrets, client: client).ask(probe) {
    case .works: CheckOutcome(name, .ok, "answers as expected: \(ProbeAsking.shown(probe))")
    case .fails(let why): CheckOutcome(name, .failed, why, helps: [help])
    case .notAsked(let why): CheckOutcome(name, .notChecked, why)
    }
  }
}
