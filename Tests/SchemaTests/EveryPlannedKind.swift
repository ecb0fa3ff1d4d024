/// A scenario with every step kind that is only planned, and every field of each: the end of the plan with every key.
let everyPlannedKind = """
    planned:
      detect: { noticedWithin: 15m }
      steps:
        fence: { postgresql.fence: { server: pg, by: [power, "off"] } }
        promote: { postgresql.promote: { server: pg, data: orders } }
        rebuild-replica: { postgresql.rebuildReplica: { server: pg, from: pg, method: copy } }
        redis-backup: { redis.backup: { data: queues, to: near } }
        redis-restore: { redis.restore: { data: queues, server: redis, point: latest } }
        redis-promote: { redis.promote: { server: redis, data: queues } }
        requeue: { redis.requeue: { data: queues, server: redis, from: pg, queue: jobs, sql: select 1 } }
        dump: { meilisearch.dump: { data: index, to: far } }
        search-restore: { meilisearch.restore: { data: index, server: search, point: latest } }
        rebuild: { meilisearch.rebuild: { data: index, server: search, from: pg, index: documents, sql: select 1 } }
        mirror: { git.mirror: { from: "https://git.example/sie", to: { secret: more } } }
        bundle: { git.bundle: { from: "https://git.example/sie", to: near } }
        checkout: { git.checkout: { from: { secret: more }, into: work, ref: main, signed: true } }
        provision:
          terraform.apply: { folder: infra, program: tofu, workspace: west, variables: { region: west }, backend: far, servers: [cluster] }
        record: { dns.record: { zone: zone, name: api, type: A, to: { output: provision.address }, ttl: 5m } }
        tell: { notify.send: { by: slack, to: { secret: more }, key: { secret: keys }, text: We are back. } }

  """
