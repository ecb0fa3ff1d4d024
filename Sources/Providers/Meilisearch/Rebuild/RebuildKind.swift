internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
internal import PointSteps
public import ProviderInterface
public import Units

/// `meilisearch.rebuild`: an index made anew from the database, compared with it, and swapped in.
public enum MeilisearchRebuild: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var dataClass: DataClassName
    public var server: MeilisearchReference
    public var from: PostgreSQLReference
    public var index: String
    public var sql: String
    /// JSON; nil: those of the index that is there already.
    public var settings: String?
  }

  public static let name: StepKindName = "meilisearch.rebuild"
  public static let summary = "Builds an index anew from the database, compares each document's id, and swaps it in."
  public static let fields = [
    Field("data", .name(of: "data class"), required: true, "The data class to bring back."),
    Field("server", .name(of: "Meilisearch server"), required: true, "Where to."),
    Field("from", .name(of: "PostgreSQL server"), required: true, "The database that has it all."),
    Field("index", .text, required: true, "The index: letters, digits, `-` and `_`."),
    Field("sql", .text, required: true, "One query, in a read-only transaction: each row becomes a document, its columns the fields; the first column is the document's id."),
    Field("settings", .text, "The index's settings, as the JSON that `PATCH /indexes/INDEX/settings` takes; those of the index that is there already if not given."),
  ]
  public static let outputs = ["documents": "how many there are"]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let dataClass = fields.dataClass("data", on: .meilisearch, in: context.plan)
    let server = fields.server("server", in: context.plan, as: MeilisearchReference.self)
    let from = fields.postgresql("from", in: context.plan)
    let index = fields.requiredText("index", example: "documents")
    let sql = fields.requiredText("sql", example: "select id, title from documents")
    let settings = fields.text("settings")
    guard let dataClass, let server, let from, let index, let sql else { return nil }
    guard isName(index.value) else {
      fields.collector.add(
        Diagnostic("wrong-value", "`\(index.value)` is no name of an index", at: index.span, label: "expected letters, digits, `-` and `_`, at most \(longestName)"))
      return nil
    }
    if let settings {
      guard case .object? = try? CanonicalJSON.decode(JSONValue.self, from: Array(settings.value.utf8)) else {
        fields.collector.add(
          Diagnostic("wrong-value", "`settings` of \(fields.what) is no JSON object", at: settings.span, helps: [#"write it in quotes: settings: '{"filterableAttributes":["state"]}'"#]))
        return nil
      }
    }
    return Arguments(dataClass: dataClass.name.value, server: server, from: from, index: index.value, sql: sql.value, settings: settings?.value)
  }

  /// A server takes 400 bytes; what is built beside has a longer name.
  private static let longestName = 340
  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= longestName && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x5F }
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    Footprint(
      reads: [.server(arguments.from.server)], writes: [.server(arguments.server.server)],
      requires: Set(arguments.server.requirements + [.server(arguments.from.server), .secret(arguments.from.url.name)]), recovers: arguments.dataClass.rawValue)
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .byKind("swaps the former index back") }

  static let documents = "documents"

  public static func compare(_ arguments: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    if case .unreachable(let reason) = observation.reach { return Change(.unknown, reason: "could not be observed: \(reason)") }
    if let problem = observation.facts[PointFact.problem]?.string { return Change(.unknown, reason: "the step would fail: \(problem)") }
    let before: JSONValue = observation.facts[PointFact.target] == "absent" ? "none" : .string("\(observation.measurements[documents]?.int ?? 0) documents")
    return Change(
      observation.facts[PointFact.target] == "absent" ? .create : .update, reason: "builds `\(arguments.index)` on `\(arguments.server.server)` anew from `\(arguments.from.server)`",
      before: ["index": before], after: ["index": "a document for each row of the query"])
  }
}
