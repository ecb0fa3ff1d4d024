internal import CanonicalJSON
internal import ChildProcess
internal import Hashing
public import ProviderInterface
internal import Units

extension Cluster {
  /// What a file is about, in its order. `create` only reads here: it is a dry run of the client.
  func names(in file: ManifestFile) async throws(StepFailure) -> [ObjectName] {
    let output = try await run(["create", "-f", "-", "--dry-run=client", "--validate=false", "-o", ObjectName.template], input: file.bytes, hiding: file.secrets)
    return ObjectName.read(output.text)
  }

  /// Those of the objects that there are, asked for at once.
  func objects<Value: Decodable & Sendable>(_: Value.Type, _ names: [ObjectName]) async throws(StepFailure) -> [ObjectName: Value] {
    guard !names.isEmpty else { return [:] }
    let list: JSONValue = ["apiVersion": "v1", "kind": "List", "items": .array(names.map(\.manifest))]
    let output = try await run(["get", "-f", "-", "-o", "json", "--ignore-not-found"], input: Array(list.description.utf8))
    guard !output.output.isEmpty else { return [:] }
    do {
      // Not every version of kubectl gives a list where there is one only.
      let found = try? CanonicalJSON.decode(Items<FoundObject<Value>>.self, from: output.output).items
      let items = try found ?? [CanonicalJSON.decode(FoundObject<Value>.self, from: output.output)]
      return Dictionary(items.map { ($0.name, $0.value) }) { first, _ in first }
    } catch {
      throw StepFailure(
        "answer-not-understood", "what `\(reference.server)` says of " + names.map { "`\($0)`" }.joined(separator: ", ") + " is not what such objects are like",
        helps: ["look at them: `kubectl --context \(reference.context) get \(names[0]) -o yaml`"])
    }
  }

  func object<Value: Decodable & Sendable>(_ type: Value.Type, _ name: ObjectName) async throws(StepFailure) -> Value? { try await objects(type, [name])[name] }

  /// Waits until all of them are ready.
  fileprivate func waitUntilReady(_ names: [ObjectName], of file: String, _ report: @Sendable (StepProgress) -> Void) async throws(StepFailure) {
    try await wait(for: "what \(file) starts", report) { () async throws(StepFailure) -> Progress in
      let found = try await objects(ClusterObject.self, names)
      var first: Progress = .done
      for name in names {
        switch Readiness.progress(of: found[name]) {
        case .done: continue
        case .hopeless(let why): return .hopeless("`\(name)` \(why)")
        case .waits(let why): if first == .done { first = .waits("`\(name)` \(why)") }
        }
      }
      return first
    }
  }

  /// Those objects of a file that applying it would make or change, as `kubectl diff` names them. What it says of their content is not looked at.
  func differing(_ file: ManifestFile, among names: [ObjectName]) async throws(StepFailure) -> [ObjectName] {
    let output = try await run(["diff", "-f", "-"], input: file.bytes, hiding: file.secrets, endings: [0, 1])
    guard !output.succeeded else { return [] }
    let found = Set(output.text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("diff ") }.compactMap { $0.split(separator: "/").last.map(String.init) })
    return names.filter { found.contains($0.inDiff) }
  }
}

extension KubernetesHost {
  /// A relative path counts from the plan file's folder.
  fileprivate func manifests(_ folder: String, _ files: [String]?) throws(StepFailure) -> [ManifestFile] {
    try Manifests.read(folder.hasPrefix("/") ? folder : "\(self.folder)/\(folder)", files)
  }
}

public struct ApplyObserver: StepObserver {
  public typealias Kind = KubernetesApply
  private let host: KubernetesHost
  init(host: KubernetesHost) { self.host = host }

  public func looks(for arguments: KubernetesApply.Arguments) -> Bool { if case .text = arguments.folder { true } else { false } }

  public func observe(_ arguments: KubernetesApply.Arguments, in context: ObservingContext) async -> Observation {
    guard case .text(let folder) = arguments.folder else { return .nothing }
    do throws(StepFailure) {
      let files = try host.manifests(folder, arguments.files)
      let cluster = try await Cluster.open(arguments.cluster, on: host, context.secrets, within: context.timeout)
      var found = Found()
      for file in files { try await look(at: file, cluster, &found) }
      let missing = try await missingRights(found, cluster)
      let facts: [String: JSONValue] = [
        ApplyFact.made: .array(found.made.map { .string("\($0)") }), ApplyFact.changed: .array(found.changed.map { .string("\($0)") }),
        ApplyFact.waits: .array(found.waits.map { .string("\($0)") }),
      ]
      return RightsFact.adding(missing, to: Observation(facts: facts))
    } catch {
      return .unreachable(error.message)
    }
  }

