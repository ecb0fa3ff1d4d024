"""A stand-in for a Meilisearch server, for tests. It is NOT Meilisearch: none can be installed where these tests run.

Written from the published API description of Meilisearch 1.x (routes, answers, error codes, launch options, layout of a dump), as far as sie-dr uses it:
/health, /version, /stats, /dumps, /tasks, /tasks/cancel, /indexes, documents, settings, /swap-indexes; --db-path, --dump-dir, --import-dump,
--ignore-dump-if-db-exists, --ignore-missing-dump, each also by its MEILI_ variable. It searches nothing. Whoever finds a difference to the real server: please
report it.

Known differences: tasks are worked off one by one in their order (the real server takes dumps first, and batches); all of its data is one JSON file.

Faults are read anew from the JSON file in FAULTS at each request: see `fault` below for those there are.
"""
import gzip, hashlib, io, json, os, re, sys, tarfile, threading, time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


def option(name, usual=None):
    flag = "--" + name
    if flag in sys.argv:
        at = sys.argv.index(flag) + 1
        return sys.argv[at] if at < len(sys.argv) and not sys.argv[at].startswith("--") else "true"
    return os.environ.get("MEILI_" + name.upper().replace("-", "_"), usual)


VERSION = os.environ.get("STANDIN_VERSION", "1.11.3")
PATH = option("db-path", "data.ms")
DUMPS = option("dump-dir", "dumps")
KEY = os.environ.get("MEILI_MASTER_KEY")
HOST, PORT = option("http-addr", "127.0.0.1:7700").rsplit(":", 1)
lock = threading.RLock()
wake = threading.Condition(lock)


def fault(name):
    try:
        return json.load(open(os.environ["FAULTS"])).get(name)
    except (KeyError, OSError, ValueError):
        return None


def now():
    stamp = time.time_ns()
    text = datetime.fromtimestamp(stamp // 10**9, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{stamp % 10**9:09}".rstrip("0")
    return text + ("." + fraction if fraction else "") + "Z"


class Problem(Exception):
    def __init__(self, status, code, message, kind="invalid_request"):
        self.status, self.body = status, error(code, message, kind)


def error(code, message, kind="invalid_request"):
    return {"message": message, "code": code, "type": kind, "link": "https://docs.meilisearch.com/errors#" + code}


# What there is.

data = {"indexes": {}, "tasks": [], "keys": []}


def save():
    os.makedirs(PATH, exist_ok=True)
    with open(PATH + "/data.json.new", "w") as file:
        json.dump(data, file)
    os.rename(PATH + "/data.json.new", PATH + "/data.json")


def new_index(uid, primary_key=None):
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,400}", uid):
        raise Problem(400, "invalid_index_uid", f"`{uid}` is not a valid index uid.")
    data["indexes"][uid] = {"createdAt": now(), "primaryKey": primary_key, "settings": {}, "documents": {}}
    return data["indexes"][uid]


def load():
    dump, exists = option("import-dump"), os.path.exists(PATH + "/data.json")
    if dump and fault("import") == "empty":
        dump = None
    if dump and not exists and os.path.exists(dump):
        if fault("import") == "fail":
            sys.exit("Error: the dump cannot be imported")
        import_dump(dump)
    elif dump and exists and option("ignore-dump-if-db-exists") != "true":
        sys.exit(f"Error: database already exists at {PATH!r}, try to delete it or rename it")
    elif dump and not os.path.exists(dump) and option("ignore-missing-dump") != "true":
        sys.exit(f"Error: dump doesn't exist at {dump!r}")
    elif exists:
        data.update(json.load(open(PATH + "/data.json")))
    save()


def import_dump(path):
    with tarfile.open(path, "r:gz") as tar:
        files = {member.name.removeprefix("./"): tar.extractfile(member).read() for member in tar.getmembers() if member.isfile()}
    made = json.loads(files["metadata.json"])["dbVersion"]
    if [int(part) for part in made.split(".")] > [int(part) for part in VERSION.split(".")]:
        sys.exit(f"Error: the dump was made by {made}")
    data["keys"] = [json.loads(line) for line in files["keys.jsonl"].splitlines()]
    for name, text in files.items():
        parts = name.split("/")
        if len(parts) == 3 and parts[2] == "documents.jsonl":
            meta = json.loads(files[f"indexes/{parts[1]}/metadata.json"])
            index = new_index(parts[1], meta["primaryKey"])
            index["settings"] = json.loads(files[f"indexes/{parts[1]}/settings.json"])
            add(index, [json.loads(line) for line in text.splitlines()])


