"""What the pods of SIE run, since the API server of the tests runs nothing: an API before a database, and workers between a queue and that database.

Usage: cluster.py CONTROL-PORT ADDRESS PORT

CONTROL-PORT is that of the API server (Tests/TestSupport/kubernetes-api.py), which is asked ten times a second which pods are ready and with which secrets they were
started. ADDRESS:PORT is the cluster's way in: a request goes to any ready pod of `sie-api`, and is refused with 503 where there is none.
  GET /ready           {"database":"connected"}, if the pod's database answers
  POST /insights KEY   commits a row and puts it into the queue; 201 and the row's number
  GET /insights        the newest row's key
A pod of `sie-worker-ingestion` takes numbers out of the queue and finishes their rows; a row that is finished is not finished a second time.
"""
import base64, http.server, json, random, sys, threading, time, urllib.request
import psycopg2, redis

control, address, port = sys.argv[1:4]
QUEUE = "insights"


class Pod:
    def __init__(self, state):
        self.name, self.app = state["metadata"]["name"], state["metadata"]["labels"].get("app")
        self.environment = {name: base64.b64decode(value).decode() for name, value in (state.get("env") or {}).items() if value}
        self.lock, self.connection, self.alive = threading.Lock(), None, True

    def sql(self, text, values=()):
        with self.lock:
            try:
                if self.connection is None:
                    self.connection = psycopg2.connect(self.environment["DATABASE_URL"], connect_timeout=1, options="-c statement_timeout=2000")
                    self.connection.autocommit = True
                with self.connection.cursor() as cursor:
                    cursor.execute(text, values)
                    return cursor.fetchone()
            except Exception:
                if self.connection is not None: self.connection.close()
                self.connection = None
                raise

    def queue(self): return redis.Redis.from_url(self.environment["QUEUE_URL"], socket_timeout=3, socket_connect_timeout=1)

    def work(self):
        queue = None
        while self.alive:
            try:
                queue = queue or self.queue()
                message = queue.blpop(QUEUE, timeout=1)
                if not message: continue
                time.sleep(0.05)
                try: self.sql("update insights set state = 'done', times_done = times_done + 1 where id = %s and state = 'pending' returning id", (int(message[1]),))
                except psycopg2.Error:
                    queue.rpush(QUEUE, message[1])
                    time.sleep(0.2)
            except Exception:
                queue = None
                time.sleep(0.2)


pods = {}


def is_ready(state):
    return not state["metadata"].get("deletionTimestamp") and any(c["type"] == "Ready" and c["status"] == "True" for c in state["status"].get("conditions", []))


def watch():
    while True:
        try:
            with urllib.request.urlopen("http://127.0.0.1:%s/state" % control, timeout=2) as answer: state = json.load(answer)
            ready = {s["metadata"]["name"]: s for s in state if s["plural"] == "pods" and is_ready(s)}
            for name in [n for n in pods if n not in ready]:
                pods.pop(name).alive = False
            for name in [n for n in ready if n not in pods]:
                pods[name] = Pod(ready[name])
                if pods[name].app == "sie-worker-ingestion": threading.Thread(target=pods[name].work, daemon=True).start()
        except OSError: pass
        time.sleep(0.1)


class Entrance(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass

    def answer(self, code, body):
        raw = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        serving = [p for p in list(pods.values()) if p.app == "sie-api"]
        if not serving: return self.answer(503, {"error": "no pod is ready"})
        pod = random.choice(serving)
        try: self.answer(*self.serve(pod, body))
        except (psycopg2.Error, KeyError) as error: self.answer(503, {"database": "disconnected", "error": type(error).__name__})

    def serve(self, pod, body):
        if self.path == "/ready":
            pod.sql("select 1")
            return 200, {"database": "connected"}
        if self.command == "GET": return 200, {"newest": pod.sql("select max(key) from insights")[0]}
        number = pod.sql("insert into insights (key, title, body) values (%s, %s, %s) returning id", (int(body), "insight " + body, "x" * 200))[0]
        # A queue that is away loses nothing: the row says that it is unfinished.
        try: pod.queue().rpush(QUEUE, number)
        except redis.RedisError: pass
        return 201, {"id": number}

    do_GET = do_POST = handle_any


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    def handle_error(self, *_): pass


threading.Thread(target=watch, daemon=True).start()
Server((address, int(port)), Entrance).serve_forever()
