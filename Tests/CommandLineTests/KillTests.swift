import Glibc
import Journaling
import TestSupport
import Testing

/// The tool is killed with `kill -9` at seeded moments of a backup and of a restore, and resumed each time.
@Suite(.timeLimit(.minutes(10)))
struct KillTests {
  /// Several tables and a large object, so that there is something to be in the middle of.
  static let sql = """
    CREATE TABLE a AS SELECT n, repeat(md5(n::text), 6) AS t FROM generate_series(1, 20000) n; CREATE INDEX ON a (t); ALTER TABLE a ADD PRIMARY KEY (n);
    CREATE TABLE b AS SELECT n, md5((n * 3)::text) AS t FROM generate_series(1, 20000) n; ALTER TABLE b ADD FOREIGN KEY (n) REFERENCES a (n);
    CREATE TABLE c (n bigint GENERATED ALWAYS AS IDENTITY, t text); INSERT INTO c (t) SELECT md5(n::text) FROM generate_series(1, 5000) n;
    CREATE VIEW v AS SELECT count(*) FROM a; SELECT lo_from_bytea(4711, decode(repeat('00ff', 100000), 'hex')); COMMENT ON TABLE a IS 'it is a';
    """

  @Test("a backup killed at any moment is resumed to a new point; the dead one's objects go, and nothing else is touched")
  func backup() async throws {
    let scene = try Scene(Self.sql, plan: PlanText(every: "1ms", copy: "far"))
    let step = "backup-things-often"
    // Another point, one of another class, and what somebody else keeps there.
    let undisturbed = try await Undisturbed(scene, ["apply", "--yes", "plan.yaml"], step)
    try writeFile("\(scene.folder)/near/NOTES.txt", "not ours")
    try runProgram(["mkdir", "-p", "\(scene.folder)/near/things/20200101T000000Z-abcdef", "\(scene.folder)/near/others/x"])
    try writeFile("\(scene.folder)/near/things/20200101T000000Z-abcdef/db", "of another, unfinished")
    try writeFile("\(scene.folder)/near/others/x/data", "of another class")
    var table = KillTable()
    for plan in KillPlan.all(of: "backup") {
      let before = try Self.stores(scene)
      let pointsBefore = try await scene.points()
      let kill = try await Kill(plan, scene, ["apply", "--yes", "plan.yaml"], step, undisturbed)
      let dead = try await scene.points().filter { !pointsBefore.contains($0) }
      // A point that is shown is whole: its manifest was written last, and a restore of it would find each object.
      for id in dead { #expect(try Self.missing(scene, id) == [], "\(plan)") }
      let end = try await kill.goOn()
      #expect(end.status == 0, "\(plan): \(end.output)\(end.errors)")
      let new = try await scene.points().filter { !pointsBefore.contains($0) }
      #expect(new.count == 1, "\(plan): \(new)")
      #expect(dead.isEmpty || dead == new, "\(plan): a whole point was made again")
      for id in new { #expect(try Self.missing(scene, id) == [] && Self.missing(scene, id, in: "far") == [], "\(plan)") }
      let others = try Self.stores(scene).filter { path, _ in !new.contains { path.contains("/things/\($0)/") } }
      let changed = Set(others.keys).union(before.keys).filter { others[$0] != before[$0] }
      #expect(changed == [], "\(plan)")
      table.add(plan, after: kill.after, phase: kill.phase, found: dead.isEmpty ? "new point \(new.first ?? "")" : "the point was whole")
    }
    table.print("backup")
    #expect(table.inDoubt >= min(5, KillPlan.count / 4))
  }

  @Test("a restore killed at any moment is resumed to exactly what the manifest says, and leaves nothing else on the server")
  func restore() async throws {
    let server = try PostgreSQLServer.start()
    let scene = try Scene(Self.sql, target: server)
    let backup = try await scene.run("apply", "--yes", "plan.yaml")
    #expect(backup.status == 0)
    let apply = ["apply", "--yes", "plan.yaml", "--scenario", "lost"]
    let undisturbed = try await Undisturbed(scene, apply, "restore")
    let wanted = try Scene.dump(scene.source, scene.database)
    let whole = try Scene.dumpAll(server)
    #expect(try Scene.dump(server, scene.database) == wanted)
    var table = KillTable()
    for plan in KillPlan.all(of: "restore") {
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
    table.print("restore")
    #expect(table.inDoubt >= min(5, KillPlan.count / 4))
  }

  @Test("an expiry killed at any moment leaves whole points, and what is left of the others goes when it is resumed or done again")
  func expiry() async throws {
    let scene = try Scene(Self.sql, plan: PlanText(every: "1ms", copy: "far"))
    for _ in 0..<4 { #expect(try await scene.run("apply", "--yes", "plan.yaml").status == 0) }
    let points = try await scene.points()
    try scene.write(PlanText(copy: "far", keep: "{ for: 1s }"))
    func bringBack() throws {
      try runProgram(["rm", "-rf", "\(scene.folder)/near", "\(scene.folder)/far"])
      for store in ["near", "far"] { try runProgram(["cp", "-a", "\(scene.folder)/saved/\(store)", "\(scene.folder)/\(store)"]) }
    }
    try runProgram(["mkdir", "\(scene.folder)/saved"])
    for store in ["near", "far"] { try runProgram(["cp", "-a", "\(scene.folder)/\(store)", "\(scene.folder)/saved/\(store)"]) }
    try await Task.sleep(for: .seconds(1))
    let kept = Set(["near/things/\(points[0])", "far/things/\(points[0])"])
    let (expire, step) = (["expire", "--yes", "plan.yaml"], "expire-things-often-near")
    let undisturbed = try await Undisturbed(scene, expire, step)
    var table = KillTable()
    for plan in KillPlan.all(of: "expiry") {
      try bringBack()
      let kill = try await Kill(plan, scene, expire, step, undisturbed)
      let left = try await scene.points()
      for store in ["near", "far"] {
        for id in left where names(in: "\(scene.folder)/\(store)/things/\(id)").contains("manifest.json") {
          #expect(try Self.missing(scene, id, in: store) == [], "\(plan)")
        }
      }
      let end = try await kill.goOn()
      #expect(end.status == 0, "\(plan): \(end.output)\(end.errors)")
      // Objects: an empty folder may be left where the tool was killed between a file and its folder.
      #expect(Set(try Self.stores(scene).keys.map { $0.split(separator: "/").prefix(3).joined(separator: "/") }) == kept, "\(plan)")
      table.add(plan, after: kill.after, phase: kill.phase, found: "\(left.count) points")
    }
    table.print("expiry")
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

  /// Every file of both stores.
  private static func stores(_ scene: Scene) throws -> [String: [UInt8]] {
    try files(below: scene.folder).filter { $0.key.hasPrefix("near/") || $0.key.hasPrefix("far/") }
  }

  /// What a point's own checksums name and the store does not hold.
  private static func missing(_ scene: Scene, _ id: String, in store: String = "near") throws -> [String] {
    let folder = "\(scene.folder)/\(store)/things/\(id)"
    return try readFile("\(folder)/SHA256SUMS").split(separator: "\n").compactMap { line in
      let path = line.split(separator: " ").last.map(String.init) ?? ""
      return (try? readBytes("\(folder)/\(path)")) == nil ? path : nil
    }
  }
}

/// How long a run takes that nobody disturbs: from this the moments of the kills are counted.
struct Undisturbed {
  var fromStart: Duration
  var fromIntent: Duration

  init(_ scene: Scene, _ arguments: [String], _ step: String) async throws {
    let known = Set(scene.runs())
    (fromStart, fromIntent) = try await onThread {
      let began = ContinuousClock.now
      let program = try scene.start(arguments)
      _ = try scene.begun(step, besides: known, by: program)
      let intent = ContinuousClock.now
      try holdUntil("the undisturbed run has ended") { !program.isRunning }
      guard program.errors.contains("is done") else { throw ProgramFailure(description: "the undisturbed run failed: \(program.errors)") }
      return (began.duration(to: .now), intent.duration(to: .now))
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
