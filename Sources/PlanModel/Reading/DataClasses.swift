internal import Diagnostics
internal import Units
internal import YAMLReading

extension PlanReader {
  func dataClass(_ name: Located<DataClassName>, _ reader: consuming MappingReader) -> DataClass? {
    let what = reader.what
    if let git = reader.node("git") { return repository(name, git, reader) }
    let servers: [Located<ServerName>] = nonEmpty("on", &reader, example: "[SERVER]")
    let home: Located<ServerName>? = reader.name("home")
    let priority = reader.choice("priority", of: DataClass.Priority.self)?.value ?? .medium
    let objectives = objectives(reader.node("objectives"), "`objectives` of \(what)")
    let estimate = estimate(reader.node("estimate"), what)
    let identity = reader.node("identity") != nil ? secretReference("identity", &reader) : nil
    let derivation = derivation(&reader, estimate)
    let ephemeral = ephemeral(&reader)
    let protections = entries(&reader, "protect", "protection", protection)
    reader.finish()
    return DataClass(
      name: name, servers: servers, home: home, priority: priority, objectives: objectives, estimate: estimate, identity: identity,
      protections: protections.compactMap { if case .periodic(let protection) = $0 { protection } else { nil } },
      continuous: protections.compactMap { if case .continuous(let protection) = $0 { protection } else { nil } }, derivation: derivation,
      ephemeral: ephemeral)
  }

  private func estimate(_ node: YAMLNode?, _ what: String) -> Estimate {
    var estimate = Estimate()
    guard let node, var reader = MappingReader(node, "`estimate` of \(what)", collector) else { return estimate }
    estimate.size = reader.byteCount("size")
    estimate.dump = pace("dump", &reader, estimate)
    estimate.upload = pace("upload", &reader, estimate)
    estimate.copy = pace("copy", &reader, estimate)
    estimate.restore = pace("restore", &reader, estimate)
    estimate.base = pace("base", &reader, estimate)
    estimate.wal = reader.timeSpan("wal")
    estimate.walRate = reader.byteRate("walRate")
    estimate.walPush = reader.byteRate("walPush")
    reader.finish()
    return estimate
  }

  func pace(_ key: String, _ reader: inout MappingReader, _ estimate: Estimate) -> Located<Pace>? {
    guard let pace = reader.pace(key) else { return nil }
    if pace.value.time(for: estimate.size?.value) == nil {
      collector.add(
        Diagnostic("missing-key", "`\(key)` of \(reader.what) is a rate, and there is no `size` to divide by it", at: pace.span, helps: ["add `size: 120GB`, or write how long it takes: `\(key): 9m`"]))
    }
    return pace
  }

  private func protection(_ name: Located<ProtectionName>, _ reader: consuming MappingReader) -> ReadProtection? {
    let method = oneOf(["logical", "dump", "snapshot", "command", "wal", "replica", "managed"], &reader, example: "logical: {}")
    switch method?.key {
    case "wal": return wal(name, method?.node, reader).map(ReadProtection.continuous)
    case "replica": return replica(name, method?.node, reader).map(ReadProtection.continuous)
    case "managed": return managed(name, method?.node, reader).map(ReadProtection.continuous)
    default: return periodic(name, method, reader).map(ReadProtection.periodic)
    }
  }

  private func periodic(_ name: Located<ProtectionName>, _ written: (key: String, node: YAMLNode)?, _ reader: consuming MappingReader) -> Protection? {
    let what = reader.what
    let span = name.span
    let method = method(written, what)
    let schedule = schedule(&reader)
    let overlap = overlap(&reader, method)
    let jitter = reader.timeSpan("jitter")
    let misses = reader.integer("misses", in: 0...100)?.value ?? 0
    let store = destination(&reader)
    let copies: [Located<StoreName>] = reader.names("copy")
    let recipients = recipients(reader.node("encrypt"), what)
    let keep = retention(reader.node("keep"), what)
    let suspectBelow = reader.percentage("suspectBelow")?.value
    let ping = ping(&reader)
    let timeout = reader.positiveTimeSpan("timeout")
    let retries = reader.integer("retries", in: 0...20)?.value ?? 1
    reader.finish()
    if let store, let again = copies.first(where: { $0.value == store.value }) {
      collector.add(
        Diagnostic(
          "named-twice", "\(what) is copied to the store that it is written to", at: again.span, label: "survives no more than the original",
          related: [.init(span: store.span, label: "written here")], helps: ["name a store in another site, or remove it"]))
    }
    guard let method, let schedule, let store else { return nil }
    return Protection(
      name: name, method: method, schedule: schedule, overlap: overlap, jitter: jitter, misses: misses, store: store, copies: copies, recipients: recipients, keep: keep,
      suspectBelow: suspectBelow, ping: ping, timeout: timeout, retries: retries, span: span)
  }

  private func method(_ written: (key: String, node: YAMLNode)?, _ what: String) -> Protection.Method? {
    guard let (key, node) = written, var reader = MappingReader(node, "`\(key)` of \(what)", collector) else { return nil }
    switch key {
    case "dump", "snapshot":
      reader.finish()
      return key == "dump" ? .dump : .snapshot
    case "command":
      _ = reader.required("run", example: "[program, argument]")
      let run = reader.arguments("run")
      reader.finish()
      return run.map(Protection.Method.command)
    default: return logical(reader)
    }
  }

