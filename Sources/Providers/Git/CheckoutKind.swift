internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import Units

/// `git.checkout`: a revision in a new folder.
public enum GitCheckout: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public enum Source: Codable, Hashable, Sendable {
      case repository(InputValue)
      /// The newest of its name in a store.
      case bundle(store: StoreReference, name: String)
    }
    public var from: Source
    public var into: String
    /// `HEAD`, a branch, a tag or a commit.
    public var ref: String
    public var signed: Bool
  }

  public static let name: StepKindName = "git.checkout"
  public static let summary = "Checks a revision out of a repository, mirror or bundle into a new folder, and its signature if asked."
  public static let fields = [
    Field("from", .input, required: true, "The URL or folder of a repository or mirror; or `bundle://STORE/NAME`, the newest bundle that `git.bundle` has written there: then no Git host is needed."),
    Field("into", .text, required: true, "The folder, which must not be there yet; a relative one counts from that of the plan file."),
    Field("ref", .text, "The branch, tag or commit; `HEAD` if not given."),
    Field("signed", .bool, "Whether the commit must carry a signature that this host trusts: by GnuPG, or by SSH with the `gpg.ssh.allowedSignersFile` of this user."),
  ]
  public static let outputs = ["commit": "the commit", "folder": "the folder"]

  static let scheme = "bundle://"

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let span = fields.span(of: "from")
    let from = fields.repository("from", in: context.plan)
    let into = fields.requiredText("into", example: "FOLDER")
    let ref = fields.text("ref")
    let signed = fields.bool("signed")?.value ?? false
    guard let from, let into else { return nil }
    if let ref, ref.value.isEmpty || ref.value.hasPrefix("-") {
      fields.collector.add(Diagnostic("wrong-value", "`ref` of \(fields.what) is `\(ref.value)`", at: ref.span, label: "expected a branch, a tag or a commit"))
      return nil
    }
    var source = Arguments.Source.repository(from)
    if case .text(let text) = from, text.hasPrefix(scheme) {
      let parts = text.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 2, BundlePlace.isName(String(parts[1])) else {
        fields.collector.add(Diagnostic("wrong-value", "`from` of \(fields.what) is `\(text)`", at: span, label: "expected `bundle://STORE/NAME`"))
        return nil
      }
      let name = Located(StoreName(rawValue: String(parts[0])), at: span)
      if let unknown = unknownReference(name, "store", among: context.plan.stores.map(\.name)) { fields.collector.add(unknown); return nil }
      guard let store = context.plan.reference(to: name.value) else { return nil }
      source = .bundle(store: store, name: String(parts[1]))
    }
    return Arguments(from: source, into: into.value, ref: ref?.value ?? "HEAD", signed: signed)
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    switch arguments.from {
    case .repository(let input):
      Footprint(reads: [.named("git:\(input.resourceName)")], writes: [.named("folder:\(arguments.into)")], requires: input.requirements)
    case .bundle(let store, let name):
      Footprint(reads: [.named("bundles:\(name)@\(store.name)")], writes: [.named("folder:\(arguments.into)")], requires: [.store(store.name)])
    }
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .byKind("removes the folder") }

  static let folder = "folder"
  static let commit = "commit"
  static let problem = "problem"

  public static func compare(_ arguments: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    switch observation.reach {
    case .unreachable(let reason): return Change(.unknown, reason: "could not be observed: \(reason)")
    case .nothingToObserve: return Change(.unknown, reason: "an earlier step says which repository")
    case .observed: break
    }
    if observation.facts[folder] == "present" { return Change(.unknown, reason: "the step would fail: \(arguments.into) is there already") }
    if let problem = observation.facts[problem]?.string { return Change(.unknown, reason: "the step would fail: \(problem)") }
    let commit = observation.facts[commit]?.string.map { "commit \($0)" } ?? "`\(arguments.ref)`"
    return Change(.create, reason: "checks \(commit) out into \(arguments.into)", after: ["folder": .string(commit)])
  }
}
