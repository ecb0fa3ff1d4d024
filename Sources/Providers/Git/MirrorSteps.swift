internal import CanonicalJSON
internal import PlanModel
internal import PointSteps
public import ProviderInterface
internal import Units

public struct GitMirrorObserver: StepObserver {
  public typealias Kind = GitMirror
  let host: GitHost

  public func observe(_ arguments: GitMirror.Arguments, in context: ObservingContext) async -> Observation {
    do throws(StepFailure) {
      guard let from = try await context.repository(arguments.from, in: host), let to = try await context.repository(arguments.to, in: host) else { return .nothing }
      let source = try await host.git.references(of: from, deadline: context.timeout).mirrored
      guard !to.isFolder || Folders.exists(to.location) else { return Observation(facts: [GitMirror.mirror: "absent"], measurements: ["references": .int(Int64(source.count))]) }
      let there = try await host.git.references(of: to, deadline: context.timeout).mirrored
      let differing = Set(source.keys).union(there.keys).filter { source[$0] != there[$0] }.count
      return Observation(
        facts: [GitMirror.mirror: "present", GitMirror.differing: .int(Int64(differing))], measurements: ["references": .int(Int64(source.count))])
    } catch { return .unreachable(error.message) }
  }
}

public struct GitMirrorPerformer: StepPerformer {
  public typealias Kind = GitMirror
  let host: GitHost

  public func perform(_ arguments: GitMirror.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    if Task.isCancelled { throw .cancelled }
    let from = try await context.repository(arguments.from, in: host)
    let to = try await context.repository(arguments.to, in: host)
    return try await withWorkFolder(in: host.temporaryFolder) { (folder) throws(StepFailure) in
      let work = MirrorWork(git: host.git, folder: folder, to: to, mark: context.mark, deadline: context.timeout)
      context.report(StepProgress(phase: "fetching"))
      let source = try await work.fetch(from)
      let isNew = try await work.makeIfAbsent(head: source.head)
      let there = try await host.git.references(of: to, deadline: context.timeout)
      // Of an earlier attempt of this step: what was there before it counts.
      let earlier = try await work.record(in: there)
      let record = MirrorRecord(
        run: context.mark.run.rawValue, step: context.mark.step.rawValue, before: earlier.map(\.before) ?? (isNew ? nil : there.mirrored), after: source.mirrored,
        head: earlier.map(\.head) ?? there.head)
      context.report(StepProgress(phase: "pushing"))
      try await work.push(record, over: there)
      if let head = source.head { try await work.point(head, from: there.head) }
      let now = try await host.git.references(of: to, deadline: context.timeout).mirrored
      guard now == record.after else { throw Self.differs(now, record.after, to) }
      let changed = Set(record.after.keys).union((record.before ?? [:]).keys).filter { record.after[$0] != record.before?[$0] }.count
      return result(record, changed: changed, to)
    }
  }

  private static func differs(_ now: [String: String], _ wanted: [String: String], _ to: Repository) -> StepFailure {
    let names = Set(now.keys).union(wanted.keys).filter { now[$0] != wanted[$0] }.sorted()
    return StepFailure(
      "references-differ", "the mirror (\(to.title)) does not have what was pushed: \(names.prefix(5).joined(separator: ", "))\(names.count > 5 ? " and more" : "")",
      details: ["somebody else pushes to it, or its host changes what it is given"], helps: ["let nobody else write to the mirror, then run the step again"])
  }

  private func result(_ record: MirrorRecord, changed: Int, _ to: Repository) -> StepResult {
    StepResult(
      summary: "\(record.after.count) reference\(record.after.count == 1 ? "" : "s") in the mirror, \(changed) of them changed", undoRecord: (try? CanonicalJSON.value(record)) ?? .null,
      measurements: ["references": .int(Int64(record.after.count)), "changed": .int(Int64(changed))])
  }