  private func logical(_ reader: consuming MappingReader) -> Protection.Method {
    var options = LogicalOptions()
    if let workers = reader.integer("workers", in: 1...32) { options.workers = workers.value }
    if let yieldAfter = reader.positiveTimeSpan("yieldAfter") { options.yieldAfter = yieldAfter.value }
    if let pieceSize = reader.pieceSize("pieceSize") { options.pieceSize = pieceSize.value }
    options.databases = databases(&reader)
    reader.finish()
    return .logical(options)
  }

  private func ping(_ reader: inout MappingReader) -> Protection.Ping? {
    guard let node = reader.node("ping") else { return nil }
    guard node.scalar != nil else { return secretReference("ping", &reader).map { .secret($0) } }
    guard let url = reader.text("ping") else { return nil }
    if !url.value.hasPrefix("https://"), !url.value.hasPrefix("http://") {
      collector.add(
        Diagnostic("wrong-value", "`ping` of \(reader.what) is no URL", at: url.span, label: "expected `https://…`", helps: ["write `ping: https://HOST/PATH` or `ping: { secret: NAME }`"]))
    }
    return .url(url)
  }

  private func databases(_ reader: inout MappingReader) -> [String] {
    let names = reader.texts("databases") ?? []
    for (index, name) in names.enumerated() where names[..<index].contains(where: { $0.value == name.value }) {
      collector.add(Diagnostic("named-twice", "the database `\(name.value)` is named twice", at: name.span, helps: ["remove one of them"]))
    }
    return names.map(\.value)
  }

  /// Names of which there must be at least one.
  func nonEmpty<Of>(_ key: String, _ reader: inout MappingReader, example: String) -> [Located<Name<Of>>] {
    guard let node = reader.required(key, example: example) else { return [] }
    let names: [Located<Name<Of>>] = reader.names(key)
    if names.isEmpty, node.elements?.isEmpty ?? false {
      collector.add(Diagnostic("wrong-value", "`\(key)` of \(reader.what) is empty", at: node.span, label: "expected at least one name", helps: ["write `\(key): \(example)`"]))
    }
    return names
  }

  /// A backup streams into one store; where it goes besides is said under `copy`.
  private func destination(_ reader: inout MappingReader) -> Located<StoreName>? {
    let stores: [Located<StoreName>] = nonEmpty("to", &reader, example: "[STORE]")
    if stores.count > 1 {
      collector.add(
        Diagnostic(
          "wrong-value", "\(reader.what) is written to \(stores.count) stores at once", at: stores[1].span, label: "a logical backup streams into one store",
          helps: ["write `to: [\(stores[0].value)]` and `copy: [\(stores.dropFirst().map(\.value.rawValue).joined(separator: ", "))]`"]))
    }
    return stores.first
  }

  /// `encrypt: { recipients: [age1…] }`.
  private func recipients(_ node: YAMLNode?, _ what: String) -> [Located<String>] {
    guard let node, var reader = MappingReader(node, "`encrypt` of \(what)", collector) else { return [] }
    let list = reader.required("recipients", example: "[age1…]")
    let recipients = reader.texts("recipients") ?? []
    if let list, list.elements?.isEmpty ?? false {
      collector.add(Diagnostic("wrong-value", "`recipients` of \(reader.what) is empty", at: list.span, label: "expected at least one public key", helps: ["make one: `age-keygen -o identity.txt` prints it"]))
    }
    for (index, recipient) in recipients.enumerated() {
      if AgeRecipient.isPrivate(recipient.value) {
        collector.add(
          Diagnostic(
            "secret-literal", "a private key stands among the recipients of \(what)", at: recipient.span, label: "recipients are public keys",
            helps: ["write what `age-keygen -y` prints of it, and make a new key: this one was exposed"]))
      } else if let problem = AgeRecipient.problem(in: recipient.value) {
        collector.add(
          Diagnostic(
            "wrong-recipient", "`\(recipient.value)` is no public key to encrypt to", at: recipient.span, label: problem,
            helps: ["copy it again from what `age-keygen -y IDENTITY-FILE` prints"]))
      } else if recipients.prefix(index).contains(where: { $0.value == recipient.value }) {
        collector.add(Diagnostic("named-twice", "`recipients` of \(reader.what) names one key twice", at: recipient.span, helps: ["remove one of the two"]))
      }
    }
    reader.finish()
    return recipients
  }

  func retention(_ node: YAMLNode?, _ what: String) -> Retention? {
    // Which is what not saying anything means as well.
    if node?.scalar?.text == "forever" { return nil }
    guard let node, var reader = MappingReader(node, "`keep` of \(what)", collector) else { return nil }
    if reader.node("for") == nil { _ = reader.required("for", example: "30d") }
    let duration = reader.positiveTimeSpan("for")
    let atLeast = reader.integer("atLeast", in: 1...10_000)?.value ?? 1
    reader.finish()
    return duration.map { Retention(duration: $0, atLeast: atLeast) }
  }
}
