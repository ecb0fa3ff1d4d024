# Sourced by scripts/lib/round.sh: what is particular to this scenario.
west_is=empty
plan=$root/examples/cluster-failure.yaml
answer=()
title="all of east is gone: its database, queues, cluster and store"

times() {
  overlay "\
  servers: { names: { dns: { host: \"127.0.0.1:$names_port\", authoritative: [\"127.0.0.1:$names_port\"] } } }
  scenarios:
    cluster-failure:
      detect: { failing: 2s }
      decide: 1s
      steps:
        tell: { timeout: 5s, estimate: 1s }
        tell-stakeholders: { timeout: 5s, estimate: 1s }
        tell-customers: { notify.send: { to: \"http://127.0.0.1:$sinks_port/v1/pages/sie\" }, timeout: 5s, estimate: 1s }
        manifests: { git.checkout: { into: $folder/checkout }, timeout: 20s, estimate: 1s }
        restore: { timeout: 60s }
        rows-are-there: { timeout: 10s, estimate: 1s }
        namespace: { timeout: 20s, estimate: 1s }
        secrets: { timeout: 10s, estimate: 1s }
        requeue: { timeout: 10s, estimate: 1s }
        deploy: { timeout: 30s, estimate: 4s }
        point-names-to-west: { dns.record: { ttl: 1s }, timeout: 20s, estimate: 2s }
        ready: { http.check: { within: 10s }, timeout: 15s, estimate: 1s }
        tell-all-is-well: { timeout: 5s, estimate: 1s }"
}

ways=(west)
strike() {
  # The host that backs up goes with its region, in whatever it was doing.
  [ -z "$protector" ] || kill -9 "$protector" $(pgrep -P "$protector") 2>/dev/null || true
  kill_server east
  kill_server new
  end redis-east k8s-east pods-east
  rm -rf "$folder/east" "$folder/new" "$folder/store-east"
  recovered=$PG_WEST_URL
}

# For scripts/scenario-faults: STEP WAY FAULT…, a way in which each step fails; and what each step touches.
faults=(
  "manifests west distrusted"
  "restore west damage west"
  "rows-are-there west wrong rows-are-there"
  "namespace west kubernetes west 0 POST api/v1/namespaces"
  "secrets west kubernetes west 0 any namespaces/sie/secrets"
  "requeue west deaf west"
  "deploy west kubernetes west 1 POST namespaces/sie/deployments"
  "point-names-to-west west denied"
  "ready west never"
)
declare -gA touches=(
  [manifests]=checkout [restore]=pg-west [requeue]=redis-west [namespace]=k8s-west [secrets]=k8s-west [deploy]=k8s-west [point-names-to-west]=names
)
