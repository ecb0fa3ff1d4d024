# Sourced by scripts: an S3 server of their own (SeaweedFS) in a temporary folder, and rclone as the client that people use with it.
# The caller has sourced postgresql.sh (free_port), set `folder`, and calls stop_s3 at the end.

s3_key=bench-key s3_secret=bench-secret
tools=$PWD/.build-tools/bin

# start_s3: sets s3_url; makes the bucket `backups`; afterwards `rclone … s3:backups/…` works.
start_s3() {
  local port ports=()
  for _ in 1 2 3 4 5 6 7 8; do ports+=("$(free_port)"); done
  port=${ports[0]}
  mkdir -p "$folder/s3/data" "$folder/s3/log"
  cat > "$folder/s3/s3.json" <<JSON
{"identities":[{"name":"bench","credentials":[{"accessKey":"$s3_key","secretKey":"$s3_secret"}],"actions":["Admin","Read","List","Tagging","Write"]}]}
JSON
  "$tools/weed" -logdir="$folder/s3/log" server -ip=127.0.0.1 -ip.bind=127.0.0.1 -dir="$folder/s3/data" -master.port="${ports[1]}" -master.port.grpc="${ports[2]}" \
    -master.telemetry=false -master.volumeSizeLimitMB=1024 -volume.port="${ports[3]}" -volume.port.grpc="${ports[4]}" -volume.max=100 -filer \
    -filer.port="${ports[5]}" -filer.port.grpc="${ports[6]}" -s3 -s3.port="$port" -s3.port.grpc="${ports[7]}" -s3.port.iceberg=0 -s3.port.lance=0 \
    -s3.config="$folder/s3/s3.json" > "$folder/s3/output" 2>&1 < /dev/null &
  s3_pid=$!
  s3_url=http://127.0.0.1:$port
  export RCLONE_CONFIG=/dev/null RCLONE_CONFIG_S3_TYPE=s3 RCLONE_CONFIG_S3_PROVIDER=SeaweedFS RCLONE_CONFIG_S3_ENDPOINT=$s3_url
  export RCLONE_CONFIG_S3_ACCESS_KEY_ID=$s3_key RCLONE_CONFIG_S3_SECRET_ACCESS_KEY=$s3_secret
  for _ in $(seq 100); do
    if "$tools/rclone" mkdir s3:backups 2> /dev/null && echo ready | "$tools/rclone" rcat s3:backups/ready 2> /dev/null; then return; fi
    sleep 0.2
  done
  echo "the S3 server does not start: $(tail -3 "$folder/s3/output")" >&2
  return 1
}

stop_s3() { [ -z "${s3_pid:-}" ] || { kill "$s3_pid" && wait "$s3_pid"; } 2> /dev/null || true; }
