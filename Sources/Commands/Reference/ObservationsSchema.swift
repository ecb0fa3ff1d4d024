internal import CanonicalJSON
internal import ChangePlanning

/// Of what `observe` writes.
enum ObservationsSchema {
  static var document: JSONValue { Schema.object(record).document("observations.v1.json", title: "sie-dr observations", definitions: [:]) }

  private static let record: [Schema.Member] = [
    .required("formatVersion", .version(upTo: RecordedObservations.currentFormat), "The version of this format."),
    .required("toolVersion", .text, "The sie-dr that looked."), .required("plan", .name, "The plan's name."),
    .required("observedAt", .timestamp, "When."),
    .required(
      "steps",
      .list(
        of: .object([
          .required("kind", .kindName, "What the step does."), .required("arguments", .values, "As its kind understands them. Secrets are references."),
          .required("observation", .object(JournalSchema.observation), "What was seen."),
        ])), "Every look once."),
    .required(
      "measured",
      .map(
        of: .object([
          .optional("size", .size, "Of the database on its server."), .optional("dump", .timeSpan, "The longest of the last five backups, upload and all."),
          .optional("upload", .timeSpan, "Nothing: it is part of the dump."),
        ])), "By data class, in the words of its `estimate`."),
    .optional(
      "promises",
      .map(
        of: .map(
          of: .object([
            .required("broken", .list(of: .text), "What is less than promised, each with its figure."), .optional("every", .timeSpan, "The age of the newest snapshot."),
            .optional("granularity", .timeSpan, "The age of the latest moment that could be restored."), .optional("window", .timeSpan, "How far back moments could be restored."),
          ]))), "By data class and protection by `managed`, where its provider keeps less than the plan counts on."),
  ]
}
