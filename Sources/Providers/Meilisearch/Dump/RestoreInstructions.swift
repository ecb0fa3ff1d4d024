public import ProviderInterface
public import RecoveryPoints

/// How a person restores a point without this program.
enum RestoreInstructions {
  /// `RESTORE.md` of a point.
  static func text(_ point: DumpPoint, id: String, encryption: PointEncryption?) -> String {
    let script = DumpScript(point: point, isEncrypted: encryption != nil)
    var lines = ["# Restoring \(id) by hand", "", "A dump of a whole Meilisearch \(point.version). It holds the server's API keys: treat it as a secret.", "", "Needed, beside this folder:", ""]
    lines += script.needs.map { "- \($0)" }
    if let encryption { lines += ["", "Encrypted by age to any one of:", ""] + encryption.recipients.map { "- `\($0)`" } }
    lines += ["", "Run in this folder, by bash:", "", "```sh"] + script.start + script.lines + ["```", ""]
    lines += point.indexes.map { "Expected in `\($0.uid)`: \($0.documents) documents." }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// The commands of stock tools that start a server from a point, for bash, in the folder that holds its objects.
private struct DumpScript {
  let point: DumpPoint
  let isEncrypted: Bool

  var needs: [String] {
    [
      "The database folder of the new Meilisearch (its `--db-path`) in MEILI_DB_PATH: there must be none yet.",
      "sha256sum\(isEncrypted ? ", age" : "") and meilisearch \(point.version) or newer, with the same master key in MEILI_MASTER_KEY: the keys are derived from it.",
    ] + (isEncrypted ? ["In IDENTITY the path of an identity file of one of the recipients."] : [])
  }

  var start: [String] {
    ["set -eo pipefail", "umask 077", "MEILI_DB_PATH=$(realpath -m \"${MEILI_DB_PATH:?the database folder of the new Meilisearch}\")"]
      + (isEncrypted ? ["IDENTITY=$(realpath \"${IDENTITY:?the path of the identity file}\")"] : [])
  }

  var lines: [String] {
    [
      "sha256sum --quiet -c SHA256SUMS", "[ ! -e \"$MEILI_DB_PATH\" ] || { echo \"$MEILI_DB_PATH holds data already\" >&2; exit 1; }",
    ] + (isEncrypted ? ["age -d -i \"$IDENTITY\" \(point.object).age > \(point.object)"] : []) + [
      "gzip -t < \(point.object)", "# It answers when everything is imported and indexed:", "meilisearch --db-path \"$MEILI_DB_PATH\" --import-dump \"$PWD/\(point.object)\"",
    ]
  }
}

extension MeilisearchProvider {
  /// What points of this provider say that they are.
  public static let pointMethod = DumpPoint.method

  /// The commands of stock tools that restore a point, as one bash script.
  public static func restoreScript(_ manifest: PointManifest, from source: PointSource) throws(StepFailure) -> String {
    let script = DumpScript(point: try DumpPoint.read(manifest), isEncrypted: manifest.encryption != nil)
    let head = ["#!/usr/bin/env bash", Shell.comment("Restores the recovery point \(manifest.id) of \(manifest.dataClass) with stock tools alone. Needed before:")]
    let fetching = script.start + ["mkdir -p \(manifest.id) && cd \(manifest.id)"] + source.commands(manifest) + [""]
    return (head + script.needs.map(Shell.comment) + fetching + script.lines).joined(separator: "\n") + "\n"
  }
}
