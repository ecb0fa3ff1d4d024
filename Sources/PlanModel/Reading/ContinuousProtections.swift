internal import Diagnostics
internal import Units
internal import YAMLReading

/// What stands under one name of `protect`.
enum ReadProtection {
  case periodic(Protection)
  case continuous(ContinuousProtection)
}

/// `wal`, `replica` and `managed`: protections that go on all the time.
extension PlanReader {
  func wal(_ name: Located<ProtectionName>, _ node: YAMLNode?, _ reader: consuming MappingReader) -> ContinuousProtection? {
    let stores: [Located<StoreName>] = nonEmpty("to", &reader, example: "[STORE]")
    let keep = retention(reader.node("keep"), reader.what)
    let what = "`wal` of \(reader.what)"
    reader.finish()
    guard let node, var fields = MappingReader(node, what, collector) else { return nil }
    if fields.node("base") == nil { _ = fields.required("base", example: "1d") }
    let base = fields.positiveTimeSpan("base")
    let jitter = fields.timeSpan("jitter")
    let misses = fields.integer("misses", in: 0...100)?.value ?? 0
    if fields.node("timeout") == nil { _ = fields.required("timeout", example: "60s") }
    let timeout = fields.positiveTimeSpan("timeout")
    let allowsBreak = fields.bool("break")
    let queueLimit = fields.byteCount("queueLimit")
    fields.finish()
    guard let base, let timeout, !stores.isEmpty else { return nil }
    return ContinuousProtection(
      name: name,
      method: .wal(
        WALArchiving(
          base: base, jitter: jitter, misses: misses, timeout: timeout, allowsBreak: allowsBreak.flatMap { $0.value ? $0 : nil }, queueLimit: queueLimit, stores: stores,
          keep: keep?.duration)), span: node.span)
  }

  func replica(_ name: Located<ProtectionName>, _ node: YAMLNode?, _ reader: consuming MappingReader) -> ContinuousProtection? {
    let what = "`replica` of \(reader.what)"
    reader.finish()
    guard let node, var fields = MappingReader(node, what, collector) else { return nil }
    _ = fields.required("server", example: "NAME")
    let server: Located<ServerName>? = fields.name("server")
    if fields.node("maxLag") == nil { _ = fields.required("maxLag", example: "30s") }
    let lag = fields.timeSpan("maxLag")
    fields.finish()
    guard let server, let lag else { return nil }
    return ContinuousProtection(name: name, method: .replica(Replication(server: server, lag: lag)), span: node.span)
  }
}

extension PlanReader {
  func managed(_ name: Located<ProtectionName>, _ node: YAMLNode?, _ reader: consuming MappingReader) -> ContinuousProtection? {
    let keep = retention(reader.node("keep"), reader.what)
    let what = "`managed` of \(reader.what)"
    reader.finish()
    guard let node, var fields = MappingReader(node, what, collector) else { return nil }
    let server: Located<ServerName>? = fields.name("server")
    if fields.node("every") == nil { _ = fields.required("every", example: "1d") }
    let every = fields.positiveTimeSpan("every")
    let sites: [Located<SiteName>] = nonEmpty("sites", &fields, example: "[SITE]")
    var granularity: Located<TimeSpan>?
    var window: Located<TimeSpan>?
    if let node = fields.node("pitr"), var moments = MappingReader(node, "`pitr` of \(what)", collector) {
      _ = moments.required("granularity", example: "5m")
      granularity = moments.timeSpan("granularity")
      _ = moments.required("window", example: "7d")
      window = moments.positiveTimeSpan("window")
      moments.finish()
    }
    fields.finish()
    guard let every, !sites.isEmpty else { return nil }
    return ContinuousProtection(
      name: name, method: .managed(ManagedDatabase(server: server, every: every, keep: keep?.duration, granularity: granularity, window: window, sites: sites)), span: node.span)
  }
}

extension ReferenceChecker {
  func check(_ protection: ContinuousProtection, of dataClass: DataClass) {
    switch protection.method {
    case .wal(let archiving): archiving.stores.forEach { refer($0, "store", stores) }
    case .managed(let database):
      database.sites.forEach { refer($0, "site", sites) }
      if let server = database.server, let problem = plan.problem(with: server, as: .rds) { collector.add(problem) }
    case .replica(let replication):
      refer(replication.server, "server", servers)
      guard plan.server(replication.server.value) != nil else { return }
      checkPlace(of: replication, dataClass)
    }
  }

  /// A replica is promoted, so the data can live there; and it is no copy of itself.
  private func checkPlace(of replication: Replication, _ dataClass: DataClass) {
    let (name, server) = (dataClass.name.value, replication.server.value)
    if !dataClass.servers.contains(where: { $0.value == server }) {
      collector.add(
        Diagnostic(
          "wrong-value", "the replica `\(server)` is not one of the servers where `\(name)` can live", at: replication.server.span,
          helps: ["add `\(server)` to `on`: it is where `\(name)` lives once it has been promoted"]))
    } else if dataClass.servers.count == 1 {
      collector.add(
        Diagnostic(
          "wrong-value", "`\(name)` lives on `\(server)` alone, which can be no replica of itself", at: replication.server.span,
          helps: ["add the primary to `on`, or remove the replica"]))
    }
  }
}
