# Sourced by scripts after world.sh: one disaster, from a world that works to one that works again. `choose SCENARIO` comes first.

choose() {
  scenario=$1
  . "scripts/lib/scenarios/$scenario.sh"
  make_world "$west_is"
  times > "$folder/overlay.yaml"
  with=("$plan" --overlay "$folder/overlay.yaml")
  recover=(apply --yes "${with[@]}" --scenario "$scenario" "${answer[@]}")
}

# The figures that lint computes: computed_rpo and guaranteed_rto, in milliseconds.
compute() {
  show "$tool" lint "${with[@]}"
  local report; report=$("$tool" lint --format json "${with[@]}")
  computed_rpo=$(figure rpo computed "$scenario" <<< "$report")
  guaranteed_rto=$(figure rto guaranteed "$scenario" <<< "$report")
}

points() { find "$folder/store-$1" -name manifest.json 2>/dev/null | wc -l; }
has_points() { [ "$(points west)" -ge "$1" ]; }
has_written() { [ "$(grep -cv failed "$folder/writer" 2>/dev/null)" -ge "$1" ]; }
has_finished() { [ "$(query "$recovered" "select count(*) from insights where state = 'pending'")" = 0 ]; }

use() {  # Writer and reader, who go on throughout.
  python3 "$world/clients.py" writer "$service" 0 > "$folder/writer" & users=($!); disown $!
  python3 "$world/clients.py" reader "$service" > "$folder/reader" & users+=($!); disown $!
  background+=("${users[@]}")
}

# round WAY DELAY: everything new, a disaster DELAY milliseconds after the second point, recovery, and what it cost.
round() {
  start_world
  use
  protect
  wait_for 60 has_points 2
  sleep "$(awk "BEGIN{print $2/1000}")"
  say "Disaster ($1): $title"
  local struck died ended
  struck=$(milliseconds)
  strike "$1"
  died=$(milliseconds)
  echo "struck at $(date -u -d "@$(( struck / 1000 ))" +%H:%M:%S); whoever watches $service/ready says so:"
  python3 "$world/clients.py" monitor "$service" 2
  # A backup that has not noticed yet holds the lock a moment longer.
  local status=7
  while [ "$status" = 7 ]; do status=0; show "$tool" "${recover[@]}" || status=$?; done
  [ "$status" = 0 ] || fail "the recovery ended with exit status $status"
  ended=$(milliseconds)
  wait_for 30 served_again "$died"
  kill "${users[@]}" 2>/dev/null || true
  wait_for 30 has_finished
  query "$recovered" "select key from insights" > "$folder/kept"
  [ "$(query "$recovered" "select count(*) from insights where times_done <> 1")" = 0 ] || fail "rows were finished twice"
  say "Computed before, measured now ($1)"
  ( cd "$folder" && python3 "$world/measure.py" writer reader kept "$struck" "$died" "$ended" "$computed_rpo" "$guaranteed_rto" ) || fail "see above"
  echo "  every row that was left unfinished was finished after it, none of them twice; messages that arrived:"
  messages | sed 's/^/    /'
  stop_world
}

served_again() { awk -v died="$1" '$1 * 1000 > died && $3 != "failed" { n++ } END { exit n < 5 }' "$folder/writer"; }

# rounds NUMBER SEED: the ways in turn, each disaster at a seeded moment of the protection's rhythm; then all rounds in one line.
rounds() {
  local n
  RANDOM=$2
  for (( n = 0; n < $1; n++ )); do round "${ways[n % ${#ways[@]}]}" $(( RANDOM % 12000 )); done
  say "All rounds (seed $2)"
  awk '{ if ($1 > l) l = $1; if ($3 > t) t = $3; if ($5 > f) f = $5; rpo = $2; rto = $4; n++ }
    END { printf "%d rounds: lost at most %.1f s (computed %.1f s); recovered in at most %.1f s (guaranteed %.1f s), first good write after at most %.1f s\n", n, l, rpo, t, rto, f }' "$folder/rounds"
}
