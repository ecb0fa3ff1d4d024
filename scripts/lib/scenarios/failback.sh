# Sourced by scripts/lib/round.sh: the way back. What strikes here is the failover itself; after it east is there again.
. scripts/lib/scenarios/failover.sh
title="west serves, and east is there again"
ways=(handed-back)
strike() {
  end redis-east pods-east
  "$tool" apply --yes "${with[@]}" --scenario failover > "$folder/logs/failover" 2>&1 || fail "the failover: $(cat "$folder/logs/failover")"
  run_redis east "$redis_east_port"
  run_pods east 127.0.0.2
  : > "$folder/messages"
  recovered=$PG_EAST_URL
}
turns="west east"

faults=(
  "follow handed-back laid follow.postgresql.rebuildReplica.stop [\"false\"]"
  "fence handed-back sealed west"
  "promote handed-back laid promote.postgresql.promote.upTo \"FF/0\""
  "rows-are-there handed-back wrong rows-are-there"
  "point-names-to-east handed-back denied"
  "ready handed-back never"
)
declare -gA touches=([follow]=pg-east [fence]=pg-west [promote]=pg-east [point-names-to-east]=names)
