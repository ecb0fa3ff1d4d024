# Sourced by demos: the program, a temporary folder, an end that leaves nothing running, and the words that they share.

# begin NAME: sets tool, folder and password. What is in `background` (processes) and `at_the_end` (functions) is ended and called however the script ends.
begin() {
  demo=$1
  tool=${SIE_DR:-}
  if [ -z "$tool" ]; then
    echo "building (release) …"
    scripts/build-release --quiet
    tool=$(swift build -c release --show-bin-path)/sie-dr
  fi
  folder=$(mktemp -d "/tmp/sie-dr-$demo.XXXXXX")
  chmod 755 "$folder"
  [ "$(id -u)" != 0 ] || chown postgres "$folder"
  password=demo-$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
  background=() at_the_end=()
  trap clean_up EXIT
  trap 'exit 130' INT TERM
}

clean_up() {
  trap - EXIT
  kill "${background[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  local end
  for end in "${at_the_end[@]}"; do "$end"; done
  [ -n "${SIE_DR_KEEP:-}" ] && echo "kept: $folder" >&2 || rm -rf "$folder"
}

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
show() { printf '\033[2m$ %s\033[0m\n' "$*"; "$@"; }
fail() { printf '\n%s failed: %s\n' "$demo" "$*" >&2; exit 1; }
query() { psql -X -qAt -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }
milliseconds() { date +%s%3N; }

wait_for() {  # wait_for SECONDS COMMAND…
  local end=$(( $(date +%s) + $1 ))
  shift
  until "$@"; do [ "$(date +%s)" -lt "$end" ] || fail "waited too long for $*"; sleep 0.02; done
}

# figure OBJECTIVE FIELD SCENARIO, in milliseconds, of the report of `lint --format json` on standard input
figure() {
  python3 -c '
import json, re, sys
units = {"d": 86400000, "h": 3600000, "m": 60000, "s": 1000, "ms": 1}
objectives = json.load(sys.stdin)["plans"][0]["objectives"]
text = next(o for o in objectives if o["objective"] == sys.argv[1] and o["scenario"] == sys.argv[3] and sys.argv[2] in o)[sys.argv[2]]
print(sum(int(n) * units[u] for n, u in re.findall(r"(\d+)(ms|d|h|m|s)", text)))' "$@"
}
