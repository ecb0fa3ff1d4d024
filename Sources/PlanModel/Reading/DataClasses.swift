internal import Diagnostics
internal import Units
internal import YAMLReading

extension PlanReader {
  func dataClass(_ name: Located<DataClassName>, _ reader: consuming MappingReader) -> DataClass? {
    let what = reader.what
    if reader.node("on") == nil { _ = reader.required("on", example: "[SERVER]") }
    let servers: [Located<ServerName>] = reader.names("on")
    let home: Located<ServerName>? = reader.name("home")
    let priority = reader.choice("priority", of: DataClass.Priority.self)?.value ?? .medium
    let objectives = objectives(reader.node("objectives"), "`objectives` of \(what)")
    let estimate = estimate(reader.node("estimate"), what)
    let protections = entries(&reader, "protect", "protection", protection)
    reader.finish()
    return DataClass(
      name: name, servers: servers, home: home, priority: priority, objectives: objectives, estimate: estimate, protections: protections)
  }

  private func estimate(_ node: YAMLNode?, _ what: String) -> Estimate {
    var estimate = Estimate()
    guard let node, var reader = MappingReader(node, "`estimate` of \(what)", collector) else { return estimate }
    estimate.size = reader.byteCount("size")
    estimate.dump = pace("dump", &reader, estimate)
    estimate.upload = pace("upload", &reader, estimate)
    estimate.copy = pace("copy", &reader, estimate)
    estimate.restore = pace("restore", &reader, estimate)
    reader.finish()
    return estimate
  }

  private func pace(_ key: String, _ reader: inout MappingReader, _ estimate: Estimate) -> Located<Pace>? {
    guard let pace = reader.pace(key) else { return nil }
    if pace.value.time(for: estimate.size?.value) == nil {
      collector.add(
        Diagnostic("missing-key", "`\(key)` of \(reader.what) is a rate, and there is no `size` to divide by it", at: pace.span, helps: ["add `size: 120GB`, or write how long it takes: `\(key): 9m`"]))
    }
    return pace
  }

  private func protection(_ name: Located<ProtectionName>, _ reader: consuming MappingReader) -> Protection? {
    let what = reader.what
    let span = name.span
    let method = method(reader.required("logical", example: "{}"), what)
    if reader.node("every") == nil { _ = reader.required("every", example: "30m") }
    let every = reader.timeSpan("every")
    let jitter = reader.timeSpan("jitter")
    let misses = reader.integer("misses", in: 0...100)?.value ?? 0
    let store = destination(&reader)
    let copies: [Located<StoreName>] = reader.names("copy")
    let keep = retention(reader.node("keep"), what)
    let timeout = reader.timeSpan("timeout")
    let retries = reader.integer("retries", in: 0...20)?.value ?? 1
    reader.finish()
    if let every, every.value == .zero {
      collector.add(Diagnostic("wrong-value", "`every` of \(what) is zero", at: every.span, label: "expected a length of time"))
      return nil
    }
    guard let method, let every, let store else { return nil }
    return Protection(
      name: name, method: method, every: every, jitter: jitter, misses: misses, store: store, copies: copies, keep: keep, timeout: timeout,
      retries: retries, span: span)
  }

  private func method(_ node: YAMLNode?, _ what: String) -> Protection.Method? {
    guard let node, var reader = MappingReader(node, "`logical` of \(what)", collector) else { return nil }
    var options = LogicalOptions()
    if let workers = reader.integer("workers", in: 1...32) { options.workers = workers.value }
    if let yieldAfter = reader.timeSpan("yieldAfter") { options.yieldAfter = yieldAfter.value }
    reader.finish()
    return .logical(options)
  }

  /// A backup streams into one store; where it goes besides is said under `copy`.
  private func destination(_ reader: inout MappingReader) -> Located<StoreName>? {
    guard reader.required("to", example: "[STORE]") != nil else { return nil }
    let stores: [Located<StoreName>] = reader.names("to")
    if stores.count > 1 {
      collector.add(
        Diagnostic(
          "wrong-value", "\(reader.what) is written to \(stores.count) stores at once", at: stores[1].span, label: "a logical backup streams into one store",
          helps: ["write `to: [\(stores[0].value)]` and `copy: [\(stores.dropFirst().map(\.value.rawValue).joined(separator: ", "))]`"]))
    }
    return stores.first
  }

  private func retention(_ node: YAMLNode?, _ what: String) -> Retention? {
    guard let node, var reader = MappingReader(node, "`keep` of \(what)", collector) else { return nil }
    if reader.node("for") == nil { _ = reader.required("for", example: "30d") }
    let duration = reader.timeSpan("for")
    let atLeast = reader.integer("atLeast", in: 1...10_000)?.value ?? 1
    reader.finish()
    return duration.map { Retention(duration: $0, atLeast: atLeast) }
  }
}
