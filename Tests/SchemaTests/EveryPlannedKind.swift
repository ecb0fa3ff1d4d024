/// A scenario with every step kind that is only planned, and every field of each: the end of the plan with every key.
let everyPlannedKind = """
    planned:
      detect: { noticedWithin: 15m }
      steps:
        dump: { meilisearch.dump: { data: index, to: far } }
        search-restore: { meilisearch.restore: { data: index, server: search, point: latest } }
        rebuild: { meilisearch.rebuild: { data: index, server: search, from: pg, index: documents, sql: select 1 } }
        provision:
          terraform.apply: { folder: infra, program: tofu, workspace: west, variables: { region: west }, backend: far, servers: [cluster] }

  """