  public func settle(_ arguments: GitMirror.Arguments, in context: PerformingContext) async -> Settlement {
    do throws(StepFailure) {
      let to = try await context.repository(arguments.to, in: host)
      guard !to.isFolder || Folders.exists(to.location) else { return .notDone }
      return try await withWorkFolder(in: host.temporaryFolder) { (folder) throws(StepFailure) in
        let work = MirrorWork(git: host.git, folder: folder, to: to, mark: context.mark, deadline: context.timeout)
        let there = try await host.git.references(of: to, deadline: context.timeout)
        guard let record = try await work.record(in: there), there.mirrored == record.after else { return Settlement.notDone }
        return .done(result(record, changed: Set(record.after.keys).filter { record.after[$0] != record.before?[$0] }.count, to))
      }
    } catch { return .unknown("the mirror cannot be asked: \(error.message)") }
  }

  public func undo(_ arguments: GitMirror.Arguments, result: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    let to = try await context.repository(arguments.to, in: host)
    guard !to.isFolder || Folders.exists(to.location) else { return }
    try await withWorkFolder(in: host.temporaryFolder) { (folder) throws(StepFailure) in
      let work = MirrorWork(git: host.git, folder: folder, to: to, mark: context.mark, deadline: context.timeout)
      let there = try await host.git.references(of: to, deadline: context.timeout)
      // Nothing of this run is there: it was never pushed, or has been taken back.
      guard let record = try await work.record(in: there) else { return }
      guard there.mirrored == record.after else {
        throw StepFailure(
          "mirror-moved", "somebody else has pushed to the mirror (\(to.title)) since", details: ["what was there before stands under \(MirrorRecord.folder(context.mark))/before"],
          helps: ["decide reference by reference: git push --force MIRROR OLD:NAME"])
      }
      guard record.before != nil || !to.isFolder else { return await Folders.removed(to.location) }
      if let head = record.head { try await work.point(head, from: there.head) }
      try await work.putBack(record, over: there)
    }
  }
}

/// A bare repository in a work folder, through which references go.
struct MirrorWork: Sendable {
  let git: GitProgram
  let folder: String
  let to: Repository
  let mark: StepMark
  let deadline: TimeSpan

  private func initialize() async throws(StepFailure) {
    guard !Folders.exists("\(folder)/HEAD") else { return }
    try await git.run(["init", "--quiet", "--bare", folder], deadline: deadline, doing: "making a work folder")
  }