  private struct Found: Sendable {
    var made: [ObjectName] = []
    var changed: [ObjectName] = []
    var waits: [ObjectName] = []
  }

  private func look(at file: ManifestFile, _ cluster: Cluster, _ found: inout Found) async throws(StepFailure) {
    let names = try await cluster.names(in: file)
    var there: [ObjectName] = []
    let objects = try await cluster.objects(ClusterObject.self, names)
    for name in names {
      guard let object = objects[name] else { found.made.append(name); continue }
      there.append(name)
      if Readiness.progress(of: object) != .done { found.waits.append(name) }
    }
    guard !there.isEmpty else { return }
    do throws(StepFailure) { found.changed += try await cluster.differing(file, among: there) } catch {
      // What is not there yet may be in a namespace that is not there either, of which nothing can be asked: the rest of such a file is changed at most.
      guard error.code == KubectlFailure.notFound, there.count < names.count else { throw error }
      found.changed += there
    }
  }

  private func missingRights(_ found: Found, _ cluster: Cluster) async throws(StepFailure) -> [String] {
    guard !found.made.isEmpty || !found.changed.isEmpty else { return [] }
    var missing = try await cluster.missing(["get", "create", "patch"].map { Right(verb: $0, resource: "secrets") }, in: RecordPlace.namespace)
    var asked: Set<String> = []
    for (verb, names) in [("create", found.made), ("patch", found.changed)] {
      for name in names where asked.insert("\(verb) \(name.resource) \(name.namespace)").inserted {
        missing += try await cluster.missing([Right(verb: verb, resource: name.resource)], in: name.namespace.isEmpty ? RecordPlace.namespace : name.namespace)
      }
    }
    return missing
  }
}

public struct ApplyPerformer: StepPerformer {
  public typealias Kind = KubernetesApply
  private let host: KubernetesHost
  init(host: KubernetesHost) { self.host = host }

  public func perform(_ arguments: KubernetesApply.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let cluster = try await Cluster.open(arguments.cluster, on: host, context.secrets, within: context.patience)
    let files = try await files(arguments, context)
    let place = RecordPlace(cluster, context)
    var record = AppliedRecord(step: context.note)
    // An earlier attempt of this step has begun: what was before that one counts.
    if let earlier = try await place.read(), earlier.step == context.note { record = earlier }
    var names: Set<ObjectName> = []
    for file in files {
      context.report(StepProgress(phase: "applying \(file.name)"))
      names.formUnion(try await apply(file, &record, place, cluster, context))
    }
    let mine = record.entries.filter { names.contains($0.name) && !$0.isUnchanged }
    let (made, changed) = (mine.filter { $0.former == nil }.count, mine.filter { $0.former != nil }.count)
    return StepResult(
      summary: "\(names.count) objects of \(files.count) files are in `\(arguments.cluster.server)` and ready: \(made) made, \(changed) changed",
      undoRecord: ["record": .string("\(RecordPlace.namespace)/\(place.name)")], measurements: ["made": .int(Int64(made)), "changed": .int(Int64(changed))])
  }

  private func apply(
    _ file: ManifestFile, _ record: inout AppliedRecord, _ place: RecordPlace, _ cluster: Cluster, _ context: PerformingContext
  ) async throws(StepFailure) -> [ObjectName] {
    let names = try await cluster.names(in: file)
    guard !names.isEmpty else { return [] }
    let hidden = file.secrets
    let new = names.filter { record[$0] == nil }
    if !new.isEmpty {
      let former = try await cluster.objects(ObjectTree.self, new)
      for name in new { record[name] = AppliedRecord.Entry(name: name, former: former[name]?.lasting) }
      try await place.write(record, hiding: hidden)
    }
    do throws(StepFailure) { _ = try await cluster.run(["apply", "-f", "-"], input: file.bytes, hiding: hidden) } catch {
      throw StepFailure(error.code, "\(file.name): \(error.message)", details: error.details, helps: error.helps, transient: error.isTransient)
    }
    let objects = try await cluster.objects(ObjectTree.self, names)
    for name in names {
      guard let object = objects[name], var entry = record[name] else { continue }
      entry.uid = entry.former == nil ? object["metadata"]?["uid"]?.string : nil
      entry.applied = object.lastApplied.map { SHA256Digest.of(Array($0.utf8)) }
      entry.isUnchanged = object.lasting == entry.former
      record[name] = entry
    }
    try await place.write(record, hiding: hidden)
    try await cluster.waitUntilReady(names, of: file.name, context.report)
    return names
  }

