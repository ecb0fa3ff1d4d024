internal import CanonicalJSON
public import ProviderInterface
public import RecoveryPoints

/// How a person restores a point without this program.
enum RestoreInstructions {
  /// `RESTORE.md` of a point.
  static func text(_ point: SnapshotPoint, id: String, encryption: PointEncryption?) -> String {
    let script = RestoreScript(point: point, isEncrypted: encryption != nil)
    var lines = ["# Restoring \(id) by hand", "", "A snapshot of a whole Redis \(point.server.version).", "", "Needed, beside this folder:", ""]
    lines += script.needs.map { "- \($0)" }
    if let encryption { lines += ["", "Encrypted by age to any one of:", ""] + encryption.recipients.map { "- `\($0)`" } }
    lines += ["", "Run in this folder, by bash:", "", "```sh"] + script.start + script.lines + ["```", ""]
    lines += point.databases.map { "Expected in database \($0.number): \($0.keys) keys, \($0.expiring) of which expire by themselves." }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The same as one script that also fetches the objects.
  static func script(_ manifest: PointManifest, from source: PointSource) throws(StepFailure) -> String {
    let point: SnapshotPoint
    do { point = try CanonicalJSON.decode(SnapshotPoint.self, from: manifest.content) } catch {
      throw StepFailure("point-unreadable", "what the manifest of point \(manifest.id) says of its contents is not a snapshot of Redis")
    }
    let script = RestoreScript(point: point, isEncrypted: manifest.encryption != nil)
    let head = [
      "#!/usr/bin/env bash", Shell.comment("Restores the recovery point \(manifest.id) of \(manifest.dataClass) with stock tools alone. Needed before:"),
    ]
    let fetching = script.start + ["mkdir -p \(manifest.id) && cd \(manifest.id)"] + source.commands(manifest) + [""]
    return (head + script.needs.map(Shell.comment) + fetching + script.lines).joined(separator: "\n") + "\n"
  }
}

/// The commands of stock tools that put a point in place, for bash, in the folder that holds its objects.
struct RestoreScript {
  let point: SnapshotPoint
  let isEncrypted: Bool

  var needs: [String] {
    [
      "The data folder of the new Redis (its setting `dir`) in REDIS_DIR, with that Redis stopped and the folder empty.",
      "sha256sum, zstd\(isEncrypted ? ", age" : ""), and redis-check-rdb of Redis \(point.server.version) or newer.",
    ] + (isEncrypted ? ["In IDENTITY the path of an identity file of one of the recipients."] : [])
  }

  var start: [String] {
    ["set -eo pipefail", "umask 077", "REDIS_DIR=$(realpath \"${REDIS_DIR:?the data folder of the new Redis}\")"]
      + (isEncrypted ? ["IDENTITY=$(realpath \"${IDENTITY:?the path of the identity file}\")"] : [])
  }

  var lines: [String] {
    let stored = isEncrypted ? "age -d -i \"$IDENTITY\" \(point.object).age" : "cat \(point.object)"
    return [
      "sha256sum --quiet -c SHA256SUMS",
      "[ ! -e \"$REDIS_DIR/dump.rdb\" ] && [ ! -e \"$REDIS_DIR/appendonlydir\" ] || { echo \"$REDIS_DIR holds data already\" >&2; exit 1; }",
      "\(stored) | zstd -dc > \"$REDIS_DIR/dump.rdb\"", "redis-check-rdb \"$REDIS_DIR/dump.rdb\" > /dev/null",
      "# With an append-only file Redis would not look at dump.rdb: start it without, and turn that on when it has loaded:",
      "#   chown redis: \"$REDIS_DIR/dump.rdb\" && redis-server CONFIGURATION --appendonly no",
      "#   redis-cli INFO keyspace && redis-cli CONFIG SET appendonly yes && redis-cli CONFIG REWRITE",
    ]
  }
}

extension RedisProvider {
  /// The commands of stock tools that restore a point, as one bash script.
  public static func restoreScript(_ manifest: PointManifest, from source: PointSource) throws(StepFailure) -> String {
    try RestoreInstructions.script(manifest, from: source)
  }
  /// What points of this provider say that they are.
  public static let pointMethod = SnapshotPoint.method
}
