"""An API server for tests of steps that use the real kubectl. Not Kubernetes: written from the official description of its API (kubernetes.io/docs/reference/
kubernetes-api and reference/using-api/api-concepts), and from what a real 1.36 control plane answered to the same commands.

Usage: kubernetes-api.py PORT CONTROL-PORT CERTIFICATE KEY TOKEN

PORT speaks HTTPS: kubectl sends no token without it. CONTROL-PORT is plain and for the test: POST /config adds `denied` (verb, resource, namespace) and `faults`, POST /write puts
objects by another hand, GET /state is all that there is, GET /log is what was asked.

What it has: namespaces, secrets, config maps, services, pods, deployments, jobs, autoscalers (stored only), custom resource definitions, access reviews; create,
get, list, put, delete, merge and strategic merge patches, resource versions and conflicts, dry runs. Deployments are rolled out: pods get their template's labels
and annotations and keep the values of the secrets that they were started with; `test/ready-after` (seconds, or `never`) on a pod template says when they are ready,
`test/end-after` how long they take to end. Jobs end `test/ready-after` seconds after they were made, or fail (`test/fails`).

Its quirks, which a real server does not have: no admission, no defaults, no validation of fields, no replica sets, no field ownership, no watches (405), no
tables, no OpenAPI but the parameters that kubectl looks for, one process-wide counter of resource versions; roll-outs surge without bound; namespaces go at once
with what is in them.
"""
import base64, copy, http.server, json, re, socket, ssl, sys, threading, time, urllib.parse

KINDS = [  # group, version, plural, kind, is in a namespace, short name
    ("", "v1", "namespaces", "Namespace", False, "ns"), ("", "v1", "secrets", "Secret", True, ""), ("", "v1", "configmaps", "ConfigMap", True, "cm"),
    ("", "v1", "services", "Service", True, "svc"), ("", "v1", "pods", "Pod", True, "po"), ("apps", "v1", "deployments", "Deployment", True, "deploy"),
    ("batch", "v1", "jobs", "Job", True, ""), ("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", True, "hpa"),
    ("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", False, "crd"),
    ("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", False, "")]
GROUPS = sorted({(g, v) for g, v, *_ in KINDS})
LIST_KEYS = {"containers": "name", "initContainers": "name", "volumes": "name", "env": "name", "volumeMounts": "mountPath", "imagePullSecrets": "name"}

lock = threading.RLock()
objects, versions, log = {}, [100], []
config = {"denied": [], "faults": [], "delay": 0}


def path_of(group, version): return "/api/v1" if not group else "/apis/%s/%s" % (group, version)
def stamp(at=None): return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
def next_version(): versions[0] += 1; return str(versions[0])


class Problem(Exception):
    def __init__(self, code, reason, message): self.code, self.reason, self.message = code, reason, message


def touch(thing): thing["metadata"]["resourceVersion"] = next_version()


def store(plural, thing, new=False):
    meta = thing["metadata"]
    if new:
        meta["uid"] = "uid-" + next_version()
        meta.setdefault("creationTimestamp", stamp())
        meta["generation"] = 1
        thing.setdefault("status", {})
        thing["_at"] = time.time()
    touch(thing)
    objects[(plural, meta.get("namespace", ""), meta["name"])] = thing


def tidy(plural, thing):
    if plural == "secrets" and thing.get("stringData"):
        thing.setdefault("data", {})
        for key, text in thing.pop("stringData").items(): thing["data"][key] = base64.b64encode(text.encode()).decode()
    if plural == "secrets":
        thing.pop("stringData", None)
        thing.setdefault("type", "Opaque")
        for value in (thing.get("data") or {}).values():
            try: base64.b64decode(value, validate=True)
            except Exception: raise Problem(400, "BadRequest", "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data: " + value)
    if plural == "namespaces": thing.setdefault("status", {})["phase"] = "Active"
    if plural == "deployments": thing["spec"].setdefault("replicas", 1)


def merge(old, patch, strategic, key=None):
    if not isinstance(patch, dict) or not isinstance(old, dict): return copy.deepcopy(patch)
    result = copy.deepcopy(old)
    for name, value in patch.items():
        if name.startswith("$"): continue
        if value is None: result.pop(name, None)
        elif strategic and isinstance(value, list) and name in LIST_KEYS: result[name] = merge_list(result.get(name) or [], value, LIST_KEYS[name])
        elif isinstance(value, dict): result[name] = merge(result.get(name) if isinstance(result.get(name), dict) else {}, value, strategic)
        else: result[name] = copy.deepcopy(value)
    return result


