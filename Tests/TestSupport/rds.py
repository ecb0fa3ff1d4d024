"""A stand-in for the API of Amazon RDS, for tests. It is ours, and NOT Amazon's: RDS cannot be had where these tests run.

Written from the published API description (Amazon RDS API Reference, version 2014-10-31: the Query protocol, its actions, answers, status and error codes, and
"Signature Version 4 signing process"), as far as sie-dr uses it: DescribeDBInstances, DescribeDBInstanceAutomatedBackups, DescribeDBSnapshots,
RestoreDBInstanceToPointInTime, DeleteDBInstance. There is no database behind its addresses. Signatures are computed anew here, by the standard library's
HMAC, from what arrived. Whoever finds a difference to Amazon's: please report it.

Known differences: an instance is made within a second instead of within twenty minutes; who may do what is a list of denied actions.

    python3 rds.py PORT     answers on 127.0.0.1; the key is that of KEY and SECRET below

The tests themselves, not sie-dr, use two paths that Amazon does not have: PUT /test takes JSON whose members are laid over `world`; GET /test gives it back,
with the requests that came.
"""
import hashlib, hmac, json, re, sys, threading, time, urllib.parse
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

KEY, SECRET = "AKIDRDSTEST", "rds-canary-secret-5f0c"
lock = threading.RLock()

# What there is, and how it behaves. Ages are in seconds before now; how long something takes is in milliseconds.
world = {
    "region": "us-east-1",
    # identifier: { resource, status, class, engine, version, storage, retention, lag, age, multiAZ, protected, tags, subnetGroup, groups, restoredTo }
    "instances": {},
    # identifier: { resource, status, retention, earliest, latest }, of instances that are gone; those of living ones follow from them.
    "retained": {},
    # [{ id, instance, type, status, age }]
    "snapshots": [],
    "creating": 200,
    "backingUp": 200,
    "deleting": 200,
    # Faults, by action.
    "slow": {},         # milliseconds before the answer
    "fail": {},         # [status, code, message, how often], before anything is done
    "drop": {},         # how often: does it, and closes the connection without an answer
    "garbage": {},      # true: something that is no XML
    "denied": [],       # actions that the key may not do
    # How a restored instance ends up; "creating" keeps it there.
    "ends": "available",
    "noAddress": False,   # available, and without an endpoint
    "forgetsTags": False, # takes tags and keeps none
    "otherAnswer": False, # answers a question for one instance with another one
    "pageSize": 100,
    "endlessPages": False,
    "skew": 0,          # its clock, ahead by so many seconds
    "requests": [],
}


def now():
    return datetime.now(timezone.utc) + timedelta(seconds=world["skew"])


