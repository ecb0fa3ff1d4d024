/// A plan with every form of YAML that plans use: the seed of the mutations.
let samplePlan = #"""
  # yaml-language-server: $schema=../schemas/plan.v1.json
  apiVersion: sie-dr/v1
  kind: RecoveryPlan
  metadata: { name: sie, owner: sre }

  objectives: { rto: 4h, rpo: 1h }                    # of the service

  sites: { us-east-1: {}, us-west-2: {} }

  secrets:
    pg-east-url: { env: PG_EAST_URL }
    west-keys:   { file: /run/secrets/west, site: us-west-2 }

  servers:
    pg-east: &east { postgresql: { url: { secret: pg-east-url } }, site: us-east-1 }
    pg-copy: *east

  probes:
    ready:
      http:
        url: "https://sie.example/ready?a=b&c=\u00e9"
        expect: { json: { database: connected, replicas: 2, lag: 0.5, paused: false, note: ~ } }
      every: 15s

  data:
    insights:
      on: [pg-east, 'pg-copy']
      description: >-
        What customers were promised.

        Müller, 東京, 👩🏽‍🚒.
      protect:
        half-hourly: { logical: {}, every: 30m, to: [east], copy: [west], keep: { for: 30d, atLeast: 3 } }
    queues:

  scenarios:
    database-failure:
      steps:
      - name: stop
        run:
          - sh
          - -c
          - |
            set -eu
            	kubectl scale --replicas=0 "deployment/sie"
      - name: !!str 12
        when: 2026-11-24T08:15:34Z

  """#
