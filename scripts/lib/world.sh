# Sourced by scripts after demo.sh: the world of SIE on real servers, in two regions. The caller has called `begin`.
#   make_world standby|empty   once: what PostgreSQL in west is; everything is made, saved as files, and the variables of the plan's secrets are set
#                              (`unfinished`: rows that nobody works on, none if not set)
#   start_world, stop_world    again and again: the same world each time, as new
# East is PostgreSQL `east` (and `new`, empty), Redis, a cluster that serves at 127.0.0.2, a store. West has the same at 127.0.0.3, with nothing in it. The name
# api.sie.example leads to one of the two; whoever uses SIE goes by it, through `front`. Messages arrive in `sinks` and `mail`.

. scripts/lib/postgresql.sh
. scripts/lib/names.sh
root=$PWD world=$PWD/scripts/lib/world
PATH=$PWD/.build-tools/bin:$PATH
declare -A running

# run NAME PROGRAM…: a server that `end NAME` kills.
run() {
  local name=$1; shift
  "$@" > "$folder/logs/$name" 2>&1 < /dev/null &
  running[$name]=$!
  disown $!
}

end() {
  local name
  for name in "$@"; do
    [ -n "${running[$name]:-}" ] || continue
    kill -9 "${running[$name]}" 2>/dev/null || true
    unset "running[$name]"
  done
}

certificate() {  # certificate FOLDER NAME ALTERNATIVE
  mkdir -p "$1"
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1/key.pem" -out "$1/certificate.pem" -days 2 -subj "/CN=$2" -addext "subjectAltName=$3" 2> /dev/null
}

kubeconfig() {  # kubeconfig east|west
  local port="k8s_$1_port"
  cat <<YAML
apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: "https://127.0.0.1:${!port}", certificate-authority-data: $(base64 -w0 "$folder/k8s/certificate.pem") } }]
users: [{ name: u, user: { token: $password } }]
contexts: [{ name: sie-$1, context: { cluster: c, user: u } }]
YAML
}

make_world() {
  west_is=$1
  at_the_end+=(stop_world)
  mkdir -p "$folder/logs" "$folder/saved" "$folder/home" "$folder/metrics"
  local place
  for place in redis_east redis_west k8s_east k8s_west control_east control_west service front sinks mail; do printf -v "${place}_port" '%s' "$(free_port)"; done

  local settings=("shared_buffers = 32MB" "max_wal_size = 256MB" "wal_log_hints = on" "wal_keep_size = 128MB")
  start_server east "${settings[@]}"
  start_server new "${settings[@]}"
  query "$(url east postgres)" "create database insights"
  query "$(url east insights)" "
    create table insights (
      id bigint generated always as identity primary key, key bigint unique, title text not null, body text not null, state text not null default 'pending',
      times_done int not null default 0, made_at timestamptz not null default clock_timestamp(),
      valid boolean not null default true, changed_at timestamptz not null default clock_timestamp());
    insert into insights (key, title, body, state, times_done) select -i, 'insight ' || i, repeat(md5(i::text), 6), 'done', 1 from generate_series(1, 100000) i;
    insert into insights (key, title, body) select -100000 - i, 'unfinished ' || i, 'x' from generate_series(1, ${unfinished:-0}) i;
    create index on insights (state) where state = 'pending';
    analyze"
  if [ "$west_is" = standby ]; then
    west_port=$(free_port)
    as_server env PGPASSWORD="$password" "$pgbin/pg_basebackup" --no-sync -h 127.0.0.1 -p "$east_port" -U demo -D "$folder/west" -R -X stream -c fast
    as_server sed -i "s/^port = .*/port = $west_port/" "$folder/west/postgresql.conf"
  else
    start_server west "${settings[@]}"
    stop_server west fast
  fi
  stop_server east fast
  stop_server new fast
  mv "$folder/east" "$folder/west" "$folder/new" "$folder/saved"

  start_names sie.example "east A 127.0.0.2" "west A 127.0.0.3" "api CNAME east"
  kill "$names_server"
  rm -f "$folder/names/pid"
  mv "$folder/names" "$folder/saved"

  certificate "$folder/k8s" 127.0.0.1 IP:127.0.0.1
  certificate "$folder/saved/mail" localhost DNS:localhost
  make_mirror

  export PG_EAST_URL PG_WEST_URL PG_NEW_URL REDIS_EAST_URL REDIS_WEST_URL EAST_KUBECONFIG WEST_KUBECONFIG MANIFESTS_MIRROR NAMES_KEY
  export CHAT_HOOK MAIL_SERVER STATUS_PAGE_KEY SSL_CERT_FILE HOME
  PG_EAST_URL=$(url east insights) PG_WEST_URL=$(url west insights) PG_NEW_URL=$(url new insights)
  REDIS_EAST_URL=redis://:$password@127.0.0.1:$redis_east_port/0 REDIS_WEST_URL=redis://:$password@127.0.0.1:$redis_west_port/0
  EAST_KUBECONFIG=$(kubeconfig east) WEST_KUBECONFIG=$(kubeconfig west)
  MANIFESTS_MIRROR=$folder/mirror.git NAMES_KEY=$(cat "$names_key")
  CHAT_HOOK=http://127.0.0.1:$sinks_port/slack STATUS_PAGE_KEY=$password
  MAIL_SERVER=smtp://dr%40sie.example:$password@localhost:$mail_port SSL_CERT_FILE=$folder/saved/mail/certificate.pem
  service=http://127.0.0.1:$front_port
}