  public func settle(_ arguments: KubernetesApply.Arguments, in context: PerformingContext) async -> Settlement {
    do throws(StepFailure) {
      let cluster = try await Cluster.open(arguments.cluster, on: host, context.secrets, within: context.patience)
      var count = 0
      let files = try await files(arguments, context)
      for file in files {
        let names = try await cluster.names(in: file)
        let objects = try await cluster.objects(ClusterObject.self, names)
        for name in names {
          guard let object = objects[name], Readiness.progress(of: object) == .done else { return .notDone }
        }
        guard try await cluster.differing(file, among: names).isEmpty else { return .notDone }
        count += names.count
      }
      return .done(StepResult(summary: "\(count) objects of \(files.count) files are in `\(arguments.cluster.server)` and ready"))
    } catch {
      // A kind or a namespace that an earlier file makes.
      return [KubectlFailure.notFound, KubectlFailure.unknownKind].contains(error.code) ? .notDone : .unknown(error.message)
    }
  }

  public func undo(_ arguments: KubernetesApply.Arguments, result _: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    let cluster = try await Cluster.open(arguments.cluster, on: host, context.secrets, within: context.patience)
    let place = RecordPlace(cluster, context)
    guard let record = try await place.read(), record.step == context.note else { return }
    var refused: [StepFailure] = []
    // What was made last may need what was made first. One that somebody else has changed does not hold the others up.
    for entry in record.entries.reversed() where !entry.isUnchanged {
      do throws(StepFailure) { try await takeBack(entry, cluster, context) } catch {
        guard error.code == "changed-meanwhile" else { throw error }
        refused.append(error)
      }
    }
    guard refused.isEmpty else {
      throw StepFailure(
        "changed-meanwhile", refused.map(\.message).joined(separator: "; "),
        details: ["all else of the step is taken back", "what was before is kept in the secret `\(RecordPlace.namespace)/\(place.name)`"],
        helps: ["compare and put back by hand what is right, then delete that secret"])
    }
    try await place.remove()
  }

  private func takeBack(_ entry: AppliedRecord.Entry, _ cluster: Cluster, _ context: PerformingContext) async throws(StepFailure) {
    let name = entry.name
    let found = try await cluster.object(ObjectTree.self, name)
    guard let former = entry.former else {
      // Gone already, or somebody has made another one.
      guard let found, entry.uid == nil || found["metadata"]?["uid"]?.string == entry.uid else { return }
      _ = try await cluster.run(["delete", "-f", "-", "--ignore-not-found", "--wait=false"], input: Array(name.manifest.description.utf8))
      try await cluster.wait(for: "the removal of `\(name)`", context.report) { () async throws(StepFailure) -> Progress in
        try await cluster.object(ClusterObject.self, name) == nil ? .done : .waits("`\(name)` is still there")
      }
      return
    }
    guard found?.lasting != former else { return }
    if found?.lasting.withoutApplied != former.withoutApplied { try await replace(found, by: former, entry, cluster) }
    // `replace` takes the whole object for what was applied. It was less, and the next `apply` by whoever looks after it counts on that.
    guard let applied = former.lastApplied else { return }
    _ = try await cluster.run(["apply", "set-last-applied", "-f", "-"], input: Array(applied.utf8), hiding: ManifestFile(name: "", bytes: Array(applied.utf8)).secrets)
  }

  private func replace(_ found: ObjectTree?, by former: ObjectTree, _ entry: AppliedRecord.Entry, _ cluster: Cluster) async throws(StepFailure) {
    let now = found?.lastApplied.map { SHA256Digest.of(Array($0.utf8)) }
    let before = former.lastApplied.map { SHA256Digest.of(Array($0.utf8)) }
    guard found != nil, entry.applied == nil || now == entry.applied || now == before else {
      throw StepFailure("changed-meanwhile", "somebody else has \(found == nil ? "deleted" : "applied another") `\(entry.name)` since, so it stays as it is")
    }
    let text: String
    do { text = try CanonicalJSON.prettyText(former) } catch { throw StepFailure("not-writable", "what `\(entry.name)` was before cannot be written as JSON") }
    _ = try await cluster.run(["replace", "-f", "-"], input: Array(text.utf8), hiding: ManifestFile(name: "", bytes: Array(text.utf8)).secrets)
  }

  private func files(_ arguments: KubernetesApply.Arguments, _ context: PerformingContext) async throws(StepFailure) -> [ManifestFile] {
    try host.manifests(try await context.resolve(arguments.folder).reveal(), arguments.files)
  }
}
