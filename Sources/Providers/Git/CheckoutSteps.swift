internal import CanonicalJSON
internal import Concurrency
internal import Glibc
internal import Hashing
internal import ObjectStore
internal import PlanModel
internal import PointSteps
public import ProviderInterface
internal import Units

public struct GitCheckoutObserver: StepObserver {
  public typealias Kind = GitCheckout
  let host: GitHost

  public func observe(_ arguments: GitCheckout.Arguments, in context: ObservingContext) async -> Observation {
    do throws(StepFailure) {
      let references: References
      switch arguments.from {
      case .bundle(let reference, let name):
        let store = try await context.stores.reading(reference)
        guard let newest = try await stored("looking for the bundle", { try await BundlePlace(name: name).newest(in: store) }) else {
          return Observation(facts: [GitCheckout.folder: there(arguments), GitCheckout.problem: .string(GitCheckoutPerformer.noBundle(name, reference).message)])
        }
        references = newest.references
      case .repository(let input):
        guard let repository = try await context.repository(input, in: host) else { return .nothing }
        references = try await host.git.references(of: repository, deadline: context.timeout)
      }
      var observation = Observation(facts: [GitCheckout.folder: there(arguments)])
      let names = [arguments.ref, "refs/heads/\(arguments.ref)", "refs/tags/\(arguments.ref)"]
      // A commit is known only when it is there.
      observation.facts[GitCheckout.commit] = names.compactMap { references.byName[$0] }.first.map { .string($0) }
      return observation
    } catch { return .unreachable(error.message) }
  }

  private func there(_ arguments: GitCheckout.Arguments) -> JSONValue { Folders.exists(host.absolute(arguments.into)) ? "present" : "absent" }
}

/// What a checkout leaves in the `.git` of its folder, so that resume and undo know whose it is.
struct CheckoutMark: Codable, Hashable, Sendable {
  var run: String
  var step: String
  var attempt: Int
  var commit: String

  static func read(_ folder: String) -> CheckoutMark? { Folders.read("\(folder)/.git/sie-dr.json").flatMap { try? CanonicalJSON.decode(CheckoutMark.self, from: $0) } }
  func isOf(_ mark: StepMark) -> Bool { run == mark.run.rawValue && step == mark.step.rawValue }
}

public struct GitCheckoutPerformer: StepPerformer {
  public typealias Kind = GitCheckout
  let host: GitHost

  static func noBundle(_ name: String, _ store: StoreReference) -> StepFailure {
    StepFailure("no-bundle", "there is no bundle `\(name)` in the store `\(store.name)`", helps: ["`git.bundle` writes one: by which name, its field `name` says"])
  }

  public func perform(_ arguments: GitCheckout.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    if Task.isCancelled { throw .cancelled }
    let folder = host.absolute(arguments.into)
    try await clearAway(folder, context)
    guard !Folders.exists(folder) else {
      throw StepFailure("folder-there", "the folder \(folder) is there already", details: ["a checkout never touches what somebody else has made"], helps: ["remove it, or name another one under `into`"])
    }
    try makeParents(of: folder)
    let working = working(folder, context.mark)
    do throws(StepFailure) {
      let commit = try await fill(working, arguments, context)
      let mark = CheckoutMark(run: context.mark.run.rawValue, step: context.mark.step.rawValue, attempt: context.mark.attempt, commit: commit)
      let text: String
      do { text = try CanonicalJSON.text(mark) } catch { throw StepFailure("unexpected", "the mark cannot be written: \(error)") }
      // Renamed last: a folder by its own name is whole.
      guard Folders.write("\(working)/.git/sie-dr.json", Array(text.utf8)), rename(working, folder) == 0 else {
        throw StepFailure("folder-failed", "the folder \(folder) cannot be put in place: \(String(cString: strerror(errno)))", helps: ["look at the rights and the space there"])
      }
      return result(commit, folder, arguments)
    } catch {
      await Folders.removed(working)
      throw error
    }
  }

