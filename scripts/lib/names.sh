# Sourced by scripts: a BIND of their own, in a temporary folder. The caller has set `folder`, and stops `names_server` itself.

# Daemons lie where an unprivileged user has no path.
PATH=$PATH:/usr/sbin:/sbin

# start_names ZONE RECORD…: sets names_port and names_key (what `tsig-keygen` writes, in one file), and names_server, its process.
start_names() {
  names_zone=$1; shift
  names_port=$(free_port)
  names_key="$folder/names.key"
  mkdir "$folder/names"
  tsig-keygen demo > "$names_key"
  printf '%s\n' "\$TTL 1" "@ SOA ns1 admin 1 60 60 600 1" "@ NS ns1" "ns1 A 127.0.0.1" "$@" > "$folder/names/zone"
  cat > "$folder/names/named.conf" <<CONF
$(cat "$names_key")
options {
  directory "$folder/names"; listen-on port $names_port { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; pid-file "$folder/names/pid";
  session-keyfile "$folder/names/session"; managed-keys-directory "$folder/names"; dnssec-validation no; notify no;
};
zone "$names_zone" { type primary; file "zone"; update-policy { grant demo zonesub ANY; }; };
CONF
  run_names
}

run_names() {
  named -g -n 2 -c "$folder/names/named.conf" > "$folder/named.log" 2>&1 &
  names_server=$!
  disown "$names_server"
  local end=$(( $(date +%s) + 10 ))
  until [ -n "$(resolve "ns1.$names_zone")" ]; do
    [ "$(date +%s)" -lt "$end" ] || { cat "$folder/named.log" >&2; echo "the name server does not answer" >&2; exit 1; }
    sleep 0.1
  done
}

resolve() { dig +short +time=1 +tries=1 @127.0.0.1 -p "$names_port" "$1" A 2>/dev/null | sed '/^;/d'; }
