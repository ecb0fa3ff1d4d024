/// The plan of a scene, from parts that tests vary.
struct PlanText {
  var secrets = ""
  var sourceURL = "{ env: SOURCE_URL }"
  var targetURL = "{ env: TARGET_URL }"
  var logical = "{ workers: 2 }"
  var every = "1s"
  /// To where backups are copied: `far`, or nothing.
  var copy = ""
  var keep = "{ for: 1h, atLeast: 3 }"
  /// Further keys of the protection.
  var protection = ""
  var timeout = "2m"
  var retries = 0
  var onFailure = "pause"
  var rollback = ""
  var jobs = 2
  /// Below `steps:`, each line indented by six spaces.
  var steps = Self.restore()
  var near = "near"
  /// A public key that points are encrypted to, and the name of the secret that opens them.
  var recipient = ""
  var identity = ""

  static func restore(undo: String = "", fields: String = "") -> String { "      restore: { postgresql.restore: { data: things, server: target\(fields) }, timeout: 2m\(undo) }\n" }

  /// A step that runs a program; `more` are further keys of the step.
  static func command(_ name: String, _ arguments: String, undo: String = "[\"true\"]", needs: String = "", more: String = "") -> String {
    "      \(name): { command.run: { run: \(arguments), undo: \(undo) }, needs: [\(needs)], timeout: 1m, estimate: 1s\(more.isEmpty ? "" : ", " + more) }\n"
  }

  var text: String {
    """
    apiVersion: sie-dr/v1
    kind: RecoveryPlan
    metadata: { name: scene, owner: tests }
    objectives: { rpo: 1h, rto: 1h }
    sites: { here: {}, there: {} }
    secrets:
      source-url: \(sourceURL)
      target-url: \(targetURL)
    \(secrets.isEmpty ? "" : secrets)
    servers:
      source: { postgresql: { url: { secret: source-url } }, site: here }
      target: { postgresql: { url: { secret: target-url } }, site: there }
    stores:
      near: { directory: { path: \(near) }, site: there }
      far: { directory: { path: far }, site: there }
    data:
      things:
        on: [source]
    \(identity.isEmpty ? "" : "    identity: { secret: \(identity) }")
        estimate: { dump: 5s, copy: 5s, restore: 10s }
        protect:
          often: { logical: \(logical), every: \(every), to: [near], copy: [\(copy)], \(recipient.isEmpty ? "" : "encrypt: { recipients: [\(recipient)] }, ")keep: \(keep), timeout: \(timeout), retries: \(retries)\(protection.isEmpty ? "" : ", " + protection) }
    scenarios:
      lost:
        loses: { servers: [source] }
        detect: { noticedWithin: 1m }
        onFailure: \(onFailure)
    \(rollback.isEmpty ? "" : "    rollback: \(rollback)")
        steps:
    \(steps)
    """
  }
}
