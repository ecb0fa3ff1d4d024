/// What a server answers, as far as it is needed (published API, releases 1.0 to 1.50).
enum Answers {
  struct Health: Decodable { var status: String }
  struct Version: Decodable { var pkgVersion: String }
  struct Failure: Decodable, Sendable { var message: String; var code: String }
  struct Enqueued: Decodable { var taskUid: Int64 }

  struct Stats: Decodable, Sendable {
    var databaseSize: Int64
    var indexes: [String: Index]
    struct Index: Decodable, Hashable, Sendable { var numberOfDocuments: Int64; var isIndexing: Bool }
    var isIndexing: Bool { indexes.values.contains { $0.isIndexing } }
    var counts: [String: Int64] { indexes.mapValues(\.numberOfDocuments) }
  }

  struct Task: Decodable, Sendable {
    var uid: Int64
    /// `enqueued`, `processing`, `succeeded`, `failed`, `canceled`.
    var status: String
    var type: String
    var details: Details?
    var error: Failure?
    struct Details: Decodable, Sendable { var dumpUid: String?; var indexedDocuments: Int64? }
    var isFinished: Bool { ["succeeded", "failed", "canceled"].contains(status) }
  }

  struct Tasks: Decodable { var results: [Task] }
  /// `createdAt` is of what is in an index, and goes with it through a swap.
  struct Index: Decodable, Sendable { var uid: String; var primaryKey: String?; var createdAt: String }
  struct Documents: Decodable { var results: [[String: Identifier]]; var total: Int64 }

  /// A document's id, which a server gives back as it was sent: as a text or a whole number.
  struct Identifier: Decodable {
    var text: String
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) { self.text = text } else { text = String(try container.decode(Int64.self)) }
    }
  }
}
