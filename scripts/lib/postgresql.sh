# Sourced by scripts: PostgreSQL servers of their own, in a temporary folder, stopped and removed at the end.
# The caller has set `folder`, a temporary folder that it removes itself.

pgbin=/usr/lib/postgresql/15/bin

# Servers refuse to run as root: as root they run as the user that the package made.
as_server() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi }

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# start_server NAME [setting=value …]: sets NAME_port; superuser demo, password in $password.
start_server() {
  local name=$1 port; shift
  port=$(free_port)
  printf '%s' "$password" > "$folder/$name.password"
  [ "$(id -u)" != 0 ] || chown postgres "$folder/$name.password"
  as_server "$pgbin/initdb" -D "$folder/$name" -U demo --pwfile="$folder/$name.password" -A scram-sha-256 --no-sync -E UTF8 --locale=C.UTF-8 > "$folder/$name.initdb.log"
  as_server tee -a "$folder/$name/postgresql.conf" > /dev/null <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = ''
fsync = off
shared_buffers = 256MB
max_wal_size = 4GB
$(printf '%s\n' "$@")
CONF
  run_server "$name"
  printf -v "${name}_port" '%s' "$port"
}

run_server() { as_server "$pgbin/pg_ctl" -D "$folder/$1" -w -t 30 -l "$folder/$1.log" start > /dev/null; }

stop_server() { [ ! -e "$folder/$1/postmaster.pid" ] || as_server "$pgbin/pg_ctl" -D "$folder/$1" -m "${2:-immediate}" stop > /dev/null 2>&1 || true; }

# Every process of it at once, as when its machine burns.
kill_server() {
  [ -e "$folder/$1/postmaster.pid" ] || return 0
  local main; main=$(head -n 1 "$folder/$1/postmaster.pid")
  kill -9 $(pgrep -P "$main") "$main" 2>/dev/null || true
}

# url NAME DATABASE
url() { local port="${1}_port"; printf 'postgresql://demo:%s@127.0.0.1:%s/%s' "$password" "${!port}" "$2"; }
