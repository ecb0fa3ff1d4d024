internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
public import PointSteps
public import ProviderInterface
public import Units

/// `meilisearch.restore`: starts a server from a recovery point; the data that was there is moved aside and kept.
public enum MeilisearchRestore: StepKind {
  public struct Arguments: PointRestoring {
    public var dataClass: DataClassName
    public var point: ChosenPoint
    public var stores: [StoreReference]
    public var server: MeilisearchReference
    public var identity: SecretReference?
    /// The server's database folder, absolute, on the host where this program runs.
    public var folder: String
    public var stop: [String]
    public var start: [String]
  }

  public static let name: StepKindName = "meilisearch.restore"
  public static let summary = "Starts Meilisearch from a recovery point, beside the data that was there, and compares its documents with the dump."
  public static let fields = [
    Field("data", .name(of: "data class"), required: true, "The data class to bring back."),
    Field("server", .name(of: "Meilisearch server"), required: true, "Where to."), .chosenPoint,
    Field("folder", .text, required: true, "Its database folder (`--db-path`), on the host where sie-dr runs; an absolute path, no mount point. What is there is moved aside and kept."),
    Field("stop", .argumentList, required: true, "The program that stops the server: `[systemctl, stop, meilisearch]`. It ends well also where none runs."),
    Field(
      "start", .argumentList, required: true,
      "The program that starts it in the background. For this one start it gets MEILI_IMPORT_DUMP, MEILI_IGNORE_DUMP_IF_DB_EXISTS, MEILI_IGNORE_MISSING_DUMP and MEILI_DB_PATH in its environment, which must reach the server."),
  ]
  public static let outputs = ["point": "the id of the point that was restored", "documents": "how many documents there are", "former": "where the data is that was there before; empty if there was none"]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let common = fields.restore(to: MeilisearchReference.self, in: context.plan)
    let folder = fields.requiredText("folder", example: "/var/lib/meilisearch/data.ms")
    _ = fields.required("stop", example: "[systemctl, stop, meilisearch]")
    let stop = fields.arguments("stop")
    _ = fields.required("start", example: "[systemctl, start, meilisearch]")
    let start = fields.arguments("start")
    guard let common, let folder, let stop, let start else { return nil }
    // It is moved, with what is beside it under names of this step's own.
    guard folder.value.hasPrefix("/"), folder.value.count > 1, !folder.value.hasSuffix("/"), !folder.value.split(separator: "/").contains("..") else {
      fields.collector.add(
        Diagnostic(
          "wrong-value", "`\(folder.value)` is no database folder", at: folder.span, label: "expected an absolute path, without `..` and without a slash at its end",
          helps: ["write what the server's `--db-path` says"]))
      return nil
    }
    return Arguments(
      dataClass: common.dataClass, point: common.point, stores: common.stores, server: common.server, identity: common.identity, folder: folder.value, stop: stop, start: start)
  }

  public static func footprint(_ arguments: Arguments) -> Footprint { arguments.footprint }

  public static func undoAbility(_: Arguments) -> UndoAbility { .byKind("starts it from the data that was there") }

  public static func estimate(_ arguments: Arguments, in plan: Plan) -> Estimated? { plan.restoreEstimate(of: arguments.dataClass) }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at now: Timestamp) -> Change {
    arguments.compare(observation, bringingBack: "documents", before: observation.facts[PointFact.target] ?? "unknown", at: now)
  }
}
