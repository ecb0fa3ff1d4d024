/// A plan with a restore that is verified. It ends with the steps of its only scenario, so that a step can be added at the end.
public let samplePlan = """
  apiVersion: sie-dr/v1
  kind: RecoveryPlan
  metadata: { name: sample }
  objectives: { rto: 4h, rpo: 1h }
  sites: { east: {}, west: {} }
  secrets: { east-url: { env: EAST_URL }, west-url: { env: WEST_URL } }
  servers:
    pg-east: { postgresql: { url: { secret: east-url } }, site: east }
    pg-west: { postgresql: { url: { secret: west-url } }, site: west }
  stores: { near: { directory: { path: near }, site: east }, far: { directory: { path: far }, site: west } }
  metrics: textfile
  drills: { restore: { kind: restore, scenarios: [lost], every: 30d, first: 2099-01-01 } }
  data:
    orders:
      on: [pg-east]
      estimate: { dump: 9m, copy: 2m, restore: 1h }
      protect:
        regular: { logical: {}, every: 30m, to: [near], copy: [far], keep: { for: 30d }, timeout: 20m }
  scenarios:
    lost:
      loses: { sites: [east] }
      detect: { noticedWithin: 10m }
      steps:
        restore: { postgresql.restore: { data: orders, server: pg-west }, timeout: 90m }
        verify:
          postgresql.query: { server: pg-west, sql: "select true", expect: t }
          needs: [restore]
          timeout: 1m

  """