def ticks():
    return time.monotonic_ns() // 1_000_000


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{moment.microsecond // 1000:03}Z"


def before(seconds):
    return now() - timedelta(seconds=seconds)


class Problem(Exception):
    def __init__(self, status, code, message):
        self.status, self.code, self.message = status, code, message


def signature_of(method, path, query, headers, body):
    """Checks that of a request; raises a Problem where it is not right."""
    given = headers.get("authorization", "")
    match = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})", given)
    if not match:
        raise Problem(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
    key, day, region, service, names, signature = match.groups()
    if key != KEY:
        raise Problem(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
    date = headers.get("x-amz-date", "")
    if region != world["region"] or service != "rds" or date[:8] != day:
        raise Problem(403, "SignatureDoesNotMatch", f"Credential should be scoped to a valid region, service and day, not {region}/{service}/{day}.")
    signed = names.split(";")
    if "host" not in signed or "x-amz-date" not in signed:
        raise Problem(403, "SignatureDoesNotMatch", "'Host' and 'X-Amz-Date' must be signed headers.")
    lines = "".join(f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in signed)
    pairs = sorted((urllib.parse.quote(k, safe="-_.~"), urllib.parse.quote(v, safe="-_.~")) for k, v in urllib.parse.parse_qsl(query, keep_blank_values=True))
    canonical = "\n".join([method, path or "/", "&".join(f"{k}={v}" for k, v in pairs), lines, names, hashlib.sha256(body).hexdigest()])
    scope = f"{day}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    secret = ("AWS4" + SECRET).encode()
    for part in (day, region, service, "aws4_request"):
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(hmac.new(secret, text.encode(), hashlib.sha256).hexdigest(), signature):
        raise Problem(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
    made = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    if abs((now() - made).total_seconds()) > 300:
        raise Problem(403, "SignatureDoesNotMatch", f"Signature expired: {date} is now earlier than {now().strftime('%Y%m%dT%H%M%SZ')} - 5 min.")


# Instances in time.


def progress():
    """Brings states up to date."""
    for name, it in list(world["instances"].items()):
        since = ticks() - it.get("since", 0)
        if it["status"] == "creating" and "since" in it and world["ends"] != "creating" and since > world["creating"]:
            it["status"], it["since"] = ("backing-up", ticks()) if world["ends"] == "available" else (world["ends"], ticks())
        elif it["status"] == "backing-up" and "since" in it and since > world["backingUp"]:
            it["status"] = "available"
        elif it["status"] == "deleting" and since > world["deleting"]:
            del world["instances"][name]


def window(it):
    """The first and the last moment that can be restored; None where there is none."""
    if it.get("retention", 0) == 0:
        return None
    return before(min(it["retention"] * 86_400, it["age"])), before(it["lag"])


def found(name):
    it = next((it for known, it in world["instances"].items() if known == name.lower()), None)
    if it is None:
        raise Problem(404, "DBInstanceNotFound", f"DBInstance {name} not found.")
    return it


def xml(tag, content):
    """Members of a mapping become elements, a list becomes elements of the name that its tuple says."""
    if isinstance(content, dict):
        return f"<{tag}>" + "".join(xml(k, v) for k, v in content.items() if v is not None) + f"</{tag}>"
    if isinstance(content, tuple):
        name, items = content
        return f"<{tag}>" + "".join(xml(name, item) for item in items) + f"</{tag}>" if items else f"<{tag}/>"
    if isinstance(content, bool):
        content = "true" if content else "false"
    return f"<{tag}>{escape(str(content))}</{tag}>"


def shown(name, it):
    made = it["status"] not in ("creating",)
    reach = window(it)
    return {
        "DBInstanceIdentifier": name,
        "DBInstanceClass": it["class"],
        "Engine": it["engine"],
        "DBInstanceStatus": it["status"],
        "MasterUsername": "postgres",
        "Endpoint": {"Address": f"{name}.c9akciq32.{world['region']}.rds.amazonaws.com", "Port": 5432, "HostedZoneId": "Z2R2ITUGPM61AM"} if made and not world["noAddress"] else None,
        "AllocatedStorage": it["storage"],
        "InstanceCreateTime": stamp(before(it["age"])) if made else None,
        "BackupRetentionPeriod": it["retention"],
        "VpcSecurityGroups": ("VpcSecurityGroupMembership", [{"VpcSecurityGroupId": group, "Status": "active"} for group in it.get("groups", [])]),
        "DBSubnetGroup": {"DBSubnetGroupName": it["subnetGroup"]} if it.get("subnetGroup") else None,
        "LatestRestorableTime": stamp(reach[1]) if reach and made else None,
        "MultiAZ": it["multiAZ"],
        "EngineVersion": it["version"],
        "DbiResourceId": it["resource"],
        "DBInstanceArn": f"arn:aws:rds:{world['region']}:123456789012:db:{name}",
        "TagList": ("Tag", [{"Key": k, "Value": v} for k, v in it.get("tags", {}).items()]),
        "DeletionProtection": it["protected"],
    }


def paged(items, query):
    at = int(query.get("Marker") or 0)
    most = min(int(query.get("MaxRecords", 100)), world["pageSize"])
    if not 20 <= int(query.get("MaxRecords", 100)) <= 100:
        raise Problem(400, "InvalidParameterValue", "MaxRecords must be from 20 to 100")
    more = at + most if at + most < len(items) else None
    if world["endlessPages"]:
        return items[:most], 0
    return items[at : at + most], more


def describe_instances(query):
    name = query.get("DBInstanceIdentifier")
    items = [(name.lower(), found(name))] if name else sorted(world["instances"].items())
    if world["otherAnswer"]:
        items = [("another-one", it) for _, it in items]
    page, marker = paged(items, query)
    return {"DBInstances": ("DBInstance", [shown(*item) for item in page]), "Marker": marker}


def automated_backups(query):
    name, resource = query.get("DBInstanceIdentifier"), query.get("DbiResourceId")
    items = []
    for known, it in sorted(world["instances"].items()):
        reach = window(it)
        if reach and it["status"] != "creating":
            items.append({"DBInstanceIdentifier": known, "DbiResourceId": it["resource"], "Status": "active", "BackupRetentionPeriod": it["retention"],
                          "RestoreWindow": {"EarliestTime": stamp(reach[0]), "LatestTime": stamp(reach[1])}})
    for known, it in sorted(world["retained"].items()):
        items.append({"DBInstanceIdentifier": known, "DbiResourceId": it["resource"], "Status": it.get("status", "retained"), "BackupRetentionPeriod": it["retention"],
                      "RestoreWindow": {"EarliestTime": stamp(before(it["earliest"])), "LatestTime": stamp(before(it["latest"]))}})
    items = [it for it in items if name in (None, it["DBInstanceIdentifier"]) and resource in (None, it["DbiResourceId"])]
    if resource and not items:
        raise Problem(404, "DBInstanceAutomatedBackupNotFound", "No automated backup for this DB instance was found.")
    page, marker = paged(items, query)
    return {"DBInstanceAutomatedBackups": ("DBInstanceAutomatedBackup", page), "Marker": marker}


def describe_snapshots(query):
    name, kind = query.get("DBInstanceIdentifier"), query.get("SnapshotType")
    items = [it for it in world["snapshots"] if name in (None, it["instance"]) and kind in (None, it["type"])]
    page, marker = paged(items, query)
    return {"DBSnapshots": ("DBSnapshot", [{
        "DBSnapshotIdentifier": it["id"], "DBInstanceIdentifier": it["instance"], "SnapshotCreateTime": stamp(before(it["age"])) if it["status"] == "available" else None,
        "Status": it["status"], "SnapshotType": it["type"]} for it in page]), "Marker": marker}


def restore(query):
    target = query.get("TargetDBInstanceIdentifier", "")
    if not re.fullmatch(r"[A-Za-z](?:-?[A-Za-z0-9]+){0,62}", target):
        raise Problem(400, "InvalidParameterValue", "Invalid database identifier")
    if target.lower() in world["instances"]:
        raise Problem(400, "DBInstanceAlreadyExists", "DB Instance already exists")
    source = query.get("SourceDBInstanceIdentifier")
    if source:
        it = found(source)
        if it["status"] == "deleting":
            raise Problem(400, "InvalidDBInstanceState", "The source is not in an available state.")
        reach, resource = window(it), it["resource"]
    else:
        resource = query.get("SourceDbiResourceId")
        it = next((it for it in world["retained"].values() if it["resource"] == resource), None)
        if it is None:
            raise Problem(404, "DBInstanceAutomatedBackupNotFound", "No automated backup for this DB instance was found.")
        reach = before(it["earliest"]), before(it["latest"])
    if reach is None:
        raise Problem(400, "PointInTimeRestoreNotEnabled", "Point In Time Restore is not enabled for this instance.")
    latest, moment = query.get("UseLatestRestorableTime") == "true", query.get("RestoreTime")
    if latest == bool(moment):
        raise Problem(400, "InvalidParameterCombination", "Specify either RestoreTime or UseLatestRestorableTime")
    time_asked = reach[1] if latest else datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    if not reach[0] <= time_asked <= reach[1]:
        raise Problem(400, "InvalidRestoreFault", "The specified time is not within the restorable window.")
    if query.get("DBSubnetGroupName") == "no-such-group":
        raise Problem(404, "DBSubnetGroupNotFoundFault", "DBSubnetGroup no-such-group not found.")
    tags = {query[f"Tags.Tag.{n}.Key"]: query[f"Tags.Tag.{n}.Value"] for n in range(1, 51) if f"Tags.Tag.{n}.Key" in query}
    for key in tags:
        if len(key) > 128 or not re.fullmatch(r"[\w\s+=.:/@-]*", key) or not re.fullmatch(r"[\w\s+=.:/@-]{0,256}", tags[key]):
            raise Problem(400, "InvalidParameterValue", "a tag is not allowed")
    world["instances"][target.lower()] = {
        "resource": "db-" + hashlib.sha256(f"{target}{time.time()}".encode()).hexdigest()[:26].upper(), "status": "creating", "since": ticks(),
        "class": query.get("DBInstanceClass", it.get("class", "db.t3.medium")), "engine": it.get("engine", "postgres"), "version": it.get("version", "16.4"),
        "storage": it.get("storage", 100), "retention": it["retention"], "lag": 60, "age": 0, "multiAZ": query.get("MultiAZ") == "true", "protected": False,
        "tags": {} if world["forgetsTags"] else tags, "subnetGroup": query.get("DBSubnetGroupName"),
        "groups": [query[f"VpcSecurityGroupIds.VpcSecurityGroupId.{n}"] for n in range(1, 20) if f"VpcSecurityGroupIds.VpcSecurityGroupId.{n}" in query],
        "restoredTo": stamp(time_asked), "from": resource,
    }
    return {"DBInstance": shown(target.lower(), world["instances"][target.lower()])}


def delete(query):
    it = found(query.get("DBInstanceIdentifier", ""))
    if it["status"] == "deleting":
        raise Problem(400, "InvalidDBInstanceState", "Instance is already being deleted.")
    if it["protected"]:
        raise Problem(400, "InvalidParameterCombination", "Cannot delete protected DB Instance, please disable deletion protection and try again.")
    if query.get("SkipFinalSnapshot") != "true" and not query.get("FinalDBSnapshotIdentifier"):
        raise Problem(400, "InvalidParameterCombination", "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
    it["status"], it["since"] = "deleting", ticks()
    return {"DBInstance": shown(query["DBInstanceIdentifier"].lower(), it)}


ACTIONS = {
    "DescribeDBInstances": describe_instances,
    "DescribeDBInstanceAutomatedBackups": automated_backups,
    "DescribeDBSnapshots": describe_snapshots,
    "RestoreDBInstanceToPointInTime": restore,
    "DeleteDBInstance": delete,
}
NAMESPACE = 'xmlns="http://rds.amazonaws.com/doc/2014-10-31/"'


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, body, kind="text/xml"):
        body = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", "b6f1c1f0-0000-4000-8000-000000000000")
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_GET(self):
        if self.path != "/test":
            return self.answer(b"")
        with lock:
            progress()
            self.say(200, json.dumps(world), "application/json")

    def do_PUT(self):
        with lock:
            world.update(json.loads(self.body()))
            self.say(200, "{}", "application/json")

    def do_POST(self):
        self.answer(self.body())

    def answer(self, body):
        path, _, query_text = self.path.partition("?")
        query = dict(urllib.parse.parse_qsl(body.decode() or query_text, keep_blank_values=True))
        action = query.get("Action", "")
        time.sleep(world["slow"].get(action, 0) / 1000)
        with lock:
            progress()
            world["requests"].append(query)
            try:
                signature_of(self.command, path, query_text, {k.lower(): v for k, v in self.headers.items()}, body)
                if query.get("Version") != "2014-10-31":
                    raise Problem(400, "NoSuchVersion", "The requested version is not valid.")
                if action not in ACTIONS:
                    raise Problem(400, "InvalidAction", f"Could not find operation {action} for version 2014-10-31")
                if action in world["denied"]:
                    raise Problem(403, "AccessDenied", f"User: arn:aws:iam::123456789012:user/dr is not authorized to perform: rds:{action} because no identity-based policy allows the rds:{action} action")
                fault = world["fail"].get(action)
                if fault and fault[3] > 0:
                    fault[3] -= 1
                    raise Problem(*fault[:3])
                result = xml(action + "Result", ACTIONS[action](query))
                status, text = 200, f"<{action}Response {NAMESPACE}>{result}<ResponseMetadata><RequestId>b6f1c1f0</RequestId></ResponseMetadata></{action}Response>"
            except Problem as problem:
                kind = "Sender" if problem.status < 500 else "Receiver"
                text = xml("Error", {"Type": kind, "Code": problem.code, "Message": problem.message})
                status, text = problem.status, f"<ErrorResponse {NAMESPACE}>{text}<RequestId>b6f1c1f0</RequestId></ErrorResponse>"
            if world["drop"].get(action, 0) > 0:
                world["drop"][action] -= 1
                self.close_connection = True
                return
        if world["garbage"].get(action):
            return self.say(200, "<html><body>It works!<br></body></html>", "text/html")
        self.say(status, '<?xml version="1.0" encoding="UTF-8"?>\n' + text)


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