def merge_list(old, patch, key):
    result = copy.deepcopy(old)
    for item in patch:
        at = next((i for i, o in enumerate(result) if o.get(key) == item.get(key)), None)
        if item.get("$patch") == "delete":
            if at is not None: result.pop(at)
        elif at is None: result.append(merge({}, item, True))
        else: result[at] = merge(result[at], item, True)
    return result


# What controllers do, in every tick of 20 ms.

def owned(name, namespace, kind="Deployment"):
    return [p for (plural, ns, _), p in objects.items() if plural == "pods" and ns == namespace and p.get("_owner") == (kind, name)]


def start_pod(deployment):
    meta, template = deployment["metadata"], deployment["spec"]["template"]
    namespace = meta["namespace"]
    seen = {}
    for container in template.get("spec", {}).get("containers", []):
        for variable in container.get("env") or []:
            ref = (variable.get("valueFrom") or {}).get("secretKeyRef")
            if ref:
                secret = objects.get(("secrets", namespace, ref["name"]))
                seen[variable["name"]] = ((secret or {}).get("data") or {}).get(ref["key"])
    notes = (template.get("metadata") or {}).get("annotations") or {}
    pod = {
        "apiVersion": "v1", "kind": "Pod", "metadata": {
            "name": "%s-%s" % (meta["name"], next_version()), "namespace": namespace, "labels": dict((template.get("metadata") or {}).get("labels") or {}),
            "annotations": dict(notes), "ownerReferences": [{"kind": "ReplicaSet", "apiVersion": "apps/v1", "name": meta["name"] + "-x", "uid": "x", "controller": True}]},
        "spec": copy.deepcopy(template.get("spec") or {}), "status": {"phase": "Pending", "startTime": stamp()}, "_owner": ("Deployment", meta["name"]),
        "_template": json.dumps(template, sort_keys=True), "_env": seen}
    store("pods", pod, True)
    pod["status"] = {"phase": "Pending", "startTime": stamp()}


def run_pods(now):
    for key, pod in list(objects.items()):
        if key[0] != "pods" or "_owner" not in pod: continue
        notes = pod["metadata"].get("annotations") or {}
        if pod["metadata"].get("deletionTimestamp"):
            if now >= pod["_ended"] + float(notes.get("test/end-after", 0)): del objects[key]
            continue
        after = notes.get("test/ready-after", "0")
        ready = after != "never" and now >= pod["_at"] + float(after)
        status = {"phase": "Running" if ready else "Pending", "startTime": pod["status"]["startTime"],
                  "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
                  "containerStatuses": [{"name": "main", "ready": ready, "state": {"running": {}} if ready else {"waiting": {"reason": "ImagePullBackOff" if after == "never" else "ContainerCreating", "message": "Back-off pulling image"}}}]}
        if status != pod["status"]: pod["status"] = status; touch(pod)


def end(pod, now):
    if not pod["metadata"].get("deletionTimestamp"): pod["metadata"]["deletionTimestamp"] = stamp(); pod["_ended"] = now; touch(pod)


def is_ready(pod): return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))


def run_deployments(now):
    for key, it in list(objects.items()):
        if key[0] != "deployments": continue
        meta, spec = it["metadata"], it["spec"]
        if now < it.get("_written", 0) + float(config.get("observeAfter", 0)): continue
        template, wanted = json.dumps(spec["template"], sort_keys=True), spec.get("replicas", 1)
        live = [p for p in owned(meta["name"], meta["namespace"]) if not p["metadata"].get("deletionTimestamp")]
        new = [p for p in live if p["_template"] == template]
        old = [p for p in live if p["_template"] != template]
        for _ in range(wanted - len(new)): start_pod(it)
        for pod in new[wanted:]: end(pod, now)
        fresh = sum(1 for p in new if is_ready(p))
        for pod in old[max(0, wanted - fresh):]: end(pod, now)
        live = [p for p in owned(meta["name"], meta["namespace"]) if not p["metadata"].get("deletionTimestamp")]
        new = [p for p in live if p["_template"] == template]
        ready = sum(1 for p in live if is_ready(p))
        status = {"observedGeneration": meta["generation"], "replicas": len(live), "updatedReplicas": len(new), "readyReplicas": ready, "availableReplicas": ready,
                  "unavailableReplicas": max(0, wanted - ready), "conditions": [{"type": "Available", "status": "True" if ready >= wanted else "False"}]}
        limit = spec.get("progressDeadlineSeconds", 600)
        stuck = sum(1 for p in new if is_ready(p)) < wanted and now > it.get("_written", it["_at"]) + limit
        status["conditions"].append({"type": "Progressing", "status": "False" if stuck else "True", "reason": "ProgressDeadlineExceeded" if stuck else "NewReplicaSetAvailable", "message": "ReplicaSet \"x\" has timed out progressing." if stuck else ""})
        status = {k: v for k, v in status.items() if v != 0 or k == "replicas"}
        if status != it["status"]: it["status"] = status; touch(it)


