import Glibc
import ObjectStore
import PlanModel
import PointSteps
@testable import PostgreSQLProvider
import ProviderInterface
import RecoveryPoints
import S3Store
import Scheduling
import TestSupport
import Testing
import Units

/// Backups through a proxy that breaks what it carries at seeded moments. `scripts/fault-test` wants more runs than the suite.
@Suite("backups through a faulty network", .timeLimit(.minutes(60)))
struct S3FaultRunTests {
  private static func number(_ name: String, _ otherwise: Int) -> Int { getenv(name).flatMap { Int(String(cString: $0)) } ?? otherwise }
  private static let first = number("SIE_DR_FAULT_SEED", 1)
  private static let seeds = first..<first + number("SIE_DR_FAULT_RUNS", 3)

  /// One object of several parts, some small ones, a large object.
  private static let sql = """
    CREATE TABLE large AS SELECT n, (SELECT string_agg(md5(random()::text || g || n), '') FROM generate_series(1, 40) g) AS t FROM generate_series(1, 18000) n;
    CREATE TABLE small AS SELECT n, md5(n::text) AS t FROM generate_series(1, 3000) n; ALTER TABLE small ADD PRIMARY KEY (n);
    CREATE TABLE empty (n int REFERENCES small); SELECT lo_from_bytea(4711, decode(repeat('00ff', 100000), 'hex'));
    """
  private static let base = Result { try World.with(sql) }
  private static let dump = Result { try World.dump(base.get().source, base.get().database) }

  /// They wait more than they work, so four go on at once.
  private static let lanes = 0..<min(4, seeds.count)

  @Test("each ends in a good point or in a clear failure without one, and the next run leaves nothing of it", arguments: lanes)
  func run(lane: Int) async throws {
    for seed in Self.seeds where seed % Self.lanes.count == lane { try await run(seed: seed) }
  }

  private func run(seed: Int) async throws {
    var world = try Self.base.get()
    let prefix = "faults/\(world.database)/\(seed)"
    let direct = try testStore(.seaweedFS, prefix: prefix)
    let faults = FaultPlan(seed: seed)
    let proxy = try FaultProxy(to: try S3Server.shared(.seaweedFS).port) { faults.fault($0.index) }
    var patience = testPatience
    patience.stall = .seconds(1)
    patience.time = .seconds(4)
    patience.answer = .seconds(3)
    patience.assembly = .seconds(5)
    world.store = try testStore(.seaweedFS, through: proxy.url, prefix: prefix, patience: patience)

    var arguments = world.backupArguments
    arguments.options.pieceSize = ByteCount(bytes: 100_000_000)
    let failed = await failure { try await BackupPerformer(host: world.host).perform(arguments, in: world.context(step: "backup-\(seed)")) }
    world.store = direct
    let points = await world.points()
    // A store that has gone since the manifest was sent to it cannot be asked; then the failure says that, and a point that is there is whole.
    let isDoubtful = failed?.text.contains("could not be found out") ?? false
    #expect(isDoubtful ? points.count <= 1 : points.count == (failed == nil ? 1 : 0), "seed \(seed) (\(faults)): \(failed?.text ?? "")")
    if let failed { #expect(!failed.message.isEmpty && failed.text.contains("s3"), "seed \(seed): \(failed.text)") }
    // The same run goes on, or the next one is due.
    let next = failed == nil ? world.context(step: "next-\(seed)") : world.context(step: "backup-\(seed)", attempt: 2, earlier: [1])
    _ = try await BackupPerformer(host: world.host).perform(arguments, in: next)
    let all = await world.points()
    #expect(all.count == points.count + 1, "seed \(seed) (\(faults))")
    let left = try await direct.listAll(prefix: "").map(\.key.path).filter { key in !all.contains { key.hasPrefix($0.place.prefix) } }
    #expect(left == [], "seed \(seed) (\(faults))")
    #expect(try await direct.openUploads(prefix: "") == [], "seed \(seed) (\(faults))")
    let restored = "\(world.database)_\(seed)"
    try await world.restore({ $0.into = restored; $0.point = .id((points.first ?? all[0]).id.text) }, step: "restore-\(seed)")
    // On threads of their own: a DROP waits for every session of the server to notice, and the one that another lane is loading does so only when
    // that lane goes on.
    let target = world.target
    #expect(try await onThread { try World.dump(target, restored) } == Self.dump.get(), "seed \(seed) (\(faults))")
    _ = try await onThread { try target.psql("DROP DATABASE \"\(restored)\"") }
    for key in try await direct.listAll(prefix: "") { try await direct.delete(key.key) }
    if getenv("SIE_DR_FAULT_RUNS") != nil { print("seed \(seed)\t\(faults)\t\(proxy.exchanges.count) exchanges\t\(failed.map { "failed: \($0.code)" } ?? "a good point")") }
  }
}

/// Which exchanges break, and how: all of it follows from the seed.
private struct FaultPlan: Sendable, CustomStringConvertible {
  private let seed: Int
  /// One exchange in so many.
  private let oneIn: Int
  /// From this exchange on the store is gone.
  private let goneFrom: Int

  init(seed: Int) {
    self.seed = seed
    var random = SplitMix64(seed: "faults \(seed)")
    oneIn = [3, 6, 12, 40].randomElement(using: &random) ?? 6
    goneFrom = Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 0..<30, using: &random) : .max
  }

  var description: String { "one in \(oneIn)" + (goneFrom == .max ? "" : ", gone from \(goneFrom)") }

  func fault(_ index: Int) -> ExchangeFault? {
    if index >= goneFrom { return .hangUp }
    var random = SplitMix64(seed: "faults \(seed) \(index)")
    guard Int.random(in: 0..<oneIn, using: &random) == 0 else { return nil }
    return (Int.random(in: 0..<8, using: &random) == 0 ? Self.lasting : Self.passing).randomElement(using: &random)
  }

  private static func said(_ code: String) -> String { "<Error><Code>\(code)</Code><Message>said by a test</Message></Error>" }
  /// What is no use to ask again.
  private static let lasting: [ExchangeFault] = [
    .answer(403, body: said("AccessDenied")), .answer(403, body: said("RequestTimeTooSkewed")), .answer(404, body: said("NoSuchBucket")),
    .answer(307, headers: ["Location": "http://127.0.0.1:1/"]),
  ]
  private static let passing: [ExchangeFault] = [
    .answer(500, body: said("InternalError")), .answer(503, headers: ["Retry-After": "0"], body: said("SlowDown")), .answer(400, body: said("ExpiredToken")),
    .answer(200, body: said("InternalError")), .hangUp, .hangUpAfterwards, .answerAfterwards(500, body: said("InternalError")), .answerAfterwards(200),
    .truncate(10), .truncate(300), .corruptRequest, .silence, .stall(5), .drip(1),
  ]
}
