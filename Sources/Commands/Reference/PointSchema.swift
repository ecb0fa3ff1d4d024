internal import CanonicalJSON
internal import PostgreSQLProvider
internal import RecoveryPoints

/// Of the manifest of a recovery point: `manifest.json`.
enum PointSchema {
  static var document: JSONValue {
    Schema.object(manifest).when("method", is: "logical", "content", is: .definition("logical"))
      .document("recovery-point.v1.json", title: "the manifest of a sie-dr recovery point", definitions: definitions)
  }

  private static let manifest: [Schema.Member] = [
    .required("format", .version(upTo: PointManifest.currentFormat), "The version of this format."),
    .required("id", .text(like: "^[0-9]{8}T[0-9]{6}Z-[0-9a-z]{6}$"), "The point's name: when its backup began, and a suffix that its mark decides."),
    .required("dataClass", .name, "Whose data it holds."), .required("protection", .name, "Which protection made it."),
    .required("method", .text, "How it was made; decides what `content` is."),
    .optional("sigma", .timestamp, "The restored state holds every change committed up to this instant and none after it. Unknown if not there."),
    .required("started", .timestamp, "When the backup began."), .required("available", .timestamp, "From when on it was complete in its first store."),
    .required("plan", .text, "The plan's name."), .required("planDigest", .text, "The digest of what was applied."),
    .required("mark", .text, "The attempt that made it: RUN.STEP.ATTEMPT."), .required("toolVersion", .text, "The sie-dr that made it."),
    .optional(
      "encryption",
      .object([
        .required("method", .text, "`age`; then the stored names end in `.age`, which those under `content` do not."),
        .required("recipients", .list(of: .text), "Public keys: the private one of any of them opens the objects."),
      ]), "How the objects are encrypted. Not encrypted if not there."),
    .required("objects", .list(of: .object(object)), "Everything in the point beside this manifest, sorted by path."),
    .required("rawBytes", .size, "Before compression."), .required("storedBytes", .size, "As stored."), .required("rows", .count, "In all tables."),
    .optional("suspect", .text, "Why the point is not trusted by itself."), .required("content", .anything, "What the method adds."),
    .required("checksum", .sha256, "Of the manifest's canonical JSON with an empty `checksum`."),
  ]

  private static let object: [Schema.Member] = [
    .required("path", .text, "Within the point."), .required("size", .size, "As stored."), .required("sha256", .sha256, "Of the bytes as stored."),
  ]

  private static let definitions: [String: Schema] = [
    "logical": .object(logical), "database": .object(database), "table": .object(table), "piece": .object(piece), "properties": .object(properties),
  ]

  private static let logical: [Schema.Member] = [
    .required("format", .version(upTo: LogicalPoint.currentFormat), "The version of this part."), .constant("method", "logical", "As the manifest says."),
    .optional("sigma", .timestamp, "As the manifest says."), .required("tools", .map(of: .text), "Versions of the programs that were used."),
    .required(
      "server",
      .object([
        .required("version", .text, "As it names itself."), .required("major", .count, "Its major version."),
        .required("standby", .bool, "Whether it was a standby."),
      ]), "The server that was read."),
    .required("globals", .text, "The object with `pg_dumpall --globals-only`."),
    .required("roles", .text, "The object with the same roles, for the restore."),
    .required("databases", .list(of: .definition("database")), "What was read."),
  ]

  private static let database: [Schema.Member] = [
    .required("name", .text, "Its name."), .optional("sigma", .timestamp, "Every commit acknowledged before it is in."),
    .optional("lsnBefore", .text, "The position before the snapshot."), .optional("lsnAfter", .text, "The position after the snapshot."),
    .required("properties", .definition("properties"), "What it is apart from its contents."),
    .required("collationVersions", .map(of: .text), "By collation."), .required("extensions", .map(of: .text), "Versions by extension."),
    .required("tablespaces", .list(of: .text), "Those that it uses."), .required("tables", .list(of: .definition("table")), "In a fixed order."),
    .required(
      "sequences",
      .list(
        of: .object([
          schema, .required("name", .text, "The sequence."), .required("last", .integer, "Its last value."),
          .required("called", .bool, "Whether that was given out."),
        ])), "Never behind the rows."),
    .required(
      "largeObjects",
      .object([
        .required("count", .count, "How many."), .required("bytes", .count, "Together."),
        .required("pieces", .list(of: .definition("piece")), "Where they are."),
      ]), "Large objects."),
    .required(
      "archive", .object([.required("object", .text, "Where it is."), .required("warnings", .list(of: .text), "What pg_dump said.")]), "The schema, by pg_dump."),
    .required("notValidated", .list(of: .text), "Constraints that are NOT VALID at the source."),
    .required("leftOut", .list(of: .object([.required("what", .text, "What kind of thing."), .required("name", .text, "Its name.")])), "What is not in the point."),
  ]

  private static let schema = Schema.Member.required("schema", .text, "The schema it is in.")

  private static let table: [Schema.Member] = [
    schema, .required("name", .text, "The table."), .required("columns", .list(of: .text), "In the order of the rows."),
    .required("rows", .count, "How many."),
    .optional("loadInto", .object([schema, .required("name", .text, "The table.")]), "The root of its partition tree, where rows must find their partition again."),
    .optional("condition", .text, "Of an extension's table: which rows are the user's."),
    .optional("format", .choice(RowFormat.self), "How the rows are written; text if not there."),
    .required("pieces", .list(of: .definition("piece")), "Where its rows are, in the order of their blocks."),
  ]

  private static let piece: [Schema.Member] = [
    .required("object", .text, "Where it is."),
    .optional("blocks", .list(of: .nullable(.count)), "Of the table: from and to, the last one left out; null at an end. The whole of it if not there."),
    .required("rows", .count, "How many."), .required("raw", .size, "Before compression."),
  ]

  private static let properties: [Schema.Member] = [
    .required("owner", .text, "Its owner."), .required("encoding", .text, "Of its text."), .required("provider", .text, "Of its collation."),
    .required("collate", .text, "How text is sorted."), .required("ctype", .text, "What is a letter."),
    .optional("icuLocale", .text, "Where the provider has one."),
    .optional("tablespace", .text, "The default one if not there."), .required("connectionLimit", .integer, "-1: none."),
    .optional("comment", .text, "Its comment."),
    .optional(
      "privileges",
      .list(
        of: .object([
          .optional("grantee", .text, "Everybody if not there."), .required("privilege", .text, "What is allowed."),
          .required("grantable", .bool, "Whether it may be handed on."),
        ])), "The default ones if not there."),
    .required(
      "settings",
      .list(
        of: .object([
          .optional("role", .text, "Every role if not there."), .required("name", .text, "The setting."), .required("value", .text, "Its value."),
        ])), "ALTER DATABASE … SET."),
  ]
}