def run_others(now):
    for (plural, namespace, name), it in list(objects.items()):
        after = float((it["metadata"].get("annotations") or {}).get("test/ready-after", 0)) if plural in ("jobs", "customresourcedefinitions") else 0
        if plural == "jobs" and not it["status"].get("conditions") and now >= it["_at"] + after:
            fails = "test/fails" in (it["metadata"].get("annotations") or {})
            it["status"] = {"failed": 1, "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}]} if fails else {"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]}
            touch(it)
        if plural == "customresourcedefinitions" and not it["status"].get("conditions") and now >= it["_at"] + after:
            it["status"] = {"conditions": [{"type": "Established", "status": "True"}]}
            touch(it)
        if plural == "pods" and it.get("_owner") and not objects.get(("deployments", namespace, it["_owner"][1])): end(it, now)


def tick():
    while True:
        with lock:
            now = time.time()
            run_pods(now); run_deployments(now); run_pods(now); run_others(now)
        time.sleep(0.02)


def shown(thing): return {k: v for k, v in thing.items() if not k.startswith("_")}


def write(verb, plural, kind, namespace, name, body, media, dry):
    old = objects.get((plural, namespace, name))
    if verb == "create":
        if old: raise Problem(409, "AlreadyExists", '%s "%s" already exists' % (plural, name))
        if namespace and ("namespaces", "", namespace) not in objects: raise Problem(404, "NotFound", 'namespaces "%s" not found' % namespace)
        thing = copy.deepcopy(body)
        thing.setdefault("metadata", {})
        if namespace: thing["metadata"]["namespace"] = namespace
    else:
        if not old: raise Problem(404, "NotFound", '%s "%s" not found' % (plural, name))
        if verb == "patch":
            if "json-patch" in media or "apply-patch" in media: raise Problem(415, "UnsupportedMediaType", "this server of the tests has no such patches")
            thing = merge(old, body, "strategic" in media)
        else: thing = merge({}, body, False); thing["status"] = copy.deepcopy(old["status"])
        wanted = (body.get("metadata") or {}).get("resourceVersion")
        if wanted and wanted != old["metadata"]["resourceVersion"]:
            raise Problem(409, "Conflict", 'Operation cannot be fulfilled on %s "%s": the object has been modified; please apply your changes to the latest version and try again' % (plural, name))
        for field in ("uid", "creationTimestamp", "generation"):
            if field in old["metadata"]: thing["metadata"][field] = old["metadata"][field]
        for field, value in old.items():
            if field.startswith("_"): thing[field] = value
    tidy(plural, thing)
    if dry:
        thing["metadata"].setdefault("uid", "dry")
        return thing
    if old and {k: v for k, v in thing.items() if k != "metadata"} == {k: v for k, v in old.items() if k != "metadata"} and {k: v for k, v in thing["metadata"].items() if k != "resourceVersion"} == {k: v for k, v in old["metadata"].items() if k != "resourceVersion"}:
        return old
    if old and thing.get("spec") != old.get("spec"):
        thing["metadata"]["generation"] = old["metadata"]["generation"] + 1
        thing["_written"] = time.time()
    store(plural, thing, not old)
    if not old and plural in ("deployments",): thing["_written"] = time.time()
    return thing


def remove(plural, namespace, name):
    thing = objects.pop((plural, namespace, name), None)
    if not thing: raise Problem(404, "NotFound", '%s "%s" not found' % (plural, name))
    if plural == "namespaces":
        for key in [k for k in objects if k[1] == name]: del objects[key]


def is_denied(verb, plural, namespace): return [verb, plural, namespace] in config["denied"]


def review(body):
    attributes = (body.get("spec") or {}).get("resourceAttributes") or {}
    body["status"] = {"allowed": not is_denied(attributes.get("verb", ""), attributes.get("resource", ""), attributes.get("namespace", ""))}
    body.setdefault("metadata", {})
    return body


