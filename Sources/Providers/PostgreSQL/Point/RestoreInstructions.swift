internal import CanonicalJSON
public import ProviderInterface
public import RecoveryPoints

/// How a person restores a point without this program.
enum RestoreInstructions {
  /// `RESTORE.md` of a point.
  static func text(_ point: LogicalPoint, id: String, encryption: PointEncryption?) -> String {
    let script = RestoreScript(point: point, isEncrypted: encryption != nil)
    let names = point.databases.map { code($0.name) }.joined(separator: ", ")
    var lines = [
      "# Restoring \(id) by hand", "",
      "A logical backup of PostgreSQL \(point.server.version), database \(names), consistent at \(point.sigma.map { "\($0)" } ?? "an unknown time").", "",
      "Needed, beside this folder:", "",
    ]
    lines += script.needs.map { "- \($0)" }
    if let encryption { lines += ["", "Encrypted by age to any one of:", ""] + encryption.recipients.map { "- \(code($0))" } }
    lines += ["", "Run in this folder, by bash:", "", "```sh"] + script.start + script.lines + ["```"]
    for database in point.databases {
      lines += ["", "Expected in \(code(database.name)): \(database.rows) rows in \(database.tables.count) tables, \(database.largeObjects.count) large objects."]
      if !database.leftOut.isEmpty { lines += ["", "Not in this point:", ""] + database.leftOut.map { "- \($0.what): \(code($0.name))" } }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The same as one script that also fetches the objects.
  static func script(_ manifest: PointManifest, from source: PointSource) throws(StepFailure) -> String {
    let point: LogicalPoint
    do {
      point = try CanonicalJSON.decode(LogicalPoint.self, from: manifest.content)
    } catch {
      throw StepFailure("point-unreadable", "what the manifest of point \(manifest.id) says of its contents is not a logical PostgreSQL point")
    }
    let script = RestoreScript(point: point, isEncrypted: manifest.encryption != nil)
    let head = [
      "#!/usr/bin/env bash", Shell.comment("Restores the recovery point \(manifest.id) of \(manifest.dataClass) with stock tools alone. Needed before:"),
    ]
    let fetching = script.start + ["mkdir -p \(manifest.id) && cd \(manifest.id)"] + source.commands(manifest) + [""]
    return (head + script.needs.map(Shell.comment) + fetching + script.lines).joined(separator: "\n") + "\n"
  }

  /// Code in Markdown, whatever the name holds.
  private static func code(_ text: String) -> String { "`" + text.filter { $0 != "`" && !$0.isNewline } + "`" }
}

extension PostgreSQLProvider {
  /// The commands of stock tools that restore a point, as one bash script.
  public static func restoreScript(_ manifest: PointManifest, from source: PointSource) throws(StepFailure) -> String {
    try RestoreInstructions.script(manifest, from: source)
  }
}
