# Sourced by scripts/lib/round.sh: what is particular to this scenario and to `failback`, its other mode.
west_is=standby
plan=$root/examples/failover.yaml
answer=()
title="nobody knows what is left of east: its cluster is gone, its database answers"

times() {
  overlay "\
        standby: { replica: { maxLag: 5s } }
  servers: { names: { dns: { host: \"127.0.0.1:$names_port\", authoritative: [\"127.0.0.1:$names_port\"] } } }
  scenarios:
    failover:
      detect: { failing: 2s }
      decide: 1s
      steps:
        tell: { timeout: 5s, estimate: 1s }
        tell-customers: { notify.send: { to: \"http://127.0.0.1:$sinks_port/v1/pages/sie\" }, timeout: 5s, estimate: 1s }
        fence: { timeout: 20s, estimate: 5s }
        promote: { timeout: 20s, estimate: 2s }
        rows-are-there: { timeout: 10s, estimate: 1s }
        manifests: { git.checkout: { into: $folder/checkout }, timeout: 20s, estimate: 1s }
        namespace: { timeout: 20s, estimate: 1s }
        database-url: { timeout: 10s, estimate: 1s }
        deploy: { timeout: 30s, estimate: 4s }
        workers: { timeout: 20s, estimate: 2s }
        point-names-to-west: { dns.record: { ttl: 1s }, timeout: 20s, estimate: 2s }
        ready: { http.check: { within: 10s }, timeout: 15s, estimate: 1s }
        tell-all-is-well: { timeout: 5s, estimate: 1s }
    failback:
      steps:
        tell: { timeout: 5s, estimate: 1s }
        follow:
          postgresql.rebuildReplica:
            folder: $folder/east
            stop: [$(words as_server "$pgbin/pg_ctl" -D "$folder/east" -m fast -w stop)]
            start: [$(words as_server "$pgbin/pg_ctl" -D "$folder/east" -w -l "$folder/east.log" start)]
            through: [$(words as_server)]
          timeout: 40s
          estimate: 10s
        fence: { timeout: 20s, estimate: 5s }
        promote: { timeout: 20s, estimate: 2s }
        rows-are-there: { timeout: 10s, estimate: 1s }
        point-names-to-east: { dns.record: { ttl: 1s }, timeout: 20s, estimate: 2s }
        ready: { http.check: { within: 10s }, timeout: 15s, estimate: 1s }
        tell-all-is-well: { timeout: 5s, estimate: 1s }"
}
# The words of a command, as a list of the plan; `as_server` in front of it becomes what it does.
words() {
  local list=("$@")
  [ "$1" != as_server ] || { list=("${@:2}"); [ "$(id -u)" != 0 ] || list=(runuser -u postgres -- "${list[@]}"); }
  local IFS=,; printf '%s' "${list[*]}"
}

ways=(cut-off)
strike() {
  [ -z "$protector" ] || kill "$protector" 2>/dev/null || true
  end redis-east pods-east
  recovered=$PG_WEST_URL
}

# Beside each run of scripts/scenario-faults somebody knocks at both servers: what took writes, in turn, must be the one and then the other.
beside() { run checker /usr/bin/python3 "$world/checker.py" "$PG_EAST_URL" "$PG_WEST_URL"; }
turns="east west"
beside_is_well() {
  local seen; seen=$(/usr/bin/python3 "$world/checker.py" "$folder/logs/checker")
  [ "$seen" = "$turns" ] || { echo "took writes, in turn: $seen instead of $turns"; return 1; }
}

# For scripts/scenario-faults: STEP WAY FAULT…, a way in which each step fails; and what each step touches.
faults=(
  "fence cut-off down east"
  "promote cut-off down west"
  "rows-are-there cut-off wrong rows-are-there"
  "manifests cut-off distrusted"
  "namespace cut-off kubernetes west 0 POST api/v1/namespaces"
  "database-url cut-off kubernetes west 0 any namespaces/sie/secrets"
  "deploy cut-off kubernetes west 1 POST namespaces/sie/deployments"
  "workers cut-off kubernetes west 0 PATCH deployments/sie-worker-ingestion"
  "point-names-to-west cut-off denied"
  "ready cut-off never"
)
declare -gA touches=(
  [fence]=pg-east [promote]=pg-west [manifests]=checkout [namespace]=k8s-west [database-url]=k8s-west [deploy]=k8s-west [workers]=k8s-west [point-names-to-west]=names
)