  private func working(_ folder: String, _ mark: StepMark) -> String {
    let parts = folder.split(separator: "/", omittingEmptySubsequences: false)
    return (parts.dropLast() + [".\(parts.last ?? "").sie-dr.\(mark)"]).joined(separator: "/")
  }

  private func makeParents(of folder: String) throws(StepFailure) {
    var path = ""
    for part in folder.split(separator: "/").dropLast() {
      path += "/\(part)"
      guard mkdir(path, 0o755) != 0, errno != EEXIST else { continue }
      throw StepFailure("folder-failed", "the folder \(path) cannot be made: \(String(cString: strerror(errno)))", helps: ["look at the rights there, or name another folder under `into`"])
    }
  }

  /// The remains of this step's earlier attempts, and what one of them had put in place.
  private func clearAway(_ folder: String, _ context: PerformingContext) async throws(StepFailure) {
    for mark in context.earlierMarks + [context.mark] { await Folders.removed(working(folder, mark)) }
    if let mark = CheckoutMark.read(folder), mark.isOf(context.mark) { await Folders.removed(folder) }
  }

  // MARK: The contents

  private func fill(_ working: String, _ arguments: GitCheckout.Arguments, _ context: PerformingContext) async throws(StepFailure) -> String {
    switch arguments.from {
    case .repository(let input):
      let repository = try await context.repository(input, in: host)
      try await clone(repository.location, [repository], working, context, doing: "cloning \(repository.title)")
      return try await checkOut(working, arguments, context, from: repository.title)
    case .bundle(let store, let name):
      return try await withWorkFolder(in: host.temporaryFolder) { (temporary) throws(StepFailure) in
        let file = "\(temporary)/bundle"
        let manifest = try await fetch(name, store, into: file, context)
        try await clone(file, [], working, context, doing: "cloning the bundle \(manifest.id)")
        try await compare(working, manifest, context)
        let commit = try await checkOut(working, arguments, context, from: "the bundle \(manifest.id)")
        // The file is gone in a moment.
        try await host.git.run(["remote", "remove", "origin"], in: working, deadline: context.timeout, doing: "forgetting the bundle's place")
        return commit
      }
    }
  }

  private func clone(_ location: String, _ repositories: [Repository], _ working: String, _ context: PerformingContext, doing: String) async throws(StepFailure) {
    context.report(StepProgress(phase: "cloning"))
    try await host.git.run(
      ["clone", "--quiet", "--no-checkout", "--no-local", "--template=", "--", location, working], for: repositories, deadline: context.timeout, doing: doing)
  }

  /// The references that came are those that the manifest names.
  private func compare(_ working: String, _ manifest: BundleManifest, _ context: PerformingContext) async throws(StepFailure) {
    let listed = References(
      listing: try await host.git.run(["for-each-ref", "--format=%(objectname)%09%(refname)"], in: working, deadline: context.timeout, doing: "listing what was cloned"))
    for (name, hash) in manifest.references.mirrored {
      let local = name.hasPrefix("refs/heads/") ? "refs/remotes/origin/" + name.dropFirst(11) : name
      guard name.hasPrefix("refs/heads/") || name.hasPrefix("refs/tags/"), listed.byName[local] != hash else { continue }
      throw StepFailure("references-differ", "`\(name)` of the bundle \(manifest.id) is not what its manifest says", helps: ["take another bundle, and look who can write to the store"])
    }
  }

  /// The newest bundle, proved against its manifest.
  private func fetch(_ name: String, _ reference: StoreReference, into file: String, _ context: PerformingContext) async throws(StepFailure) -> BundleManifest {
    let store = try await context.stores.reading(reference)
    let place = BundlePlace(name: name)
    guard let manifest = try await stored("looking for the bundle", { try await place.newest(in: store) }) else { throw Self.noBundle(name, reference) }
    try await stored("reading the bundle \(manifest.id)") {
      let download = try await store.open(try place.key(manifest.id, "bundle", in: store.name))
      do {
        let (size, sum) = try await write(download, into: file)
        guard size == manifest.size, sum == manifest.sha256 else {
          throw StepFailure(
            "object-damaged", "the bundle \(manifest.id) in the store `\(store.name)` is not what was written: its SHA-256 or its size differs", helps: ["take it from another store, or an older one by hand: git clone FILE"])
        }
        await download.close()
      } catch {
        await download.close()
        throw error
      }
    }
    return manifest
  }

