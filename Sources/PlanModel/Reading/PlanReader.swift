public import Diagnostics
internal import Units
public import YAMLReading

/// Reads a plan from its YAML. Everything wrong is in the diagnostics; the plan is there, as far as it could be understood, unless the file
/// is no mapping at all. A plan with diagnostics of severity error must not be planned or applied.
public func readPlan(_ document: YAMLDocument) -> (plan: Plan?, diagnostics: [Diagnostic]) {
  let collector = DiagnosticCollector()
  guard let root = document.root, let top = MappingReader(root, "the plan", collector) else { return (nil, collector.diagnostics) }
  let plan = PlanReader(collector: collector).plan(top, document.file)
  ReferenceChecker(plan: plan, collector: collector).check()
  return (plan, collector.diagnostics)
}

/// The sections of a plan, each read by an extension of this type.
struct PlanReader {
  let collector: DiagnosticCollector

  func plan(_ top: consuming MappingReader, _ file: SourceFile) -> Plan {
    var top = top
    readHeader(&top, kind: "RecoveryPlan")
    // `compose` has read them.
    for section in ["variables", "overlays"] { _ = top.node(section) }
    let plan = Plan(
      file: file,
      metadata: metadata(&top),
      objectives: objectives(top.node("objectives"), "`objectives`", isService: true),
      sites: entries(&top, "sites", "site", site),
      secrets: entries(&top, "secrets", "secret", secret),
      servers: entries(&top, "servers", "server", server),
      stores: entries(&top, "stores", "store", store),
      limits: limits(&top),
      state: state(&top),
      metrics: top.text("metrics"),
      signers: top.text("signers"),
      probes: entries(&top, "probes", "probe", probe),
      watch: watch(&top),
      dataClasses: entries(&top, "data", "data class", dataClass),
      scenarios: entries(&top, "scenarios", "scenario", scenario).flatMap { $0 },
      consistency: entries(&top, "consistency", "consistency group", consistencyGroup),
      observationsMaxAge: observationsMaxAge(&top),
      communication: entries(&top, "communication", "audience", audience),
      drills: entries(&top, "drills", "drill", drill),
      postIncident: postIncident(&top),
      evidence: top.texts("evidence") ?? [],
      ignores: ignores(&top)
    )
    top.finish()
    return plan
  }

  private func metadata(_ top: inout MappingReader) -> Metadata {
    guard let node = top.required("metadata", example: "{ name: my-service, owner: sre }"), var reader = MappingReader(node, "`metadata`", collector)
    else { return Metadata(name: "plan") }
    let name = reader.requiredText("name", example: "my-service")
    if let name, let problem = Name<Plan>.problem(in: name.value) {
      collector.add(Diagnostic("wrong-name", "the plan's name `\(name.value)` is not a name", at: name.span, label: problem))
    }
    let metadata = Metadata(name: name?.value ?? "plan", owner: reader.text("owner")?.value, description: reader.text("description")?.value)
    reader.finish()
    return metadata
  }

  private func state(_ top: inout MappingReader) -> StateLocation? {
    guard let node = top.node("state"), var reader = MappingReader(node, "`state`", collector) else { return nil }
    let directory = reader.requiredText("directory", example: ".sie-dr")
    let site: Located<SiteName>? = reader.name("site")
    reader.finish()
    return directory.map { StateLocation(directory: $0, site: site) }
  }

  private func observationsMaxAge(_ top: inout MappingReader) -> Located<TimeSpan>? {
    guard let node = top.node("observations"), var reader = MappingReader(node, "`observations`", collector) else { return nil }
    let age = reader.positiveTimeSpan("maxAge")
    reader.finish()
    return age
  }

  func objectives(_ node: YAMLNode?, _ what: String, isService: Bool = false) -> RecoveryObjectives {
    guard let node, var reader = MappingReader(node, what, collector) else { return RecoveryObjectives() }
    var objectives = RecoveryObjectives(rto: reader.timeSpan("rto"), rpo: reader.timeSpan("rpo"))
    if isService { objectives.percentile = reader.integer("percentile", in: 1...99) }
    reader.finish()
    return objectives
  }

  /// A map keyed by names: each entry's name is checked, each value read by `read`.
  func entries<Of, Entry>(
    _ parent: inout MappingReader, _ key: String, _ noun: String,
    _ read: (Located<Name<Of>>, consuming MappingReader) -> Entry?
  ) -> [Entry] {
    guard let node = parent.node(key), var reader = MappingReader(node, "`\(key)`", collector) else { return [] }
    let members = reader.allMembers()
    reader.finish()
    let what = "the \(noun)"
    return members.compactMap { member in
      if let problem = Name<Of>.problem(in: member.key) {
        collector.add(Diagnostic("wrong-name", "`\(member.key)` is not a name for a \(noun)", at: member.keySpan, label: problem))
      }
      guard let entry = MappingReader(member.value, .init(of: what, member.key), collector) else { return nil }
      return read(Located(Name(rawValue: member.key), at: member.keySpan), entry)
    }
  }

  /// Exactly one of these keys must be there, as people know it from CI systems.
  func oneOf(_ keys: [String], _ reader: inout MappingReader, example: String) -> (key: String, node: YAMLNode)? {
    let found = keys.compactMap { key in reader.node(key).map { (key, $0) } }
    let list = keys.map { "`\($0)`" }.joined(separator: ", ")
    switch found.count {
    case 1: return found[0]
    case 0:
      collector.add(Diagnostic("missing-key", "\(reader.what) has none of \(list)", at: reader.span, helps: ["add `\(example)`"]))
      return nil
    default:
      let second = found[1]
      collector.add(
        Diagnostic(
          "too-many-keys", "\(reader.what) has both `\(found[0].0)` and `\(second.0)`", at: reader.span(of: second.0),
          label: "only one of \(list) can be meant"))
      return nil
    }
  }
}

/// What every file of ours begins with: the version of the language, and what the file is.
public func readHeader(_ top: inout MappingReader, kind expected: String) {
  if let version = top.requiredText("apiVersion", example: "sie-dr/v1"), version.value != "sie-dr/v1" {
    top.collector.add(
      Diagnostic(
        "unknown-api-version", "this sie-dr reads `sie-dr/v1`, not of `\(version.value)`", at: version.span,
        helps: ["write `apiVersion: sie-dr/v1`, or use the sie-dr that it was written for"]))
  }
  if let kind = top.requiredText("kind", example: expected), kind.value != expected {
    top.collector.add(Diagnostic("wrong-value", "`kind` is `\(kind.value)`", at: kind.span, label: "expected `\(expected)`"))
  }
}
