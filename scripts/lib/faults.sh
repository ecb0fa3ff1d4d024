# Sourced by scripts/scenario-faults: ways in which a step fails. `break_it FAULT…` before the run, `mend_it FAULT…` before the world is compared.
# Each leaves in `worse` what is laid over the plan besides.

configure() { curl -sf -o /dev/null --data-binary "$2" "http://127.0.0.1:$1/config"; }

break_it() {
  local kind=$1; shift
  worse="  {}"
  case $kind in
  kubernetes)  # REGION SKIP METHOD PATH: the API server forbids it, once
    local control="control_$1_port" methods=("$3") method
    [ "$3" != any ] || methods=(POST PUT PATCH)
    for method in "${methods[@]}"; do
      configure "${!control}" "{\"faults\": [{\"method\": \"$method\", \"path\": \"$4(\\\\?|/|\$)\", \"skip\": $2, \"times\": 1, \"status\": 403, \"reason\": \"Forbidden\", \"message\": \"forbidden\"}]}"
    done ;;
  mute) run mute python3 -c "
import socket, time
server = socket.create_server(('127.0.0.1', $east_port))
kept = []
while True: kept.append(server.accept())" ;;
  damage)  # STORE…: a byte of every object's data, none of the manifests
    local store
    for store in "$@"; do
      cp -a "$folder/store-$store" "$folder/whole-$store"
      python3 - "$folder/store-$store" <<'PY'
import os, sys
for at, _, names in os.walk(sys.argv[1]):
    for name in names:
        path = os.path.join(at, name)
        if name.endswith((".json", ".md")) or name == "SHA256SUMS": continue
        data = bytearray(open(path, "rb").read())
        if data: data[len(data) // 2] ^= 1; open(path, "wb").write(data)
PY
    done ;;
  gone) local store; for store in "$@"; do mv "$folder/store-$store" "$folder/whole-$store"; : > "$folder/store-$store"; done ;;
  down) stop_server "$1" fast ;;
  sealed) chmod a-w "$folder/$1/pg_hba.conf" ;;
  laid)  # PATH VALUE: another value in a field of a step; a step's kind has a dot of its own
    worse=$(python3 - "$scenario" "$1" "${*:2}" <<'PY'
import json, sys
step, first, second, *fields = sys.argv[2].split(".")
value = json.loads(sys.argv[3])
for field in reversed(fields): value = {field: value}
print("  scenarios: " + json.dumps({sys.argv[1]: {"steps": {step: {first + "." + second: value}}}}))
PY
) ;;
  hasty) worse="  scenarios: { $scenario: { steps: { $1: { timeout: 1ms } } } }" ;;
  deaf) redis_in "$1" config set min-replicas-to-write 1 > /dev/null ;;
  denied) sed -i.whole 's/grant demo zonesub ANY/deny demo zonesub ANY/' "$folder/names/named.conf"; restart_names ;;
  distrusted) mv "$folder/home/signers" "$folder/home/signers.whole"; : > "$folder/home/signers" ;;
  wrong)  # STEP…: a query that expects what is not so; the steps of a branch by their path
    worse=$(python3 - "$scenario" "$@" <<'PY'
import json, sys
steps = {}
for path in sys.argv[2:]:
    at = steps
    for name in path.split("."): at = at.setdefault(name, {})
    at["postgresql.query"] = {"expect": "nothing like it"}
print("  scenarios: " + json.dumps({sys.argv[1]: {"steps": steps}}))
PY
) ;;
  never) worse="  probes: { ready: { http: { expect: { json: { database: elsewhere } } } } }
  scenarios: { $scenario: { steps: { ready: { http.check: { within: 2s } } } } }" ;;
  esac
}

mend_it() {
  local kind=$1; shift
  case $kind in
  mute) end mute ;;
  gone | damage) local store; for store in "$@"; do rm -rf "$folder/store-$store"; mv "$folder/whole-$store" "$folder/store-$store"; done ;;
  down) run_server "$1" ;;
  sealed) chmod u+w "$folder/$1/pg_hba.conf" ;;
  deaf) redis_in "$1" config set min-replicas-to-write 0 > /dev/null ;;
  denied) mv "$folder/names/named.conf.whole" "$folder/names/named.conf"; restart_names ;;
  distrusted) mv "$folder/home/signers.whole" "$folder/home/signers" ;;
  esac
}

restart_names() { kill "${running[names]}"; wait_for 10 names_are_silent; run_names; running[names]=$names_server; }
names_are_silent() { [ -z "$(resolve "ns1.$names_zone")" ]; }
