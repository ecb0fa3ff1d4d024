import CanonicalJSON
@testable import Commands
import Diagnostics
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import YAMLReading

/// The schema that editors use, held against the reader of plans.
@Suite("The schema of plans") struct PlanSchemaTests {
  private func schema() throws -> JSONSchema { try JSONSchema(PlanSchema.document(Providers.kinds)) }

  private func read(_ text: String) -> (json: JSONValue?, diagnostics: [Diagnostic]) {
    let (document, yaml) = readYAML(SourceFile(path: "plan.yaml", bytes: Array(text.utf8)))
    let composed = compose(document)
    let (plan, reading) = readPlan(composed.document)
    let typing = plan.map { typecheck($0, kinds: Providers.kinds, protection: Providers.protection).diagnostics } ?? []
    return (document.root.flatMap(jsonValue), yaml + composed.diagnostics + reading + typing)
  }

  @Test("takes every plan that we ship") func shipped() throws {
    let schema = try schema()
    for plan in try Repository.plans() { #expect(schema.verdict(on: try #require(read(plan.text).json)).problems == [], "\(plan.path)") }
  }

  @Test("names nothing that the reader does not take") func everything() throws {
    let (json, diagnostics) = read(everyKey)
    #expect(diagnostics.map(oneLine) == [])
    let schema = try schema()
    let verdict = schema.verdict(on: try #require(json))
    #expect(verdict.problems == [])
    #expect(schema.places.subtracting(verdict.touched) == [])
  }

  @Test("names everything that the reader knows") func known() throws {
    let json = try #require(read(everyKey).json)
    let named = try schema().verdict(on: json).named
    // Known to the reader only so that it can say why they are wrong.
    let traps: Set<String> = ["value", "literal", "plain"]
    var looked = 0
    for damage in json.damages where damage.kind == .unknownKey {
      // JSON is YAML. An unknown key makes the reader say which ones it knows; where there is none, names of the author's stand there.
      let found = read(try CanonicalJSON.text(damage.value)).diagnostics.filter { $0.code == "unknown-key" && $0.summary.hasSuffix("`zzz`") }
      guard let help = found.first?.helps.first else { continue }
      try #require(help.hasPrefix("known here: "), "\(help)")
      let known = Set(help.dropFirst(12).split(separator: ", ").map { String($0.dropFirst().dropLast()) })
      #expect(known.subtracting(traps).subtracting(named[damage.path] ?? []) == [], "/\(damage.path.joined(separator: "/"))")
      looked += 1
    }
    #expect(looked > 50)
  }

  @Test("refuses an unknown key, a missing one and a value of another type", arguments: [
    ("priority: high", "priorty: high"), ("every: 30m", "every: 30"), ("every: 30m,", ""), ("to: [near]", "to: { near: 1 }"), ("apiVersion: sie-dr/v1", ""),
    ("priority: high", "priority: highest"), ("workers: 2", "workers: 99"), ("orders:", "Orders:"), ("port: \"${var.port}\"", "port: http"), ("type: duration", "type: time"), ("default: 4h", "defualt: 4h"), ("http.check:", "http.chek:"),
  ]) func refused(_ old: String, _ new: String) throws {
    try #require(everyKey.contains(old))
    #expect(try !schema().verdict(on: #require(read(everyKey.replacing(old, with: new)).json)).isValid)
  }
}

/// Every key of the language, with every alternative.
private let everyKey = """
  apiVersion: sie-dr/v1
  kind: RecoveryPlan
  metadata: { name: everything, owner: sre, description: Every key there is. }
  variables:
    goal: { type: duration, default: 4h, description: What we promise. }
    port: { type: integer, default: 5432, oneOf: [5432, 6432] }
  overlays: { staging: { description: Small., variables: { goal: 8h }, merge: { stores: { other: { site: west } } } } }
  objectives: { rto: "${var.goal}", rpo: 1h, percentile: 95 }
  sites: { east: { description: Here. }, west: {} }
  secrets:
    url: { env: URL, site: west }
    keys: { file: keys }
    more: { command: [pass, show, more] }
  servers:
    pg: { postgresql: { url: { secret: url } }, site: west }
    redis: { redis: { url: { secret: url } } }
    orders-rds: { rds: { region: us-east-1, instance: orders, endpoint: "https://rds.example", credentials: { secret: keys } } }
    orders-new: { rds: { region: us-east-1, instance: orders-new } }
    search: { meilisearch: { url: "http://search:7700", key: { secret: keys }, version: "1.11", dumps: dumps } }
    cluster: { kubernetes: { context: east, kubeconfig: { secret: keys } } }
    zone: { dns: { zone: sie.example, host: ns1.sie.example, key: { secret: keys }, authoritative: [ns1.sie.example, "[::1]:53"], resolvers: 192.0.2.1 } }
    cloud: { dns: { zone: sie.example, route53: { id: Z0123456789, region: us-east-1, endpoint: "https://dns.example", ca: ca.pem, credentials: { secret: keys } } } }
    pg-two: { postgresql: { url: { secret: url } }, site: east }
  stores:
    near: { directory: { path: near }, site: east, bandwidth: 50MB/s }
    far:
      s3:
        { bucket: far, prefix: pg, region: eu-west-1, endpoint: "https://s3.example", style: path, ca: ca.pem, credentials: { secret: keys },
          encryption: { kms: alias/backups }, lock: { mode: governance, for: 14d } }
      site: west
    other: { s3: { bucket: other, encryption: { s3: {} } } }
  limits: { wan: 300MB/s, turns: 1 }
  state: { directory: state, site: east }
  metrics: textfile
  signers: keys/allowed_signers
  observations: { maxAge: 1d }
  communication:
    engineering:
      { slack: "#incidents", every: 15m, public: false, template: "{news}", ending: It is up., send: { to: { secret: more } }, else: { by: statusPage, to: "https://page.example", key: { secret: more } } }
    others: { teams: Incidents, on: startAndEnd }
    stakeholders: { email: all@shop.example, every: 1h, send: { to: some@shop.example, key: { secret: more }, from: dr@shop.example }, else: { by: email, to: b@shop.example, key: { secret: more }, from: dr@shop.example } }
    management: { phone: "555 0100", on: majorChanges }
    customers: { statusPage: "https://status.shop.example", on: majorChanges, send: { to: "https://page.example", key: { secret: more } }, else: { by: slack, to: { secret: more } } }
    guests: { other: The screen in the hall., every: 1d }
  drills: { restore: { kind: restore, scenarios: [lost], every: 30d, first: 2027-01-15, description: Into a sandbox. } }
  postIncident:
    report: { within: 24h, by: commander, in: "https://wiki.shop.example" }
    runbook: { within: 3d, by: sre, in: git }
    postmortem: { within: 5d, by: sre, in: calendar }
    tickets: { within: 7d, by: sre, in: tracker }
  evidence: drills.json
  lint: { ignore: [{ rule: headroom-low, at: scenarios.lost, reason: It grows no more., until: 2027-01-01 }] }
  probes:
    ready: { http: { url: "http://localhost/ready", expect: { status: 200, json: { ready: true }, contains: ok } }, every: 15s, timeout: 5s }
    port: { tcp: { host: db.example, port: "${var.port}" } }
    rows: { sql: { server: pg, query: select 1, expect: "1" } }
    name: { dns: { server: ns1.example, name: shop.example, type: CNAME, expect: [east.example] } }
    series: { prometheus: { url: "http://localhost:9090", query: up, key: { secret: more } } }
  watch: { listen: "127.0.0.1:9096", key: { secret: more } }
  data:
    orders:
      on: [pg, pg-two]
      home: pg
      identity: { secret: keys }
      priority: high
      objectives: { rto: 2h, rpo: 45m }
      estimate: { size: 120GB, dump: 200MB/s, upload: 3m, copy: 5m, restore: 75m, base: 1h, wal: 5s, walRate: 20MB/s, walPush: 50MB/s }
      protect:
        regular:
          { logical: { workers: 2, yieldAfter: 30s, pieceSize: 64MiB, databases: [shop] }, every: 30m, jitter: 1m, misses: 1, to: [near], copy: far, keep: { for: 30d, atLeast: 3 },
            encrypt: { recipients: [age1amwjfk89hav4hdxgxly577l4h34606cfw53a4t2jgc6ghrwmw47qngs7t9] },
            suspectBelow: 20%, ping: { secret: more }, timeout: 25m, retries: 1 }
        archive: { wal: { base: 1d, timeout: 60s, jitter: 5m, misses: 1, break: true, queueLimit: 10GB }, to: [near, far], keep: { for: 30d, atLeast: 2 } }
        standby: { replica: { server: pg-two, maxLag: 30s } }
        script: { command: { run: [backup, --all] }, every: 1d, overlap: skip, to: [near] }
        nightly: { logical: {}, cron: "0 2 * * *", zone: Europe/Berlin, clockChange: { gap: run, repeat: once }, to: [near] }
        older: { logical: {}, every: 1d, to: [near], keep: forever }
        provider: { managed: { server: orders-rds, every: 1d, sites: [east], pitr: { granularity: 5m, window: 7d } }, keep: { for: 35d, atLeast: 1 } }
    search:
      on: [pg]
      derivedFrom: orders
      rebuild: { estimate: 2h }
      protect:
        dump: { dump: {}, every: 1d, to: [near] }
        snapshot: { snapshot: {}, every: 1d, to: [near] }
        sunday-dump: { dump: {}, cron: 0 2 * * sun, zone: UTC, to: [near] }
        sunday-snapshot: { snapshot: {}, cron: 0 2 * * sun, zone: UTC, to: [near] }
        sunday-script: { command: { run: [backup] }, cron: 0 2 * * sun, zone: UTC, to: [near] }
    queues: { on: [redis], ephemeral: { onLoss: { requeueFrom: orders } } }
    cache: { on: [pg], ephemeral: { onLoss: { accepted: It warms up. } } }
    sessions: { on: [redis], protect: { hourly: { snapshot: {}, every: 1h, to: [near] } } }
    index: { on: [search], protect: { daily: { dump: {}, every: 24h, to: [near] } } }
    configuration:
      git: { remote: git@git.example:sie/config.git, site: east, mirrors: { other: { remote: git@other.example:sie/config.git, site: west, maxLag: 1h } } }
      priority: critical
      objectives: { rto: 1h, rpo: 1h }
  consistency: { shop: { data: [orders, configuration], within: 5m } }
  scenarios:
    lost:
      description: All of it.
      loses: { sites: [east], servers: [pg], stores: [near], secrets: [keys] }
      corrupts: { data: [orders], noticedWithin: 6h }
      detect: { probe: ready, failing: 5m }
      decide: 20m
      trigger: { by: [sre] }
      approve: { by: [sre-lead, owner], atLeast: 1, within: 15m, breakGlass: { by: [on-call], within: 5m } }
      onFailure: pause
      rollback: { before: { operator.confirm: { ask: "go?" } }, after: { command.run: { run: [tell, 7, true] } } }
      steps:
        backup: { postgresql.backup: { data: orders, protection: regular } }
        copy: { recovery-point.copy: { data: orders, from: near, to: far } }
        ping: { recovery-point.ping: { data: orders, protection: regular, url: { secret: more } } }
        expire: { recovery-point.expire: { data: orders, in: near, olderThan: 30d, atLeast: 2 } }
        restore:
          postgresql.restore: { data: orders, server: pg, point: latest, jobs: 2 }
          needs: [copy]
          timeout: 2h
          retries: 1
          estimate: 75m
          uses: { wan: 100MB/s, turns: 1 }
          onFailure: rollback
        part: { postgresql.restore: { data: orders, server: pg, database: shop, into: look, tables: [public.t] } }
        hold: { recovery-point.hold: { data: orders, reason: Bad rows. } }
        scope: { postgresql.findCorruption: { server: pg, queries: [select at from t where bad] } }
        beside: { postgresql.restore: { data: orders, server: pg, database: shop, into: good, point: { before: { output: scope.time } } } }
        compare:
          postgresql.compare:
            { server: pg, database: shop, with: pg, withDatabase: { output: beside.database }, tables: [public.t], good: { public.t: not bad }, saveTo: rows }
        swap: { postgresql.swap: { data: orders, server: pg, by: { output: beside.database }, keepAs: shop_bad } }
        release: { recovery-point.release: { data: orders } }
        query: { postgresql.query: { server: pg, sql: select 1, expect: 1 }, irreversible: It only looks., approve: { by: [owner], atLeast: 1, within: 5m, breakGlass: { by: [on-call], within: 5m } } }
        sure: { operator.confirm: { ask: "off?" } }
        fence: { postgresql.fence: { server: pg, by: [power, "off"], undo: [power, "on"], confirmedBy: sure }, needs: [sure] }
        hand-over: { postgresql.promote: { server: pg-two, data: orders, upTo: { output: fence.position } } }
        rebuild-replica:
          postgresql.rebuildReplica:
            { server: pg, from: pg-two, method: copy, folder: /srv/pg, stop: [pg_ctl, stop], start: [pg_ctl, start], through: [runuser, -u, postgres, --] }
        redis-backup: { redis.backup: { data: sessions, protection: hourly } }
        redis-restore: { redis.restore: { data: sessions, server: redis, point: latest } }
        redis-promote: { redis.promote: { server: redis, data: queues } }
        requeue: { redis.requeue: { data: queues, server: redis, from: pg, queue: jobs, sql: select 1 } }
        managed: { rds.check: { server: orders-rds, every: 25h, granularity: 5m, window: 7d } }
        managed-restore: { rds.restore: { data: orders, server: orders-new, from: orders-rds, point: latest, class: db.m6g.large, subnetGroup: private, securityGroups: [sg-1], multiAZ: true } }
        managed-moment: { rds.restore: { data: orders, server: orders-new, from: orders-rds, point: { before: "2026-11-24T08:15:34Z" } } }
        dump: { meilisearch.dump: { data: index, protection: daily } }
        search-restore: { meilisearch.restore: { data: index, server: search, point: latest, folder: /srv/data.ms, stop: [stop, it], start: [start, it] } }
        rebuild: { meilisearch.rebuild: { data: index, server: search, from: pg, index: documents, sql: select 1 as id, settings: "{}" } }
        provision:
          terraform.apply:
            { folder: infra, program: tofu, workspace: west, variables: { region: west }, env: { TOKEN: { secret: more } }, backendConfig: { key: west }, backend: far, servers: [cluster] }
        mirror: { git.mirror: { from: "https://git.example/sie", to: { secret: more } } }
        bundle: { git.bundle: { from: "https://git.example/sie", to: near, name: configuration } }
        checkout: { git.checkout: { from: { secret: more }, into: work, ref: main, signed: true } }
        check: { http.check: { probe: ready, within: 5m } }
        record: { dns.record: { zone: zone, name: api, type: A, to: { output: switch.line }, from: 192.0.2.1, ttl: 5m } }
        weight: { dns.record: { zone: cloud, name: api, type: A, member: east, weight: 255, ttl: 5m } }
        failover: { dns.record: { zone: cloud, name: web, type: A, to: 192.0.2.1, member: two, failover: secondary, healthCheck: abc } }
        post:
          notify.send:
            { by: status-page, to: "https://api.example/v1/pages/x", key: { secret: keys }, status: resolved, elseBy: email, elseTo: all@shop.example,
              elseKey: { secret: more }, from: dr@shop.example, text: We are back. }
        chat: { notify.send: { by: slack, to: { secret: more }, text: We are back. } }
        apply: { kubernetes.apply: { cluster: cluster, folder: { output: switch.line }, files: [namespace.yaml, api.yaml], servers: [redis] } }
        scale: { kubernetes.scale: { cluster: cluster, namespace: sie, deployment: api, replicas: 0 } }
        secret: { kubernetes.secret: { cluster: cluster, namespace: sie, name: urls, set: { url: { output: switch.line }, key: { secret: keys } } } }
        rollout: { kubernetes.rollout: { cluster: cluster, namespace: sie, deployment: api } }
        wait: { kubernetes.wait: { cluster: cluster, namespace: sie, resource: job/migrate, condition: complete } }
        ask: { http.check: { url: "http://localhost/", expect: { status: 200, json: [], contains: "[]" } } }
        switch:
          command.run:
            run: [switch]
            observe: [switch, --look]
            undo: [switch, --back]
            env: { TO: west, URL: { secret: url }, POINT: { output: restore.point } }
            reads: [dns]
            writes: traffic
            idempotent: true
            captureLine: true
            recovers: orders
          undo: { command.run: { run: [switch, --back] }, timeout: 1m, retries: 2 }
        recover:
          needs: [ask]
          firstOf:
            replica: { until: 10m, steps: { promote: { postgresql.promote: { server: pg-two, data: orders } } } }
            backup: { steps: { other: { postgresql.restore: { data: orders, server: pg } } } }
          gives: [url]
        tell: { command.run: { run: [tell], env: { URL: { output: recover.url } } } }
    noticed:
      detect: { noticedWithin: 15m }
      steps: {}
    counted:
      detect: { probe: ready, failures: { atLeast: 9, of: 10 }, from: [east, west], agreeing: 2, evaluate: 30s, coolDown: 30m }
      steps: {}
    there-and-back:
      provisional: { for: 30m, then: commit }
      modes:
        failover:
          description: It is gone.
          loses: { sites: [east], servers: [pg], stores: [near], secrets: [keys] }
          detect: { probe: ready, failing: 5m }
          decide: 10m
          trigger: { by: [sre] }
          approve: { by: [sre-lead, owner], atLeast: 1, within: 15m, breakGlass: { by: [on-call], within: 5m } }
        counted: { detect: { probe: ready, failures: { atLeast: 9, of: 10 }, from: [east, west], agreeing: 2, evaluate: 30s, coolDown: 30m } }
        alerted: { detect: { alert: SIEDatabaseSlow, within: 6m } }
        switchover: { detect: { noticedWithin: 15m } }
      steps:
        quiesce: { operator.confirm: { ask: "quiet?" }, only: switchover }
        move:
          only: [failover, alerted]
          firstOf:
            one: { until: 5m, steps: { first: { operator.confirm: { ask: "first?" } } } }
            two: { steps: { second: { operator.confirm: { ask: "second?" } } } }
    alerted:
      detect: { alert: SIEDatabaseSlow, within: 6m }
      steps: {}

  """
