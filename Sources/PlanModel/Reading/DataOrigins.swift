internal import Diagnostics
internal import Units
internal import YAMLReading

/// `derivedFrom`, `ephemeral` and `git`: data that comes back in another way than from a backup.
extension PlanReader {
  func derivation(_ reader: inout MappingReader, _ estimate: Estimate) -> Derivation? {
    let source: Located<DataClassName>? = reader.name("derivedFrom")
    var rebuild: Located<Pace>?
    if let node = reader.node("rebuild"), var fields = MappingReader(node, "`rebuild` of \(reader.what)", collector) {
      _ = fields.required("estimate", example: "2h")
      rebuild = pace("estimate", &fields, estimate)
      fields.finish()
      if source == nil {
        collector.add(
          Diagnostic(
            "missing-key", "\(reader.what) can be rebuilt, and the plan does not say from what", at: reader.span(of: "rebuild"),
            helps: ["add `derivedFrom: CLASS`"]))
      }
    }
    return source.map { Derivation(source: $0, rebuild: rebuild) }
  }

  func ephemeral(_ reader: inout MappingReader) -> Ephemeral? {
    guard let node = reader.node("ephemeral"), var fields = MappingReader(node, "`ephemeral` of \(reader.what)", collector) else { return nil }
    var onLoss: Ephemeral.OnLoss?
    if let node = fields.node("onLoss"), var choice = MappingReader(node, "`onLoss` of \(reader.what)", collector) {
      switch oneOf(["requeueFrom", "accepted"], &choice, example: "requeueFrom: CLASS")?.key {
      case "requeueFrom": onLoss = choice.text("requeueFrom").map { .requeue(from: $0.map { DataClassName(rawValue: $0) }) }
      case "accepted": onLoss = choice.text("accepted").map { .accepted(reason: $0) }
      default: break
      }
      choice.finish()
    }
    fields.finish()
    if reader.contains("derivedFrom") {
      collector.add(
        Diagnostic(
          "too-many-keys", "\(reader.what) is both derived and ephemeral", at: reader.span(of: "ephemeral"),
          helps: ["what can be made anew is derived; what may be lost is ephemeral: remove one of the two"]))
    }
    return Ephemeral(onLoss: onLoss, span: reader.span(of: "ephemeral"))
  }

  /// A data class in Git: it lives on no server, and its history is its protection.
  func repository(_ name: Located<DataClassName>, _ node: YAMLNode, _ reader: consuming MappingReader) -> DataClass? {
    let what = reader.what
    let priority = reader.choice("priority", of: DataClass.Priority.self)?.value ?? .medium
    let objectives = objectives(reader.node("objectives"), "`objectives` of \(what)")
    reader.finish()
    guard var fields = MappingReader(node, "`git` of \(what)", collector) else { return nil }
    let remote = remote(&fields)
    let site: Located<SiteName>? = fields.name("site")
    let mirrors: [GitRepository.Mirror] = entries(&fields, "mirrors", "mirror", mirror)
    fields.finish()
    guard let remote else { return nil }
    return DataClass(
      name: name, servers: [], home: nil, priority: priority, objectives: objectives, estimate: Estimate(), identity: nil, protections: [],
      git: GitRepository(remote: remote, site: site, mirrors: mirrors))
  }

  private func mirror(_ name: Located<Name<GitRepository.Mirror>>, _ reader: consuming MappingReader) -> GitRepository.Mirror? {
    let remote = remote(&reader)
    let site: Located<SiteName>? = reader.name("site")
    if reader.node("maxLag") == nil { _ = reader.required("maxLag", example: "1h") }
    let lag = reader.timeSpan("maxLag")
    reader.finish()
    guard let remote, let lag else { return nil }
    return GitRepository.Mirror(name: name, remote: remote, site: site, lag: lag)
  }

  private func remote(_ reader: inout MappingReader) -> Located<String>? {
    guard let remote = reader.requiredText("remote", example: "git@HOST:TEAM/REPOSITORY.git") else { return nil }
    let authority = remote.value.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first ?? ""
    if remote.value.contains("://"), let user = authority.split(separator: "@").first, authority.contains("@"), user.contains(":") {
      collector.add(
        Diagnostic(
          "secret-literal", "`remote` of \(reader.what) holds a password", at: remote.span, label: "a plan is read by many people",
          helps: ["remove it from the URL, and change the password that was exposed"]))
    }
    return remote
  }
}

extension ReferenceChecker {
  func checkOrigin(of dataClass: DataClass) {
    let names = plan.dataClasses.map(\.name)
    if let source = dataClass.derivation?.source {
      refer(source, "data class", names)
      checkCircle(from: dataClass, source)
    }
    if case .requeue(let source) = dataClass.ephemeral?.onLoss { refer(source, "data class", names) }
    refer(dataClass.git?.site, "site", sites)
    for mirror in dataClass.git?.mirrors ?? [] { refer(mirror.site, "site", sites) }
  }

  private func checkCircle(from dataClass: DataClass, _ source: Located<DataClassName>) {
    var met = [source.value]
    while let next = plan.dataClass(met[met.count - 1])?.derivation?.source.value, !met.contains(next) { met.append(next) }
    guard met.contains(dataClass.name.value) else { return }
    collector.add(
      Diagnostic(
        "wrong-value", "`\(dataClass.name.value)` is derived from itself", at: source.span,
        label: met.count > 1 ? "by way of " + met.dropLast().map { "`\($0)`" }.joined(separator: ", ") : "", helps: ["derive it from data that has a protection of its own"]))
  }
}
