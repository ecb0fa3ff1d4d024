# Sourced by scripts/lib/round.sh: what is particular to this scenario.
west_is=empty
plan=$root/examples/corruption.yaml
answer=()
title="a bad job has spoiled rows"

times() {
  overlay "\
  scenarios:
    data-corruption:
      detect: { failing: 2s }
      decide: 1s
      steps:
        stop-ingestion: { timeout: 20s, estimate: 2s }
        tell: { timeout: 5s, estimate: 1s }
        tell-stakeholders: { timeout: 5s, estimate: 1s }
        tell-customers: { notify.send: { to: \"http://127.0.0.1:$sinks_port/v1/pages/sie\" }, timeout: 5s, estimate: 1s }
        hold: { timeout: 10s, estimate: 1s }
        scope: { timeout: 10s, estimate: 1s }
        restore: { timeout: 60s }
        compare: { postgresql.compare: { saveTo: $folder/incidents }, timeout: 30s, estimate: 5s }
        swap: { timeout: 20s, estimate: 2s }
        rows-are-right: { timeout: 10s, estimate: 1s }
        start-ingestion: { timeout: 20s, estimate: 2s, onFailure: rollback }
        ready: { http.check: { within: 10s }, timeout: 15s, estimate: 1s, onFailure: rollback }
        release: { timeout: 10s, estimate: 1s, onFailure: rollback }
        tell-all-is-well: { timeout: 5s, estimate: 1s }"
}

ways=(spoiled)
strike() {
  query "$PG_EAST_URL" "
    update insights set valid = false, title = 'spoiled', changed_at = clock_timestamp() where id % 1000 = 7;
    insert into insights (key, title, body, state, times_done) select -900000 - i, 'good and new', 'x', 'done', 1 from generate_series(1, 10) i;
    insert into insights (key, title, body, state, times_done, valid) select -800000 - i, 'made up', 'x', 'done', 1, false from generate_series(1, 10) i"
  recovered=$PG_EAST_URL
}

# For scripts/scenario-faults: STEP WAY FAULT…, a way in which each step fails; and what each step touches.
faults=(
  "stop-ingestion spoiled kubernetes east 0 PATCH deployments/sie-worker-ingestion"
  "hold spoiled gone east west"
  "scope spoiled laid scope.postgresql.findCorruption.queries [\"select changed_at from insights where false\"]"
  "restore spoiled damage east west"
  "compare spoiled laid compare.postgresql.compare.good {\"public.insights\":\"nothing_like_it\"}"
  "swap spoiled laid swap.postgresql.swap.by \"nowhere\""
  "rows-are-right spoiled wrong rows-are-right"
  "start-ingestion spoiled kubernetes east 1 PATCH deployments/sie-worker-ingestion"
  "ready spoiled never"
  "release spoiled hasty release"
)
declare -gA touches=([stop-ingestion]=k8s-east [start-ingestion]=k8s-east [hold]="store-east store-west" [restore]=pg-east [swap]=pg-east [release]="store-east store-west")
