# Sourced by scripts/lib/round.sh: what is particular to this scenario.
west_is=standby
plan=$root/examples/database-failure.yaml
answer=(--confirm confirm)
title="the database in east is gone, its data directory with it"

times() {
  overlay "\
        standby: { replica: { maxLag: 5s } }
  scenarios:
    database-failure:
      detect: { failing: 2s }
      decide: 1s
      steps:
        tell: { timeout: 5s, estimate: 1s }
        tell-stakeholders: { timeout: 5s, estimate: 1s }
        tell-customers: { notify.send: { to: \"http://127.0.0.1:$sinks_port/v1/pages/sie\" }, timeout: 5s, estimate: 1s }
        confirm: { timeout: 10s, estimate: 1s }
        stop-ingestion: { timeout: 20s, estimate: 2s }
        fence: { timeout: 20s, estimate: 5s }
        recover:
          firstOf:
            standby:
              until: 30s
              steps: { promote: { timeout: 20s, estimate: 2s }, rows-in-the-standby: { timeout: 10s, estimate: 1s } }
            backup:
              steps: { restore: { timeout: 60s }, rows-in-the-backup: { timeout: 10s, estimate: 1s }, requeue: { timeout: 10s, estimate: 1s } }
        database-url: { timeout: 10s, estimate: 1s }
        restart-api: { timeout: 20s, estimate: 3s }
        start-ingestion: { timeout: 20s, estimate: 2s }
        ready: { http.check: { within: 10s }, timeout: 15s, estimate: 1s }
        tell-all-is-well: { timeout: 5s, estimate: 1s }"
}

ways=(standby backup)
strike() {  # strike standby|backup: by which branch it must come back
  # Whoever backs it up lives, and soon sees that it is gone; cron is told to rest.
  [ -z "$protector" ] || kill "$protector" 2>/dev/null || true
  kill_server east
  rm -rf "$folder/east"
  recovered=$PG_WEST_URL
  if [ "$1" = backup ]; then
    kill_server west
    rm -rf "$folder/west"
    recovered=$PG_NEW_URL
  fi
}

# For scripts/scenario-faults: STEP WAY FAULT…, a way in which each step fails; and what each step touches.
faults=(
  "stop-ingestion standby kubernetes east 0 PATCH deployments/sie-worker-ingestion"
  "fence standby mute"
  "rows-in-the-standby standby wrong recover.firstOf.standby.steps.rows-in-the-standby recover.firstOf.backup.steps.rows-in-the-backup"
  "restore backup damage east west"
  "rows-in-the-backup backup wrong recover.firstOf.backup.steps.rows-in-the-backup"
  "requeue backup deaf east"
  "database-url standby kubernetes east 0 any namespaces/sie/secrets"
  "restart-api standby kubernetes east 0 PATCH deployments/sie-api"
  "start-ingestion standby kubernetes east 1 PATCH deployments/sie-worker-ingestion"
  "ready standby never"
)
declare -gA touches=(
  [promote]=pg-west [restore]=pg-new [requeue]=redis-east [stop-ingestion]=k8s-east [start-ingestion]=k8s-east [database-url]=k8s-east [restart-api]=k8s-east
)