  /// All that the source has, as it says it itself.
  func fetch(_ from: Repository) async throws(StepFailure) -> References {
    try await initialize()
    let listed = try await git.references(of: from, deadline: deadline)
    guard !listed.mirrored.isEmpty else {
      throw StepFailure("source-empty", "the repository (\(from.title)) has no references at all", details: ["an empty one never replaces a full mirror"], helps: ["look whether the URL is right"])
    }
    let excluded = References.ofHosts.map { "^\($0)*" }
    try await git.run(
      ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", from.location, "+refs/*:refs/*"] + excluded, in: folder, for: [from], deadline: deadline,
      doing: "fetching all references of \(from.title)")
    var fetched = References(listing: try await git.run(["for-each-ref", "--format=%(objectname)%09%(refname)"], in: folder, deadline: deadline, doing: "listing what was fetched"))
    fetched.head = listed.head
    return fetched
  }

  /// A folder that is not there becomes a bare repository.
  func makeIfAbsent(head: String?) async throws(StepFailure) -> Bool {
    guard to.isFolder, !Folders.exists(to.location) else { return false }
    try await git.run(["init", "--quiet", "--bare", "--", to.location], deadline: deadline, doing: "making the mirror")
    // A repository may give up the branch that is its current one.
    try await git.run(["config", "receive.denyDeleteCurrent", "warn"], in: to.location, deadline: deadline, doing: "making the mirror")
    if let head { try await point(head, from: nil) }
    return true
  }

  /// Lets `HEAD` of a folder stand for a branch. Hosts have other means for that.
  func point(_ head: String, from now: String?) async throws(StepFailure) {
    guard to.isFolder, head != now else { return }
    try await git.run(["symbolic-ref", "HEAD", head], in: to.location, deadline: deadline, doing: "setting HEAD of \(to.title)")
  }

  /// What an attempt of this step has left in the mirror.
  func record(in there: References) async throws(StepFailure) -> MirrorRecord? {
    guard there.byName[MirrorRecord.name(mark)] != nil else { return nil }
    try await initialize()
    try await git.run(
      ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", to.location, "+\(MirrorRecord.folder(mark))/*:\(MirrorRecord.folder(mark))/*"], in: folder, for: [to],
      deadline: deadline, doing: "reading what an earlier attempt has left in \(to.title)")
    let text = try await git.run(["cat-file", "blob", MirrorRecord.name(mark)], in: folder, deadline: deadline, doing: "reading the record of the mirror")
    return try? CanonicalJSON.decode(MirrorRecord.self, from: text.utf8)
  }

  /// One push, all or nothing: the references, the former values of those that change, the record.
  func push(_ record: MirrorRecord, over there: References) async throws(StepFailure) {
    let now = there.mirrored
    var orders: [String] = []
    for (name, hash) in record.after where now[name] != hash { orders.append("+\(hash):\(name)") }
    for name in now.keys where record.after[name] == nil { orders.append(":\(name)") }
    let lost = (record.before ?? [:]).filter { record.after[$0.key] != $0.value }
    let missing = lost.filter { there.byName[MirrorRecord.kept($0.key, mark)] != $0.value }
    if !missing.isEmpty {
      try await git.run(
        ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", to.location] + missing.keys.sorted().map { "+\($0):\(MirrorRecord.kept($0, mark))" }, in: folder,
        for: [to], deadline: deadline, doing: "fetching what the mirror alone has")
      orders += missing.map { "+\($0.value):\(MirrorRecord.kept($0.key, mark))" }
    }
    // What earlier runs have left there.
    let own = MirrorRecord.folder(mark) + "/"
    orders += there.byName.keys.filter { $0.hasPrefix("refs/sie-dr/") && !$0.hasPrefix(own) }.map { ":\($0)" }
    let text: String
    do { text = try CanonicalJSON.text(record) } catch { throw StepFailure("unexpected", "the record cannot be written: \(error)") }
    let blob = try await git.run(["hash-object", "-w", "--stdin"], in: folder, input: text, deadline: deadline, doing: "writing the record").filter { !$0.isNewline }
    orders.append("+\(blob):\(MirrorRecord.name(mark))")
    try await push(orders)
  }

  func putBack(_ record: MirrorRecord, over there: References) async throws(StepFailure) {
    let before = record.before ?? [:]
    let own = there.byName.keys.filter { $0.hasPrefix(MirrorRecord.folder(mark) + "/") }
    var orders = own.map { ":\($0)" }
    for (name, hash) in before where record.after[name] != hash { orders.append("+\(hash):\(name)") }
    for name in record.after.keys where before[name] == nil { orders.append(":\(name)") }
    try await push(orders)
  }

  /// In a file there is no limit to their number.
  private func push(_ orders: [String]) async throws(StepFailure) {
    func quoted(_ text: String) -> String { "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\"" }
    let lines = ["[remote \"mirror\"]", "url = \(quoted(to.location))"] + orders.sorted().map { "push = \(quoted($0))" }
    Folders.remove("\(folder)/orders")
    guard Folders.write("\(folder)/orders", Array((lines.joined(separator: "\n") + "\n").utf8)) else {
      throw StepFailure("disk-full", "the work folder \(folder) cannot be written to", helps: ["free space, or set TMPDIR to a larger place"])
    }
    try await git.run(
      ["-c", "include.path=\(folder)/orders", "push", "--quiet", "--atomic", "--no-verify", "mirror"], in: folder, for: [to], deadline: deadline, doing: "pushing to \(to.title)")
  }
}
