internal import CanonicalJSON
public import PlanModel
public import ProviderInterface
public import Units

/// `git.mirror`: all references of a repository into another one.
public enum GitMirror: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var from: InputValue
    public var to: InputValue
  }

  public static let name: StepKindName = "git.mirror"
  public static let summary = "Copies all references of a repository into another one, at one moment, and compares them."
  public static let fields = [
    Field("from", .input, required: true, "The URL or folder of the repository; a relative folder counts from that of the plan file. A login stands in the URL, and the URL in a secret."),
    Field("to", .input, required: true, "The URL or folder of the mirror. A folder that is not there is made. What the mirror has and the repository has not is removed."),
  ]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let from = fields.repository("from", in: context.plan)
    let to = fields.repository("to", in: context.plan)
    guard let from, let to else { return nil }
    return Arguments(from: from, to: to)
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    Footprint(
      reads: [.named("git:\(arguments.from.resourceName)")], writes: [.named("git:\(arguments.to.resourceName)")],
      requires: arguments.from.requirements.union(arguments.to.requirements))
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .byKind("puts the references back that the mirror had") }

  /// How many references differ.
  static let differing = "differing"
  static let mirror = "mirror"

  public static func compare(_: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    switch observation.reach {
    case .unreachable(let reason): return Change(.unknown, reason: "could not be observed: \(reason)")
    case .nothingToObserve: return Change(.unknown, reason: "an earlier step says which repository")
    case .observed: break
    }
    if observation.facts[mirror] == "absent" { return Change(.create, reason: "there is no mirror yet") }
    let count = observation.facts[differing]?.int ?? 0
    guard count > 0 else { return Change(.none, reason: "the mirror has the same references") }
    return Change(.update, reason: "\(count) reference\(count == 1 ? " is" : "s are") another one in the mirror")
  }
}

/// What a mirror step leaves in the mirror, as a blob that a reference names: what was there before, what it wrote. With it, undo and resume need nothing but
/// the mirror itself; the former commits are kept by references beside it. The next mirror step removes both.
struct MirrorRecord: Codable, Hashable, Sendable {
  var run: String
  var step: String
  /// Nil: the mirror was made by this step.
  var before: [String: String]?
  var after: [String: String]
  /// What `HEAD` of a folder stood for before.
  var head: String?

  static func folder(_ mark: StepMark) -> String { "refs/sie-dr/\(mark.run)/\(mark.step)" }
  static func name(_ mark: StepMark) -> String { folder(mark) + "/record" }
  /// Where the former value of a reference is kept.
  static func kept(_ reference: String, _ mark: StepMark) -> String { folder(mark) + "/before/" + reference.dropFirst("refs/".count) }
}
