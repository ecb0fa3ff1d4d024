internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import Units

/// `postgresql.findCorruption`: asks a database, read-only, for the first bad record there is, and when it became bad.
public enum PostgreSQLFindCorruption: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var server: PostgreSQLReference
    /// Each gives the first bad record that it knows of; the earliest of all counts.
    public var queries: [String]
  }

  public static let name: StepKindName = "postgresql.findCorruption"
  public static let summary = "Asks a database, read-only, for the first bad record and its time, and fails if there is none."
  public static let fields = [
    Field("server", .name(of: "server"), required: true, "Which database to ask."),
    Field(
      "queries", .argumentList, required: true,
      "Queries of which each gives its first bad record: a `timestamptz`, and if wanted a second column that says which record it is. No row, or NULL: nothing is bad there. The earliest of all counts."
    ),
  ]
  public static let outputs = ["time": "when the first bad record became bad, for `point: { before: … }`", "record": "what the second column says of it; empty where there is none"]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let server = fields.postgresql("server", in: context.plan)
    guard fields.required("queries", example: "[\"select at, id from orders where not valid order by at limit 1\"]") != nil else { return nil }
    let queries = fields.arguments("queries")
    guard let server, let queries else { return nil }
    return Arguments(server: server, queries: queries)
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    Footprint(reads: [.server(arguments.server.server)], requires: [.server(arguments.server.server), .secret(arguments.server.url.name)])
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .nothingToUndo }

  public static func compare(_ arguments: Arguments, _: Observation, at _: Timestamp) -> Change {
    Change(.check, reason: "asks `\(arguments.server.server)` for the first bad record")
  }
}
