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
  ]
}
