internal import CanonicalJSON
internal import PlanModel
internal import PostgreSQLProvider
internal import RecoveryPoints
internal import Units

/// A plan to begin with, from what a server shows of itself. What only a person can know is marked with `CHANGE`; nothing is passed off as known.
struct DraftPlan {
  let sketch: ServerSketch
  /// The environment variable that holds the server's URL.
  let variable: String

  var text: String {
    get throws {
      """
      # yaml-language-server: $schema=plan.v1.json
      \(seen)

      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: \(name) }

      # CHANGE: what the business can bear. These are only what this draft can keep; `sie-dr lint` computes it.
      objectives: { rto: \(Self.rung(above: recovery)), rpo: \(Self.rung(above: loss)) }

      # CHANGE: places that can be lost as a whole.
      sites: { here: {}, elsewhere: {} }

      secrets:
        source-url: { env: \(variable) }
        target-url: { env: TARGET_URL }

      servers:
        source: { postgresql: { url: { secret: source-url } }, site: here }
        # CHANGE: a server to restore to, with no database of that name in it. It has to be there before the disaster is.
        target: { postgresql: { url: { secret: target-url } }, site: elsewhere }

      # CHANGE: where recovery points are kept; a bucket is written `s3: { bucket: NAME, region: … }`.
      stores:
        near: { directory: { path: /srv/backups }, site: here }
        far: { directory: { path: /mnt/elsewhere/backups }, site: elsewhere }

      probes:
        source-answers: { sql: { server: source, query: "select 1", expect: "1" }, every: 30s, timeout: 5s }

      data:
        \(dataName):
          on: [source]
          estimate: { size: \(size) }       # as of today; dump, copy and restore count with their time-outs until you have measured them
          protect:
            regular:
              logical: { workers: 2 }
              every: \(every)
              jitter: \(Self.jitter)       # CHANGE: how often cron or a timer calls `sie-dr apply --yes`
              to: [near]
              copy: [far]
              keep: { for: 30d, atLeast: 3 }       # CHANGE: longer than wrong data can go unnoticed
              timeout: \(runTimeout)
              retries: 0       # the next call tries again

      scenarios:
      \(try scenario("database-failure", "The server is gone; its site is not.", "servers: [source]"))

      \(try scenario("site-loss", "All of the site is gone.", "sites: [here]"))

      """
    }
  }

  private func scenario(_ name: String, _ description: String, _ loses: String) throws -> String {
    let query = sketch.largestTable.map { "select count(*) > 0 from \($0)" } ?? "select true"
    return """
        \(name):
          description: \(description)
          loses: { \(loses) }
          detect: { probe: source-answers, failing: 5m }
          decide: 20m       # CHANGE: how long people take
          onFailure: pause
          steps:
            confirm:
              operator.confirm: { ask: "source is lost for good, and nothing writes to it any more?" }
              timeout: 15m
            restore:
              postgresql.restore: { data: \(dataName), server: target }
              needs: [confirm]
              timeout: \(restoreTimeout)
            verify:
              postgresql.query: { server: target, sql: \(try CanonicalJSON.text(query)), expect: t }
              needs: [restore]
              timeout: 5m
            # CHANGE: how the service is led to the new server, as `command.run` steps.
      """
  }

  // MARK: What was seen

  private var seen: String {
    var lines = [
      "Drafted by `sie-dr init` from PostgreSQL \(sketch.version), database `\(sketch.database)`, \(sketch.size.rounded).",
      "Look for CHANGE, then: sie-dr lint FILE; sie-dr doctor FILE; sie-dr plan FILE", "For completion in an editor: sie-dr schema > plan.v1.json", "", "Seen:",
    ]
    lines.append(sketch.isStandby ? "- the server is a standby: name the primary, and both under `on`, if backups shall follow a failover" : "- the server is a primary")
    lines.append(sketch.archives ? "- it archives its WAL; this version of sie-dr neither watches nor uses that" : "- it archives no WAL")
    switch sketch.replicas {
    case 0?: lines.append("- nothing replicates from it now")
    case let count?: lines.append("- \(count) replica\(count == 1 ? "" : "s") or other receivers follow it: no protection against wrong data")
    case nil: break
    }
    if !sketch.others.isEmpty {
      lines.append("- databases that this draft leaves out: \(sketch.others.joined(separator: ", ")). Together with this one: logical: { databases: [NAME, …] }")
    }
    for problem in sketch.problems { lines.append("- CHANGE: as it is, a backup would fail: \(problem)") }
    lines += ["", "Not seen, so not in here:"]
    if sketch.replicas == nil { lines.append("- whether anything replicates from the server: this role may not look (pg_read_all_stats)") }
    lines += [
      "- what else the service is made of: caches, queues, search indexes, files, configuration", "- backups that are made already, by whom, and whether they can be restored",
      "- where the server stands, what would be lost along with it, and who decides then",
      "- how long a dump, a copy and a restore take: `sie-dr plan` and the first runs show it", "- how clients find the server, and what has to be told about a new one",
    ]
    return lines.map { $0.isEmpty ? "#" : Shell.comment($0) }.joined(separator: "\n")
  }

  // MARK: Names and figures

  private var name: String { Self.name(from: sketch.database, otherwise: "service") }
  private var dataName: String { Self.name(from: sketch.database, otherwise: "data") }

  /// The nearest proper name.
  static func name(from text: String, otherwise: String) -> String {
    var name = ""
    for byte in text.lowercased().utf8 {
      let isPlain = (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) && !name.isEmpty
      if isPlain { name.append(Character(Unicode.Scalar(byte))) } else if !name.isEmpty, name.last != "-" { name.append("-") }
    }
    name = String(name.prefix(40))
    while name.last == "-" { name.removeLast() }
    return name.isEmpty ? otherwise : name
  }

  /// In whole megabytes, rounded up: a draft is no measurement.
  private var size: ByteCount { ByteCount(bytes: (max(sketch.size.bytes, 1) + 999_999) / 1_000_000 * 1_000_000) }

  /// Time enough at a rate that hardly any server is below; at least ten minutes, in steps of five.
  private func allowance(megabytesPerSecond rate: Int64, atLeast least: TimeSpan) -> TimeSpan {
    let step: Int64 = 300_000
    let needed = size.bytes / (rate * 1_000)
    return max(least, TimeSpan(milliseconds: (needed + step - 1) / step * step))
  }
  private var runTimeout: TimeSpan { allowance(megabytesPerSecond: 25, atLeast: .minutes(10)) }
  private var restoreTimeout: TimeSpan { allowance(megabytesPerSecond: 10, atLeast: .minutes(30)) }
  /// More than a run with its copy can take.
  private var every: TimeSpan { runTimeout * 3 }
  private var loss: TimeSpan { every + Self.jitter + runTimeout * 2 }
  private static let jitter = TimeSpan.minutes(5)
  private var recovery: TimeSpan { restoreTimeout + .minutes(50) }

  /// The next round figure above, with air: lint warns of targets that are hardly met.
  private static func rung(above span: TimeSpan) -> TimeSpan {
    let wanted = TimeSpan(milliseconds: span.milliseconds + span.milliseconds / 4)
    return [.hours(1), .hours(2), .hours(4), .hours(8), .hours(12), .days(1), .days(2), .days(4), .days(7)].first { $0 >= wanted } ?? wanted
  }
}
