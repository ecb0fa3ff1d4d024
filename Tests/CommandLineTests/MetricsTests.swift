import CanonicalJSON
import Glibc
import PlanModel
import RecoveryPoints
import Reporting
import TestSupport
import Testing
import Units

/// What Prometheus is told.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct MetricsTests {
  private static let noon = Timestamp(milliseconds: 1_795_521_600_250)

  private static func point(_ minutes: Int64, suspect: String? = nil, hold: PointNote? = nil) throws -> RecoveryPoint {
    let taken = noon - .minutes(minutes)
    let manifest = try PointManifest(
      id: PointID(started: taken, mark: "r.s.1"), dataClass: "shop", protection: "hourly", method: "logical", sigma: taken, started: taken,
      available: taken + .minutes(2), plan: "p", planDigest: "d", mark: "r.s.1", toolVersion: "1", objects: [], rawBytes: ByteCount(bytes: 5_000),
      rows: 7, suspect: suspect, content: .null)
    return RecoveryPoint(manifest: manifest, stores: ["east"], hold: hold)
  }

  private static func metrics(_ points: [RecoveryPoint], plan: String = "sie") -> ProtectionMetrics {
    ProtectionMetrics(
      plan: plan, dataClass: "shop", protection: "hourly", points: points, lastRun: .init(succeeded: false, ended: noon, took: .milliseconds(1_500)),
      interval: .hours(1), lossTarget: .minutes(90), stores: [("east", true), ("west", false)])
  }

  /// The samples by name, and that each line is one of the format's.
  private func samples(_ text: String) throws -> [String: String] {
    let label = #"[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*""#
    let sample = try Regex("([a-zA-Z_:][a-zA-Z0-9_:]*)\\{(\(label)(?:,\(label))*)\\} (-?[0-9]+(?:\\.[0-9]+)?)", as: (Substring, Substring, Substring, Substring).self)
    var samples: [String: String] = [:]
    var family: Substring?
    #expect(text.hasSuffix("\n") && !text.contains("\n\n"))
    for line in text.split(separator: "\n") {
      if line.hasPrefix("# TYPE ") { family = line.split(separator: " ")[2] }
      if line.hasPrefix("#") { continue }
      let match = try #require(try sample.wholeMatch(in: line), "\(line)")
      // All samples of a metric stand together below its TYPE.
      #expect(match.1 == family)
      let store = match.2.split(separator: ",").first { $0.hasPrefix("store=") }.map { "{\($0)}" } ?? ""
      samples[match.1 + store] = String(match.3)
    }
    return samples
  }

  @Test("the newest usable point, what is held and suspect, the last run, the targets, the stores")
  func values() throws {
    let note = PointNote(who: "ann", host: "h", at: Self.noon, reason: "r")
    let text = metricsText([Self.metrics([try Self.point(10, suspect: "no rows"), try Self.point(70), try Self.point(130, hold: note)])])
    #expect(
      try samples(text) == [
        "sie_dr_point_consistent_timestamp_seconds": "1795517400.250", "sie_dr_point_available_timestamp_seconds": "1795517520.250",
        "sie_dr_point_size_bytes": "5000", "sie_dr_point_stored_bytes": "0", "sie_dr_point_rows": "7", "sie_dr_points": "3", "sie_dr_points_held": "1",
        "sie_dr_points_suspect": "1", "sie_dr_last_run_success": "0", "sie_dr_last_run_end_timestamp_seconds": "1795521600.250",
        "sie_dr_last_run_duration_seconds": "1.500", "sie_dr_interval_seconds": "3600", "sie_dr_rpo_target_seconds": "5400",
        "sie_dr_store_answers{store=\"east\"}": "1", "sie_dr_store_answers{store=\"west\"}": "0",
      ])
  }

  @Test("what nothing is known of has no series, and any text is a label", arguments: ["plain", "a \"b\" \\ c\nd", "日本 {x=\"y\"} 1", "\\"])
  func labels(_ name: String) throws {
    var metrics = Self.metrics([], plan: name)
    metrics.lastRun = nil
    metrics.lossTarget = nil
    let samples = try samples(metricsText([metrics, Self.metrics([], plan: "other")]))
    #expect(samples["sie_dr_points"] == "0" && samples["sie_dr_point_rows"] == nil)
    #expect(metricsText([]).isEmpty)
  }

  @Test("written after each protection run, whether it did anything or failed; readable by all, and never by half")
  func file() async throws {
    let scene = try Scene("CREATE TABLE t AS SELECT generate_series(1, 500) n", plan: PlanText(every: "1h", copy: "far"))
    let plan = try readFile("\(scene.folder)/plan.yaml").replacing("sites:", with: "metrics: textfile\nsites:")
    try writeFile("\(scene.folder)/plan.yaml", plan)
    let unwritable = try await scene.run("apply", "--yes", "plan.yaml")
    #expect(unwritable.status == 0 && unwritable.errors.contains("warning: the metrics could not be written"), "\(unwritable.errors)")
    try runProgram(["mkdir", "\(scene.folder)/textfile"])
    umask(0o077)
    defer { umask(0o022) }
    #expect(try await scene.run("apply", "--yes", "plan.yaml").output.contains("nothing to do"))
    let path = "\(scene.folder)/textfile/sie-dr-scene.prom"
    let first = try samples(try readFile(path))
    #expect(first["sie_dr_point_rows"] == "500" && first["sie_dr_last_run_success"] == "1" && first["sie_dr_points"] == "1")
    var info = stat()
    #expect(stat(path, &info) == 0 && info.st_mode & 0o777 == 0o644)
    try writeFile("\(scene.folder)/plan.yaml", plan.replacing("every: 1h", with: "every: 1s").replacing("env: SOURCE_URL", with: "env: NOT_SET_ANYWHERE"))
    try await Task.sleep(for: .milliseconds(1_100))
    #expect(try await scene.run("apply", "--yes", "plan.yaml").status != 0)
    let second = try samples(try readFile(path))
    #expect(second["sie_dr_last_run_success"] == "0" && second["sie_dr_points"] == "1")
    #expect(names(in: "\(scene.folder)/textfile") == ["sie-dr-scene.prom"])
  }
}
