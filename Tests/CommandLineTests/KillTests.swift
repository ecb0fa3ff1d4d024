import Glibc
import Journaling
import ObjectStore
import S3Store
import TestSupport
import Testing

/// The tool is killed with `kill -9` at seeded moments of a backup and of a restore, and resumed each time.
@Suite(.timeLimit(.minutes(KillPlan.count > 2 ? 60 : 10)))
struct KillTests {
  /// Several tables and a large object, so that there is something to be in the middle of.
  static let sql = """
    CREATE TABLE a AS SELECT n, repeat(md5(n::text), 6) AS t FROM generate_series(1, 20000) n; CREATE INDEX ON a (t); ALTER TABLE a ADD PRIMARY KEY (n);
    CREATE TABLE b AS SELECT n, md5((n * 3)::text) AS t FROM generate_series(1, 20000) n; ALTER TABLE b ADD FOREIGN KEY (n) REFERENCES a (n);
    CREATE TABLE c (n bigint GENERATED ALWAYS AS IDENTITY, t text); INSERT INTO c (t) SELECT md5(n::text) FROM generate_series(1, 5000) n;
    CREATE VIEW v AS SELECT count(*) FROM a; SELECT lo_from_bytea(4711, decode(repeat('00ff', 100000), 'hex')); COMMENT ON TABLE a IS 'it is a';
    """

  /// What is killed, and where the points are.
  struct Target: Sendable, CustomTestStringConvertible {
    var step: String
    var inBuckets: Bool
    var keep: String
    var what: String { "\(step.prefix { $0 != "-" })\(inBuckets ? " in buckets" : "")" }
    var testDescription: String { what }
    static let all = [
      Target(step: "backup-things-often", inBuckets: false, keep: "{ for: 1h, atLeast: 3 }"),
      Target(step: "backup-things-often", inBuckets: true, keep: "{ for: 1h, atLeast: 3 }"),
      Target(step: "copy-things-often-far", inBuckets: true, keep: "{ for: 1h, atLeast: 3 }"),
    ]
  }