def write_dump(name):
    kind = fault("dump")
    if kind == "missing":
        return
    raw = io.BytesIO()
    # As the real server writes it: long names by an entry of their own (GNU).
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as tar:
        def put(name, text):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text))
        def lines(values):
            return b"".join(json.dumps(value).encode() + b"\n" for value in values)
        put("metadata.json", json.dumps({"dumpVersion": "V6", "dbVersion": VERSION, "dumpDate": now()}).encode())
        put("instance_uid.uuid", b"00000000-0000-0000-0000-000000000000")
        put("keys.jsonl", lines(data["keys"]))
        put("tasks/queue.jsonl", lines(data["tasks"]))
        for uid, index in data["indexes"].items():
            documents = list(index["documents"].values())
            if kind == "lie":
                documents = documents[1:]
            put(f"indexes/{uid}/metadata.json", json.dumps({"uid": uid, "primaryKey": index["primaryKey"], "createdAt": index["createdAt"], "updatedAt": now()}).encode())
            put(f"indexes/{uid}/settings.json", json.dumps(index["settings"]).encode())
            put(f"indexes/{uid}/documents.jsonl", lines(documents).rstrip(b"\n") if kind == "no-newline" else lines(documents))
        put("experimental-features.json", b"{}")
    packed = gzip.compress(raw.getvalue())
    if kind == "cut":
        packed = packed[: len(packed) // 2]
    if kind == "flip":
        packed = packed[:200] + bytes([packed[200] ^ 1]) + packed[201:]
    if kind == "other":
        packed = gzip.compress(b"hello")
    os.makedirs(DUMPS, exist_ok=True)
    with open(f"{DUMPS}/{name}.dump", "wb") as file:
        file.write(packed)


# Tasks.

def enqueue(kind, index=None, work=None, details=None):
    with lock:
        task = {
            "uid": len(data["tasks"]), "batchUid": None, "indexUid": index, "status": "enqueued", "type": kind, "canceledBy": None, "details": details or {}, "error": None,
            "duration": None, "enqueuedAt": now(), "startedAt": None, "finishedAt": None,
        }
        data["tasks"].append(task)
        queue.append((task, work))
        wake.notify_all()
    return 202, {"taskUid": task["uid"], "indexUid": index, "status": "enqueued", "type": kind, "enqueuedAt": task["enqueuedAt"]}


queue = []


def worker():
    while True:
        with lock:
            while not queue:
                wake.wait()
            task, work = queue.pop(0)
            if task["status"] != "enqueued":
                continue
            task["status"], task["startedAt"] = "processing", now()
        time.sleep(fault("delay") or 0)
        while fault("stay") == task["type"]:
            time.sleep(0.05)
            if task["status"] == "canceled":
                break
        with lock:
            if task["status"] == "canceled":
                continue
            try:
                if fault("fail") == task["type"]:
                    raise Problem(0, "no_space_left_on_device", f"No space left on device. {KEY}", "system")
                work(task)
                task["status"] = "succeeded"
            except Problem as problem:
                task["status"], task["error"] = "failed", problem.body
            task["finishedAt"] = now()
            save()


def the(uid):
    if uid not in data["indexes"]:
        raise Problem(404, "index_not_found", f"Index `{uid}` not found.")
    return data["indexes"][uid]


def add(index, documents):
    kind = fault("documents")
    for at, document in enumerate(documents):
        key = index["primaryKey"] = index["primaryKey"] or next(iter(document))
        value = document.get(key)
        if isinstance(value, bool) or not re.fullmatch(r"[A-Za-z0-9_-]{1,511}", str(value)):
            raise Problem(0, "invalid_document_id", f"Document identifier `{json.dumps(value)}` is invalid.")
        if kind == "drop" and at == 0:
            continue
        index["documents"][str(value)] = document
    if kind == "extra":
        index["documents"]["stranger"] = {index["primaryKey"]: "stranger"}


# Routes.

def dumps(request):
    def work(task):
        name = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S%f")[:-3]
        write_dump(name)
        task["details"]["dumpUid"] = name
    return enqueue("dumpCreation", None, work, {"dumpUid": None})


def cancel(request):
    uids = [int(uid) for uid in request.query.get("uids", "").split(",") if uid]
    if not uids:
        raise Problem(400, "missing_task_filters", "Query parameters to filter the tasks to cancel are missing.")
    with lock:
        for task in data["tasks"]:
            if task["uid"] in uids and task["status"] in ("enqueued", "processing"):
                task["status"], task["finishedAt"] = "canceled", now()
    return enqueue("taskCancelation", None, lambda task: None)


def tasks(request):
    query, found = request.query, list(reversed(data["tasks"]))
    for key, member in (("statuses", "status"), ("types", "type"), ("uids", "uid")):
        if key in query:
            found = [task for task in found if str(task[member]) in query[key].split(",")]
    if "from" in query:
        found = [task for task in found if task["uid"] <= int(query["from"])]
    limit = int(query.get("limit", 20))
    return 200, {"results": found[:limit], "total": len(found), "limit": limit, "from": found[0]["uid"] if found else None, "next": None}


def task(request, uid):
    if int(uid) >= len(data["tasks"]):
        raise Problem(404, "task_not_found", f"Task `{uid}` not found.")
    return 200, data["tasks"][int(uid)]


def stats(request):
    busy = {task["indexUid"] for task in data["tasks"] if task["status"] == "processing"}
    return 200, {
        "databaseSize": 4096, "usedDatabaseSize": 4096, "lastUpdate": now(),
        "indexes": {
            uid: {"numberOfDocuments": len(index["documents"]) + (fault("count") or 0), "rawDocumentDbSize": 4096, "avgDocumentSize": 80, "isIndexing": uid in busy, "fieldDistribution": {}}
            for uid, index in data["indexes"].items()
        },
    }


def view(uid):
    index = the(uid)
    return {"uid": uid, "createdAt": index["createdAt"], "updatedAt": now(), "primaryKey": index["primaryKey"]}


def create(request):
    body = request.json()
    def work(task):
        if body["uid"] in data["indexes"]:
            raise Problem(0, "index_already_exists", f"Index `{body['uid']}` already exists.")
        new_index(body["uid"], body.get("primaryKey"))
    return enqueue("indexCreation", body["uid"], work)


def drop(request, uid):
    def work(task):
        the(uid)
        del data["indexes"][uid]
    return enqueue("indexDeletion", uid, work)


def post_documents(request, uid):
    kind = request.headers.get("Content-Type", "")
    documents = [json.loads(line) for line in request.body.splitlines()] if "ndjson" in kind else request.json()
    return enqueue("documentAdditionOrUpdate", uid, lambda task: add(data["indexes"].get(uid) or new_index(uid), documents), {"receivedDocuments": len(documents)})


def get_documents(request, uid):
    offset, limit = int(request.query.get("offset", 0)), int(request.query.get("limit", 20))
    fields = request.query.get("fields")
    found = list(the(uid)["documents"].values())
    page = [{key: value for key, value in document.items() if fields is None or key in fields.split(",")} for document in found[offset:offset + limit]]
    return 200, {"results": page, "offset": offset, "limit": limit, "total": len(found)}


def patch_settings(request, uid):
    body = request.json()
    return enqueue("settingsUpdate", uid, lambda task: (data["indexes"].get(uid) or new_index(uid))["settings"].update(body))


def swap(request):
    pairs = [pair["indexes"] for pair in request.json()]
    def work(task):
        for one, other in pairs:
            the(one), the(other)
            data["indexes"][one], data["indexes"][other] = data["indexes"][other], data["indexes"][one]
    return enqueue("indexSwap", None, work)


ROUTES = [
    ("GET", r"/version", lambda request: (200, {"commitSha": "standin", "commitDate": now(), "pkgVersion": VERSION})),
    ("GET", r"/stats", stats), ("POST", r"/dumps", dumps), ("GET", r"/tasks", tasks), ("POST", r"/tasks/cancel", cancel), ("GET", r"/tasks/(\d+)", task),
    ("GET", r"/indexes", lambda request: (200, {"results": [view(uid) for uid in data["indexes"]], "offset": 0, "limit": 20, "total": len(data["indexes"])})),
    ("POST", r"/indexes", create), ("GET", r"/indexes/([^/]+)", lambda request, uid: (200, view(uid))), ("DELETE", r"/indexes/([^/]+)", drop),
    ("POST", r"/indexes/([^/]+)/documents", post_documents), ("GET", r"/indexes/([^/]+)/documents", get_documents),
    ("GET", r"/indexes/([^/]+)/settings", lambda request, uid: (200, the(uid)["settings"])), ("PATCH", r"/indexes/([^/]+)/settings", patch_settings), ("POST", r"/swap-indexes", swap),
]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def json(self):
        return json.loads(self.body)

    def answer(self):
        url = urlsplit(self.path)
        self.query = {key: values[0] for key, values in parse_qs(url.query).items()}
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        time.sleep(fault("slow") or 0)
        if url.path == "/health":
            return 200, {"status": "available"}
        broken = fault("status")
        if broken and url.path.startswith(broken[0]):
            return broken[1], error("internal", f"broken, and this was the key: {KEY}", "internal")
        given = self.headers.get("Authorization")
        if KEY and not given:
            raise Problem(401, "missing_authorization_header", "The Authorization header is missing. It must use the bearer authorization method.", "auth")
        if KEY and given != "Bearer " + KEY:
            raise Problem(403, "invalid_api_key", "The provided API key is invalid.", "auth")
        if fault("text"):
            return 200, fault("text")
        for method, pattern, route in ROUTES:
            match = re.fullmatch(pattern, url.path)
            if match and method == self.command:
                with lock:
                    return route(self, *match.groups())
        raise Problem(404, "not_found", "Not found")

    def do(self):
        try:
            status, body = self.answer()
        except Problem as problem:
            status, body = problem.status, problem.body
        except (ValueError, KeyError):
            status, body = 400, error("bad_request", "The request cannot be understood.")
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do


if __name__ == "__main__":
    if not data["keys"] and KEY:
        data["keys"] = [{"name": "Default Search API Key", "key": hashlib.sha256(KEY.encode()).hexdigest()}]
    load()
    threading.Thread(target=worker, daemon=True).start()
    # Two attempts of one test may want one port.
    ThreadingHTTPServer.allow_reuse_address = True
    ThreadingHTTPServer((HOST, int(PORT)), Handler).serve_forever()