def fields(data):
    """The fields of a protobuf message: kubectl 1.37 sends what its typed clients make so."""
    found, at = {}, 0
    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]; at += 1
            value |= (byte & 127) << shift; shift += 7
            if byte < 128: return value
    while at < len(data):
        tag = number()
        if tag & 7 == 0: found[tag >> 3] = number()
        else: size = number(); found[tag >> 3] = data[at:at + size]; at += size
    return found


def read_body(raw, media):
    if not raw: return {}
    if raw[:4] == b"k8s\0":
        unknown = fields(raw[4:])
        kind = fields(unknown[1])[2].decode()
        if kind != "SelfSubjectAccessReview": raise Problem(415, "UnsupportedMediaType", "this server of the tests reads no %s in protobuf" % kind)
        attributes = fields(fields(fields(unknown[2])[2]).get(1, b""))
        names = {1: "namespace", 2: "verb", 3: "group", 4: "version", 5: "resource", 6: "subresource", 7: "name"}
        return {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": {"resourceAttributes": {names[k]: v.decode() for k, v in attributes.items() if k in names}}}
    return json.loads(raw)


def openapi(group, version):
    paths = {}
    for g, v, plural, kind, namespaced, _ in KINDS:
        if (g, v) != (group, version): continue
        base = path_of(g, v) + ("/namespaces/{namespace}/" if namespaced else "/") + plural
        parameters = [{"name": n, "in": "query"} for n in ("fieldValidation", "dryRun", "fieldManager")]
        operation = {"x-kubernetes-group-version-kind": {"group": g, "version": v, "kind": kind}, "parameters": parameters, "responses": {}}
        paths[base] = {"post": operation}
        paths[base + "/{name}"] = {"patch": operation, "put": operation}
    return {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1.36.0"}, "paths": paths, "components": {"schemas": {}}}


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass

    def answer(self, code, body, media="application/json"):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def cut(self):
        self.close_connection = True
        try: self.connection.shutdown(socket.SHUT_RDWR)
        except OSError: pass

    def handle_any(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = None
        with lock:
            log.append({"method": self.command, "path": self.path, "body": raw.decode("utf-8", "replace")})
            for candidate in config["faults"]:
                if candidate.get("times", 1) > 0 and candidate.get("method", self.command) == self.command and re.search(candidate.get("path", ""), self.path):
                    if candidate.get("skip", 0) > 0: candidate["skip"] -= 1; continue
                    candidate["times"] = candidate.get("times", 1) - 1
                    fault = candidate
                    break
        time.sleep((fault or {}).get("delay", config["delay"]))
        if fault and fault.get("close") and not fault.get("after"): return self.cut()
        try:
            if fault and "status" in fault: raise Problem(fault["status"], fault.get("reason", "InternalError"), fault.get("message", "a fault of the test"))
            answer = self.respond(url.path, query, raw)
        except Problem as problem:
            return self.answer(problem.code, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": problem.message, "reason": problem.reason, "code": problem.code})
        if fault and fault.get("close"): return self.cut()
        if fault and fault.get("half"):
            raw = json.dumps(answer[1]).encode()
            self.send_response(200); self.send_header("Content-Type", "application/json"); self.send_header("Content-Length", str(len(raw))); self.end_headers()
            self.wfile.write(raw[:len(raw) // 2]); self.wfile.flush()
            return self.cut()
        self.answer(*answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def respond(self, path, query, raw):
        if self.headers.get("Authorization") != "Bearer " + sys.argv[5]: raise Problem(401, "Unauthorized", "Unauthorized")
        if path == "/version": return 200, {"major": "1", "minor": "36", "gitVersion": "v1.36.0"}
        if path == "/api": return 200, {"kind": "APIVersions", "versions": ["v1"]}
        if path == "/apis":
            groups = [{"name": g, "versions": [{"groupVersion": g + "/" + v, "version": v}], "preferredVersion": {"groupVersion": g + "/" + v, "version": v}} for g, v in GROUPS if g]
            return 200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
        if path == "/openapi/v3": return 200, {"paths": {path_of(g, v)[1:]: {"serverRelativeURL": "/openapi/v3" + path_of(g, v)} for g, v in GROUPS}}
        for g, v in GROUPS:
            if path == "/openapi/v3" + path_of(g, v): return 200, openapi(g, v)
            if path == path_of(g, v):
                verbs = ["create", "delete", "get", "list", "patch", "update"]
                found = [{"name": p, "singularName": k.lower(), "namespaced": n, "kind": k, "verbs": verbs, "shortNames": [s] if s else []} for a, b, p, k, n, s in KINDS if (a, b) == (g, v)]
                return 200, {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": (g + "/" if g else "") + v, "resources": found}
        return self.resource(path, query, raw)

    def resource(self, path, query, raw):
        for group, version, plural, kind, namespaced, _ in KINDS:
            match = re.fullmatch(re.escape(path_of(group, version)) + (r"/namespaces/([^/]+)/" if namespaced else "()/") + plural + r"(?:/([^/]+))?(?:/(status|scale))?", path)
            whole = namespaced and re.fullmatch(re.escape(path_of(group, version)) + "/" + plural, path)
            if match or whole: break
        else: raise Problem(404, "NotFound", "the server could not find the requested resource")
        namespace, name = (match.group(1), match.group(2)) if match else ("", None)
        if query.get("watch"): raise Problem(405, "MethodNotAllowed", "this server of the tests has no watches")
        verb = {"GET": "get" if name else "list", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}[self.command]
        with lock:
            if is_denied(verb, plural, namespace):
                raise Problem(403, "Forbidden", '%s%s is forbidden: User "dr" cannot %s resource "%s" in API group "%s" in the namespace "%s"' % (plural, ' "%s"' % name if name else "", verb, plural, group, namespace))
            media = self.headers.get("Content-Type") or ""
            body = read_body(raw, media)
            if kind == "SelfSubjectAccessReview": return 201, review(body)
            dry = "All" in (query.get("dryRun") or "")
            if verb == "get":
                thing = objects.get((plural, namespace, name))
                if not thing: raise Problem(404, "NotFound", '%s "%s" not found' % (plural, name))
                return 200, shown(thing)
            if verb == "list":
                labels = [part.split("=", 1) for part in (query.get("labelSelector") or "").split(",") if part]
                found = [shown(o) for (p, ns, _), o in sorted(objects.items(), key=lambda e: e[0]) if p == plural and (whole or ns == namespace) and all((o["metadata"].get("labels") or {}).get(k) == v for k, v in labels)]
                return 200, {"kind": kind + "List", "apiVersion": (group + "/" if group else "") + version, "metadata": {"resourceVersion": str(versions[0])}, "items": found}
            if verb == "delete":
                if not dry: remove(plural, namespace, name)
                return 200, {"kind": "Status", "apiVersion": "v1", "status": "Success"}
            thing = write(verb, plural, kind, namespace, name or (body.get("metadata") or {}).get("name"), body, media, dry)
            return (201 if verb == "create" else 200), shown(thing)


class Control(Server):
    def handle_any(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with lock:
            if self.path == "/config":
                # Added, so that tests that run side by side do not take each other's away.
                for name, value in json.loads(raw).items():
                    if isinstance(value, list): config[name].extend(value)
                    else: config[name] = value
            elif self.path == "/write":
                for thing in json.loads(raw):
                    plural = next(k[2] for k in KINDS if k[3] == thing["kind"])
                    meta = thing["metadata"]
                    key = (plural, meta.get("namespace", ""), meta["name"])
                    write("patch" if key in objects else "create", plural, thing["kind"], key[1], key[2], thing, "strategic", False)
            elif self.path == "/delete":
                for plural, namespace, name in json.loads(raw): remove(plural, namespace, name)
            elif self.path == "/log": return self.answer(200, log)
            elif self.path == "/state":
                found = [dict(shown(o), plural=k[0], env=o.get("_env")) for k, o in sorted(objects.items(), key=lambda e: e[0])]
                return self.answer(200, found)
        self.answer(200, {})
    do_GET = do_POST = handle_any


class TLS(http.server.ThreadingHTTPServer):
    daemon_threads = True
    def __init__(self, address, handler, context):
        super().__init__(address, handler)
        self.context = context
    def finish_request(self, request, address):
        # In the connection's own thread: a client that says nothing holds up nobody.
        request.settimeout(60)
        try: secured = self.context.wrap_socket(request, server_side=True)
        except OSError: return
        self.RequestHandlerClass(secured, address, self)
    def handle_error(self, *_): pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[3], sys.argv[4])
write("create", "namespaces", "Namespace", "", "default", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}, "", False)
threading.Thread(target=tick, daemon=True).start()
control = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Control)
control.daemon_threads = True
threading.Thread(target=control.serve_forever, daemon=True).start()
TLS(("127.0.0.1", int(sys.argv[1])), Server, context).serve_forever()