# A repository of manifests, signed, and its mirror, which is all that the recovery sees of it. Whose signatures this host trusts stands in the user's
# configuration of git, so the user has a home of his own here.
make_mirror() {
  HOME=$folder/home
  ssh-keygen -q -t ed25519 -N "" -f "$folder/home/key"
  echo "sre@sie.example $(cat "$folder/home/key.pub")" > "$folder/home/signers"
  git config --global user.name sre
  git config --global user.email sre@sie.example
  git config --global gpg.format ssh
  git config --global user.signingkey "$folder/home/key.pub"
  git config --global gpg.ssh.allowedSignersFile "$folder/home/signers"
  git init -q -b production "$folder/configuration"
  cp "$world"/manifests/*.yaml "$folder/configuration"
  git -C "$folder/configuration" add .
  git -C "$folder/configuration" commit -q -S -m "What runs in the cluster"
  git clone -q --mirror "$folder/configuration" "$folder/mirror.git"
  rm -rf "$folder/configuration"
}

run_redis() { run "redis-$1" redis-server --port "$2" --bind 127.0.0.1 --dir "$folder/logs" --save "" --appendonly no --requirepass "$password"; }
redis_in() { local port="redis_$1_port"; shift; REDISCLI_AUTH=$password redis-cli -p "${!port}" "$@"; }

run_cluster() {
  local api="k8s_$1_port" control="control_$1_port"
  run "k8s-$1" python3 "$root/Tests/TestSupport/kubernetes-api.py" "${!api}" "${!control}" "$folder/k8s/certificate.pem" "$folder/k8s/key.pem" "$password"
  run_pods "$1" "$2"
}

run_pods() {
  local control="control_$1_port"
  run "pods-$1" /usr/bin/python3 "$world/cluster.py" "${!control}" "$2" "$service_port"
}

start_world() {
  rm -rf "$folder"/{east,west,new,names,mail,checkout,state,store-east,store-west,messages}
  cp -a "$folder"/saved/* "$folder"
  mkdir -p "$folder/store-east" "$folder/store-west"
  : > "$folder/messages"
  run_redis east "$redis_east_port"
  run_redis west "$redis_west_port"
  run_cluster east 127.0.0.2
  run_cluster west 127.0.0.3
  run_sinks
  run front python3 "$world/clients.py" front "$names_port" "$service_port" "$front_port"
  run_names
  running[names]=$names_server
  run_server east
  run_server west
  run_server new
  wait_for 20 answers "$control_west_port"
  wait_for 20 answers "$control_east_port"
  kubectl --kubeconfig <(echo "$EAST_KUBECONFIG") --context sie-east apply -f "$world/manifests/namespace.yaml" -f - -f "$world/manifests/deployment.yaml" \
    -f "$world/manifests/service.yaml" -f "$world/manifests/hpa.yaml" > "$folder/logs/manifests" <<YAML
apiVersion: v1
kind: Secret
metadata: { name: sie-secrets, namespace: sie }
stringData: { database-url: "$PG_EAST_URL", queue-url: "$REDIS_EAST_URL" }
YAML
  [ "$west_is" != standby ] || wait_for 20 streams
  wait_for 30 serves
}

run_sinks() {
  run sinks python3 "$world/sinks.py" "$sinks_port" "$STATUS_PAGE_KEY" "$folder/messages"
  run mail /usr/bin/python3 "$root/Tests/TestSupport/mail-server.py" "$folder/mail" "$mail_port" tls dr@sie.example "$password"
}

answers() { curl -sf -o /dev/null "http://127.0.0.1:$1/log"; }
serves() { curl -sf -m 2 -o /dev/null "$service/ready"; }
streams() { [ "$(query "$(url east insights)" "select count(*) from pg_stat_replication where state = 'streaming'")" = 1 ]; }

stop_world() {
  end "${!running[@]}"
  local name
  for name in east west new; do stop_server "$name"; done
}

# All messages that arrived, a line each.
messages() {
  cat "$folder/messages"
  python3 -c 'import json, sys; [print("email", json.load(open(path))["text"].strip().replace("\n", " ")) for path in sys.argv[1:]]' $(ls "$folder"/mail/mail-* 2>/dev/null)
}

# The plan's places and times here, laid over the example: overlay PLAN-SPECIFIC-LINES > FILE
overlay() {
  cat <<YAML
apiVersion: sie-dr/v1
kind: PlanOverlay
merge:
  state: { directory: $folder/state }
  metrics: $folder/metrics
  objectives: { rpo: 1m, rto: 5m }
  stores: { east: { directory: { path: $folder/store-east } }, west: { directory: { path: $folder/store-west } } }
  probes: { ready: { http: { url: "$service/ready" }, every: 500ms, timeout: 1s } }
  data:
    insights:
      estimate: { size: null, dump: 4s, upload: null, copy: 2s, restore: 10s }
      protect:
        regular: { logical: { workers: 2 }, every: 8s, jitter: 4s, timeout: 20s, retries: 0, keep: { for: 1h, atLeast: 3 } }
$1
YAML
}

# Asks for protection every second, as cron does every minute, until it is stopped. The disaster takes the host with it, or people stop it first.
protect() {
  ( while true; do "$tool" apply --yes "$plan" --overlay "$folder/overlay.yaml" > "$folder/logs/protect" 2>&1 || true; sleep 1; done ) &
  protector=$!
  disown "$protector"
  background+=("$protector")
}