  @Test(
    "protection killed at any moment is resumed to one whole new point in both stores; the dead one's objects go, and nothing else is touched",
    arguments: Target.all)
  func protection(_ target: Target) async throws {
    let text = PlanText(every: "1ms", copy: "far", keep: target.keep)
    let scene = target.inBuckets ? try Scene.inBuckets(Self.sql, plan: text) : try Scene(Self.sql, plan: text)
    // What expiry finds to do, other points, one of another class, and what somebody else keeps there.
    for _ in 0..<2 { #expect(try await scene.run("apply", "--yes", "plan.yaml").status == 0) }
    let undisturbed = try await Undisturbed(scene, ["apply", "--yes", "plan.yaml"], target.step)
    let others = ["NOTES.txt": "not ours", "things/20200101T000000Z-abcdef/db": "of another, unfinished", "others/x/data": "of another class"]
    for (path, text) in others { try await Self.put("near/\(path)", Array(text.utf8), in: scene, target.inBuckets) }
    var table = KillTable()
    for plan in KillPlan.all(of: target.what) {
      let before = try await scene.stored(inBuckets: target.inBuckets)
      let pointsBefore = try await scene.points()
      let kill = try await Kill(plan, scene, ["apply", "--yes", "plan.yaml"], target.step, undisturbed)
      let between = try await scene.stored(inBuckets: target.inBuckets)
      let dead = Self.points(between, in: "near").subtracting(pointsBefore)
      #expect(Self.broken(between) == [], "\(plan): a point that is shown is whole")
      let end = try await kill.goOn()
      #expect(end.status == 0, "\(plan): \(end.output)\(end.errors)")
      let after = try await scene.stored(inBuckets: target.inBuckets)
      let points = Self.points(after, in: "near")
      let new = points.subtracting(pointsBefore)
      #expect(new.count == 1 && (dead.isEmpty || dead == new), "\(plan): \(dead), \(new)")
      #expect(new.isSubset(of: Self.points(after, in: "far")) && Self.broken(after) == [], "\(plan)")
      #expect(after.keys.filter { Self.isLeftOver($0, after, others) } == [], "\(plan)")
      let changed = after.keys.filter { path in before[path] != after[path] && !new.contains { path.contains("/things/\($0)/") } }
      #expect(changed == [], "\(plan)")
      let gone = Set(before.keys.filter { after[$0] == nil }.compactMap(Self.point))
      #expect(target.keep.contains("1h") ? gone == [] : gone == Set(pointsBefore).subtracting(points), "\(plan)")
      if target.inBuckets { for name in ["near", "far"] { #expect(try await scene.bucket(name).openUploads(prefix: "") == [], "\(plan)") } }
      table.add(plan, after: kill.after, phase: kill.phase, found: dead.isEmpty ? "new point \(new.first ?? "")" : "the point was whole")
    }
    table.print(target.what)
    #expect(table.inDoubt >= KillPlan.wantedInDoubt)
  }

  /// Puts an object into the store that the path begins with.
  private static func put(_ path: String, _ bytes: [UInt8], in scene: Scene, _ inBuckets: Bool) async throws {
    guard inBuckets else {
      try runProgram(["mkdir", "-p", "\(scene.folder)/\(path.split(separator: "/").dropLast().joined(separator: "/"))"])
      return try writeBytes("\(scene.folder)/\(path)", bytes)
    }
    let (store, rest) = (path.prefix { $0 != "/" }, path.drop { $0 != "/" }.dropFirst())
    guard let key = ObjectKey(String(rest)) else { throw ProgramFailure(description: path) }
    try await scene.bucket(String(store)).put(key, bytes, ifAbsent: false)
  }

  /// The point that an object belongs to.
  private static func point(_ path: String) -> String? {
    let parts = path.split(separator: "/")
    return parts.count > 3 && parts[1] == "things" ? String(parts[2]) : nil
  }

  /// Those with a manifest.
  private static func points(_ objects: [String: [UInt8]], in store: String) -> Set<String> {
    Set(objects.keys.filter { $0.hasPrefix("\(store)/") && $0.hasSuffix("/manifest.json") }.compactMap(point))
  }

  private static func isLeftOver(_ path: String, _ objects: [String: [UInt8]], _ others: [String: String]) -> Bool {
    guard let point = point(path), !others.keys.contains(where: { path.hasSuffix($0) }) else { return false }
    return !points(objects, in: String(path.prefix { $0 != "/" })).contains(point)
  }

  /// What the checksums of points with a manifest name and the store does not hold.
  private static func broken(_ objects: [String: [UInt8]]) -> [String] {
    objects.keys.filter { $0.hasSuffix("/manifest.json") }.flatMap { manifest in
      let folder = manifest.dropLast("manifest.json".count)
      guard let sums = objects["\(folder)SHA256SUMS"] else { return ["\(folder)SHA256SUMS"] }
      return String(decoding: sums, as: UTF8.self).split(separator: "\n").compactMap { line in
        let path = "\(folder)\(line.split(separator: " ").last ?? "")"
        return objects[path] == nil ? path : nil
      }
    }
  }

  @Test(
    "a restore killed at any moment is resumed to exactly what the manifest says, and leaves nothing else on the server", arguments: [false, true])
  func restore(inBuckets: Bool) async throws {
    // Whole servers are compared, and a point holds all roles of its server.
    let (source, server) = (try PostgreSQLServer.start(), try PostgreSQLServer.start())
    let scene = inBuckets ? try Scene.inBuckets(Self.sql, plan: PlanText(), source: source, target: server) : try Scene(Self.sql, source: source, target: server)
    let backup = try await scene.run("apply", "--yes", "plan.yaml")
    #expect(backup.status == 0)
    let apply = ["apply", "--yes", "plan.yaml", "--scenario", "lost"]
    let undisturbed = try await Undisturbed(scene, apply, "restore")
    let wanted = try Scene.dump(scene.source, scene.database)
    let whole = try Scene.dumpAll(server)
    #expect(try Scene.dump(server, scene.database) == wanted)
    var table = KillTable()
    for plan in KillPlan.all(of: "restore\(inBuckets ? " in buckets" : "")") {
      try scene.dropTarget()
      let kill = try await Kill(plan, scene, apply, "restore", undisturbed)
      let left = try scene.targetDatabases()
      // Under its own name there is the whole database or none.
      if left.contains(scene.database) { #expect(try Scene.dump(server, scene.database) == wanted, "\(plan)") }
      let end = try await kill.goOn()
      #expect(end.status == 0, "\(plan): \(end.output)\(end.errors)")
      #expect(try scene.targetDatabases() == [scene.database], "\(plan)")
      #expect(try Scene.dump(server, scene.database) == wanted, "\(plan)")
      let difference = try Self.difference(Scene.dumpAll(server), whole)
      #expect(difference == [], "\(plan)")
      let found = left.isEmpty ? "nothing was there" : left.map { $0.replacing(scene.database, with: "db") }.joined(separator: ", ")
      table.add(plan, after: kill.after, phase: kill.phase, found: found)
    }
    table.print("restore\(inBuckets ? " in buckets" : "")")
    #expect(table.inDoubt >= KillPlan.wantedInDoubt)
  }

  @Test(
    "an expiry killed at any moment leaves whole points, and what is left of the others goes when it is resumed or done again", arguments: [false, true])
  func expiry(inBuckets: Bool) async throws {
    let text = PlanText(every: "1ms", copy: "far")
    let scene = inBuckets ? try Scene.inBuckets(Self.sql, plan: text) : try Scene(Self.sql, plan: text)
    for _ in 0..<4 { #expect(try await scene.run("apply", "--yes", "plan.yaml").status == 0) }
    let points = try await scene.points()
    try scene.editPlan { $0 = $0.replacing("every: 1ms", with: "every: 1s").replacing(text.keep, with: "{ for: 1s }") }
    let saved = try await scene.stored(inBuckets: inBuckets)
    func bringBack() async throws {
      for (path, bytes) in saved { try await Self.put(path, bytes, in: scene, inBuckets) }
    }
    try await Task.sleep(for: .seconds(1))
    let kept = Set(["near/things/\(points[0])", "far/things/\(points[0])"])
    let (expire, step) = (["expire", "--yes", "plan.yaml"], "expire-things-often-near")
    let undisturbed = try await Undisturbed(scene, expire, step)
    var table = KillTable()
    let what = "expiry\(inBuckets ? " in buckets" : "")"
    for plan in KillPlan.all(of: what) {
      try await bringBack()
      let kill = try await Kill(plan, scene, expire, step, undisturbed)
      let between = try await scene.stored(inBuckets: inBuckets)
      #expect(Self.broken(between) == [], "\(plan)")
      let end = try await kill.goOn()
      #expect(end.status == 0, "\(plan): \(end.output)\(end.errors)")
      // Objects: an empty folder may be left where the tool was killed between a file and its folder.
      #expect(Set(try await scene.stored(inBuckets: inBuckets).keys.map { $0.split(separator: "/").prefix(3).joined(separator: "/") }) == kept, "\(plan)")
      table.add(plan, after: kill.after, phase: kill.phase, found: "\(Self.points(between, in: "near").count) points")
    }
    table.print(what)
    #expect(table.inDoubt >= KillPlan.wantedInDoubt)
  }

  /// Lines that only one of two dumps has; a restored database says in its comment which run and attempt made it.
  private static func difference(_ a: String, _ b: String) -> [String] {
    func lines(_ text: String) -> [String] {
      text.replacing(#/"attempt":\d+,"run":"[^"]*"/#, with: "").split(separator: "\n").map(String.init).sorted()
    }
    let (a, b) = (lines(a), lines(b))
    return a.difference(from: b).prefix(20).map { change in
      switch change {
      case .insert(_, let line, _): "+ \(line.prefix(200))"
      case .remove(_, let line, _): "- \(line.prefix(200))"
      }
    }
  }
}

/// How long a run takes that nobody disturbs: from this the moments of the kills are counted.
struct Undisturbed {
  var fromStart: Duration
  /// A little more than from the intent to the outcome: most kills are to leave the step in doubt.
  var fromIntent: Duration

  init(_ scene: Scene, _ arguments: [String], _ step: String) async throws {
    let known = Set(scene.runs())
    (fromStart, fromIntent) = try await onThread {
      let began = ContinuousClock.now
      let program = try scene.start(arguments)
      let run = try scene.begun(step, besides: known, by: program)
      let intent = ContinuousClock.now
      try holdUntil("the undisturbed step has ended") { !program.isRunning || run.map { (try? scene.outcome(of: step, in: $0)) == true } ?? false }
      let outcome = ContinuousClock.now
      try holdUntil("the undisturbed run has ended") { !program.isRunning }
      guard program.errors.contains("is done") else { throw ProgramFailure(description: "the undisturbed run failed: \(program.errors)") }
      return (began.duration(to: .now), intent.duration(to: outcome) * 1.2)
    }
  }
}

/// One run that is killed, with what was found then.
struct Kill {
  let scene: Scene
  let arguments: [String]
  let run: String?
  let phase: KillTable.Phase
  let after: Duration

  init(_ plan: KillPlan, _ scene: Scene, _ arguments: [String], _ step: String, _ undisturbed: Undisturbed) async throws {
    let known = Set(scene.runs())
    after = try await onThread {
      let began = ContinuousClock.now
      let program = try scene.start(arguments)
      var moment = began.advanced(by: undisturbed.fromStart * plan.share)
      if plan.from == .intent {
        _ = try scene.begun(step, besides: known, by: program)
        moment = .now.advanced(by: undisturbed.fromIntent * plan.share)
      }
      while ContinuousClock.now < moment { usleep(500) }
      program.send(SIGKILL)
      let after = began.duration(to: .now)
      try holdUntil("the killed tool has ended") { !program.isRunning }
      return after
    }
    // Nothing that it had started outlives it.
    try await until("everything that the killed tool had started has ended", within: .seconds(5)) { scene.processes().isEmpty }
    let run = scene.runs().first { !known.contains($0) }
    self.scene = scene
    self.arguments = arguments
    self.run = run
    phase = try Self.phase(run, step, scene)
  }

  private static func phase(_ run: String?, _ step: String, _ scene: Scene) throws -> KillTable.Phase {
    guard let run, let records = try? scene.journal(run), let last = records.last else { return .noRun }
    if case .finished = last.event { return .over }
    if try scene.outcome(of: step, in: run) { return .afterOutcome }
    return try scene.intent(of: step, in: run) ? .inDoubt : .beforeIntent
  }

  /// As a person would: the run is resumed; where none had begun, it is begun again; where it was over, nothing is left to do.
  func goOn() async throws -> ProgramResult {
    switch phase {
    case .over: return ProgramResult(status: 0)
    case .noRun: return try await scene.start(arguments).end()
    case .beforeIntent, .inDoubt, .afterOutcome: return try await scene.start(["resume", run ?? ""]).end()
    }
  }
}
