public import PlanModel
public import RecoveryPoints
public import Units

/// What those who watch want to know of one protection.
public struct ProtectionMetrics: Sendable {
  public struct LastRun: Sendable {
    public var succeeded: Bool
    public var ended: Timestamp
    public var took: TimeSpan
    public init(succeeded: Bool, ended: Timestamp, took: TimeSpan) { self.succeeded = succeeded; self.ended = ended; self.took = took }
  }
  public var plan: String
  public var dataClass: DataClassName
  public var protection: ProtectionName
  /// All that the stores hold of the protection, newest first.
  public var points: [RecoveryPoint]
  public var lastRun: LastRun?
  /// The longest from one run to the next.
  public var interval: TimeSpan
  public var lossTarget: TimeSpan?
  /// Of its stores, those that answered and those that did not.
  public var stores: [(name: String, answers: Bool)]

  public init(
    plan: String, dataClass: DataClassName, protection: ProtectionName, points: [RecoveryPoint], lastRun: LastRun?, interval: TimeSpan,
    lossTarget: TimeSpan?, stores: [(name: String, answers: Bool)]
  ) {
    self.plan = plan; self.dataClass = dataClass; self.protection = protection; self.points = points; self.lastRun = lastRun
    self.interval = interval; self.lossTarget = lossTarget; self.stores = stores
  }
}

/// The text format of Prometheus, as node_exporter's textfile collector reads it. A series that nothing is known of is left out.
public func metricsText(_ protections: [ProtectionMetrics]) -> String {
  typealias Value = (ProtectionMetrics) -> String?
  func newest(_ value: @escaping (PointManifest) -> String?) -> Value { { $0.points.first(where: \.isUsable).flatMap { value($0.manifest) } } }
  let gauges: [(name: String, help: String, value: Value)] = [
    ("point_consistent_timestamp_seconds", "Up to when the newest usable point holds every change.", newest { seconds($0.consistentAt.milliseconds) }),
    ("point_available_timestamp_seconds", "Since when the newest usable point has been complete.", newest { seconds($0.available.milliseconds) }),
    ("point_size_bytes", "The newest usable point before compression.", newest { String($0.rawBytes.bytes) }),
    ("point_stored_bytes", "The newest usable point as it is stored.", newest { String($0.storedBytes.bytes) }),
    ("point_rows", "Rows in the newest usable point.", newest { String($0.rows) }),
    ("points", "Points in any store.", { String($0.points.count) }),
    ("points_held", "Points that somebody holds.", { String($0.points.count { $0.hold != nil }) }),
    ("points_suspect", "Suspect points that nobody has accepted.", { String($0.points.count { !$0.isUsable }) }),
    ("last_run_success", "1 if the last run brought the point into all its stores, 0 if not.", { $0.lastRun.map { $0.succeeded ? "1" : "0" } }),
    ("last_run_end_timestamp_seconds", "When the last run wrote its last record.", { $0.lastRun.map { seconds($0.ended.milliseconds) } }),
    ("last_run_duration_seconds", "How long the last run took.", { $0.lastRun.map { seconds($0.took.milliseconds) } }),
    ("interval_seconds", "The longest time from one due point to the next.", { seconds($0.interval.milliseconds) }),
    ("rpo_target_seconds", "How much may be lost.", { $0.lossTarget.map { seconds($0.milliseconds) } }),
  ]
  var text = ""
  func family(_ name: String, _ help: String, _ samples: [(labels: [(String, String)], value: String)]) {
    guard !samples.isEmpty else { return }
    text += "# HELP sie_dr_\(name) \(help)\n# TYPE sie_dr_\(name) gauge\n"
    for sample in samples {
      text += "sie_dr_\(name){\(sample.labels.map { "\($0)=\"\(escaped($1))\"" }.joined(separator: ","))} \(sample.value)\n"
    }
  }
  func labels(_ protection: ProtectionMetrics) -> [(String, String)] {
    [("plan", protection.plan), ("data_class", protection.dataClass.rawValue), ("protection", protection.protection.rawValue)]
  }
  for gauge in gauges { family(gauge.name, gauge.help, protections.compactMap { protection in gauge.value(protection).map { (labels(protection), $0) } }) }
  family(
    "store_answers", "1 if the store could be asked for its points, 0 if not.",
    protections.flatMap { protection in protection.stores.map { (labels(protection) + [("store", $0.name)], $0.answers ? "1" : "0") } })
  return text
}

private func seconds(_ milliseconds: Int64) -> String {
  let fraction = String(milliseconds.magnitude % 1_000 + 1_000).dropFirst()
  return "\(milliseconds < 0 ? "-" : "")\(milliseconds.magnitude / 1_000)" + (fraction == "000" ? "" : ".\(fraction)")
}

/// As the format wants it in a label's value.
private func escaped(_ text: String) -> String {
  text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
}