  private func write(_ download: any ObjectDownload, into path: String) async throws -> (ByteCount, SHA256Digest) {
    let pool = BlockingPool(threads: 1)
    let hasher = SHA256Hasher()
    var size: Int64 = 0
    let file = open(path, O_CREAT | O_WRONLY | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw FileReader.Failed(description: "\(path): \(String(cString: strerror(errno)))") }
    defer { close(file) }
    while let chunk = try await download.next() {
      hasher.update(chunk)
      size += Int64(chunk.count)
      try await pool.run { () throws(StepFailure) in
        var done = 0
        while done < chunk.count {
          let count = chunk[done...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
          guard count > 0 || errno == EINTR else { throw StepFailure("disk-full", "\(path) cannot be written: \(String(cString: strerror(errno)))", helps: ["free space, or set TMPDIR to a larger place"]) }
          done += max(0, count)
        }
      }
    }
    return (ByteCount(bytes: size), hasher.finalize())
  }

  private func checkOut(_ working: String, _ arguments: GitCheckout.Arguments, _ context: PerformingContext, from title: String) async throws(StepFailure) -> String {
    let ref = arguments.ref
    let candidates = ref == "HEAD" ? ["refs/remotes/origin/HEAD", "HEAD"] : ["refs/remotes/origin/\(ref)", "refs/tags/\(ref)", ref]
    var found: String?
    for candidate in candidates where found == nil {
      do throws(StepFailure) {
        found = try await host.git.run(
          ["rev-parse", "--quiet", "--verify", "--end-of-options", "\(candidate)^{commit}"], in: working, deadline: context.timeout, doing: "looking for `\(ref)`").filter { !$0.isNewline }
      } catch {
        guard error.code == "git-failed" else { throw error }
      }
    }
    guard let commit = found else {
      throw StepFailure("no-such-ref", "there is no branch, tag or commit `\(ref)` in \(title)", helps: ["see what there is: git ls-remote"])
    }
    if arguments.signed { try await verify(commit, working, context, title) }
    try await host.git.run(["checkout", "--quiet", "--detach", commit, "--"], in: working, deadline: context.timeout, doing: "checking \(commit) out")
    return commit
  }

  /// With what this user trusts: his keys, his list of signers.
  private func verify(_ commit: String, _ working: String, _ context: PerformingContext, _ title: String) async throws(StepFailure) {
    do throws(StepFailure) {
      try await host.git.run(["verify-commit", commit], in: working, deadline: context.timeout, asUser: true, doing: "checking the signature of \(commit)")
    } catch {
      guard error.code == "git-failed" else { throw error }
      let said = error.details.dropFirst()
      throw StepFailure(
        "not-signed", "the commit \(commit) of \(title) carries no signature that this host trusts", details: Array(said),
        helps: ["look at it: git log --show-signature -1 \(commit)", "for signatures by SSH, list who is trusted: git config --global gpg.ssh.allowedSignersFile FILE"])
    }
  }

  private func result(_ commit: String, _ folder: String, _ arguments: GitCheckout.Arguments) -> StepResult {
    StepResult(
      summary: "commit \(commit.prefix(12)) is in \(folder)" + (arguments.signed ? ", its signature is trusted" : ""), outputs: ["commit": .text(commit), "folder": .text(folder)],
      undoRecord: .string(folder))
  }

  public func settle(_ arguments: GitCheckout.Arguments, in context: PerformingContext) async -> Settlement {
    let folder = host.absolute(arguments.into)
    guard let mark = CheckoutMark.read(folder), mark.isOf(context.mark), mark.attempt == context.mark.attempt else { return .notDone }
    return .done(result(mark.commit, folder, arguments))
  }

  public func undo(_ arguments: GitCheckout.Arguments, result _: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    try await clearAway(host.absolute(arguments.into), context)
  }
}
