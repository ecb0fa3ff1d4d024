internal import PlanModel
internal import ProviderInterface

/// What happens to servers that hold data.
let dataKinds = [
  KindDescription(
    name: "meilisearch.dump", summary: "Has Meilisearch write a dump, waits for it, and takes it into a store as a recovery point.",
    fields: [.required("data", .dataClass(.backsUp, on: .meilisearch), "The data class"), .required("to", .store, "Where the point is written")],
    outputs: ["point": "the id of the new recovery point"], undo: .nothingToUndo, writes: ["points:{data}@{to}"]),
  KindDescription(
    name: "meilisearch.restore", summary: "Starts Meilisearch from a recovery point, beside the data that was there.",
    fields: restoring(.meilisearch), outputs: restored, undo: .byKind("starts it from the data that was there")),
  KindDescription(
    name: "meilisearch.rebuild", summary: "Builds an index anew from the database, compares the counts and swaps it in.",
    fields: rebuilding(.meilisearch) + [
      .required("index", .text, "The index"), .required("sql", .text, "One query: each row becomes a document"),
    ],
    outputs: ["documents": "how many there are"], undo: .byKind("swaps the former index back")),
]

private func restoring(_ kind: ServerKind) -> [DescribedField] {
  [
    .required("data", .dataClass(.restores, on: kind), "The data class to bring back"), .required("server", .server(kind, .changes), "Where to"),
    .optional("point", .text, usual: "latest", "A point's id, or `latest`: the newest usable one that survives"),
  ]
}

private let restored = ["point": "the id of the point that was restored"]

private func rebuilding(_ kind: ServerKind) -> [DescribedField] {
  [
    .required("data", .dataClass(.rebuilds, on: kind), "The data class to bring back"), .required("server", .server(kind, .changes), "Where to"),
    .required("from", .server(.postgresql, .reads), "The database that has it all"),
  ]
}
