/// A scenario with every step kind that is only planned, and every field of each: the end of the plan with every key.
let everyPlannedKind = """
    planned:
      detect: { noticedWithin: 15m }
      steps:
        dump: { meilisearch.dump: { data: index, to: far } }
        search-restore: { meilisearch.restore: { data: index, server: search, point: latest } }
        rebuild: { meilisearch.rebuild: { data: index, server: search, from: pg, index: documents, sql: select 1 } }
        apply: { kubernetes.apply: { cluster: cluster, folder: manifests, files: [namespace.yaml, api.yaml], servers: [redis] } }
        scale: { kubernetes.scale: { cluster: cluster, namespace: sie, deployment: api, replicas: 0 } }
        secret: { kubernetes.secret: { cluster: cluster, namespace: sie, name: urls, set: { url: { output: provision.url }, key: { secret: keys } } } }
        rollout: { kubernetes.rollout: { cluster: cluster, namespace: sie, deployment: api } }
        wait: { kubernetes.wait: { cluster: cluster, namespace: sie, resource: job/migrate, condition: complete } }
        provision:
          terraform.apply: { folder: infra, program: tofu, workspace: west, variables: { region: west }, backend: far, servers: [cluster] }

  """
