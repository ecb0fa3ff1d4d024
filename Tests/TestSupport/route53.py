"""A stand-in for Amazon Route 53, for tests. It is NOT Route 53, and it is ours: none can be installed where these tests run.

Written from the published description (Amazon Route 53 API Reference, version 2013-04-01; Developer Guide; "Create a signed AWS API request"), as far as
sie-dr uses it: ListResourceRecordSets, ChangeResourceRecordSets, GetChange, ListHostedZonesByName. Signatures are checked by code of its own, not by sie-dr's.
Batches are applied whole or not at all; a DELETE must name exactly what is there, a CREATE what is not. A change is PENDING for a while and INSYNC then.
It answers no DNS. Whoever finds a difference to the real service: please report it.

Known differences: one account, one access key; sets are not looked up by resolvers, so weights and health checks choose nothing; ids of health checks need not
exist; limits are those of one batch (1000 changes, 32000 characters); `UPSERT` is not taken, since sie-dr never sends it.

    route53.py PORT ACCESS SECRET [--token TOKEN] ID=ZONE...     (ID=ZONE! for a private zone)

For tests only, unsigned: GET /_test/sets, /_test/log; POST /_test/batch/ID (a ChangeBatch, as by another hand), /_test/faults (JSON: see `Faults`).
"""
import hashlib, hmac, json, os, re, sys, threading, time
import xml.etree.ElementTree as ET
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, unquote, urlsplit

PORT, ACCESS, SECRET = int(sys.argv[1]), sys.argv[2], sys.argv[3]
ARGUMENTS = sys.argv[4:]
TOKEN = ARGUMENTS[ARGUMENTS.index("--token") + 1] if "--token" in ARGUMENTS else None
NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
lock = threading.RLock()


class Problem(Exception):
    def __init__(self, status, code, message, batch=False):
        self.status, self.code, self.message, self.batch = status, code, message, batch


# Zones and their sets.

class Zone:
    def __init__(self, number, name, private):
        self.id, self.name, self.private, self.sets = number, name.rstrip(".").lower() + ".", private, {}
        soa = "ns-1.awsdns-01.org. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 5"
        for kind, ttl, values in (("NS", "172800", ["ns-1.awsdns-01.org."]), ("SOA", "900", [soa])):
            self.sets[(self.name, kind, None)] = {"Name": self.name, "Type": kind, "TTL": ttl, "ResourceRecords": values}


zones = {}
for word in ARGUMENTS:
    if "=" in word:
        number, name = word.split("=", 1)
        zones[number] = Zone(number, name.rstrip("!"), name.endswith("!"))
changes = {}
log = []

SIMPLE = ["Name", "Type", "SetIdentifier", "Weight", "Region", "Failover", "MultiValueAnswer", "TTL", "HealthCheckId"]
ORDER = ["Name", "Type", "SetIdentifier", "Weight", "Region", "Failover", "MultiValueAnswer", "TTL", "ResourceRecords", "AliasTarget", "HealthCheckId"]
TYPES = {"A", "AAAA", "CNAME", "MX", "NS", "SOA", "TXT", "SRV", "CAA"}


def escaped(name):
    """Names are kept in lower case, with a dot at the end, and what is no letter, digit, `-`, `_` as three octal digits."""
    name = re.sub(r"\\(\d{3})", lambda found: chr(int(found.group(1), 8)), name)
    name = name.lower() if name.endswith(".") else name.lower() + "."
    return "".join(c if re.match(r"[a-z0-9_.\-]", c) else "\\%03o" % ord(c) for c in name)


def order(key):
    name, kind, identifier = key
    return (list(reversed(name.rstrip(".").split("."))), kind, identifier or "")


def read_set(element):
    found = {}
    for part in element:
        tag = part.tag.split("}")[-1]
        if tag == "ResourceRecords":
            found[tag] = [record.findtext("{*}Value") or "" for record in part]
        elif tag == "AliasTarget":
            found[tag] = {child.tag.split("}")[-1]: child.text or "" for child in part}
        elif tag in SIMPLE:
            found[tag] = part.text or ""
        else:
            raise Problem(400, "InvalidInput", "Invalid XML ; unknown element " + tag)
    if not found.get("Name") or found.get("Type") not in TYPES:
        raise Problem(400, "InvalidInput", "Invalid XML ; a set needs Name and Type")
    found["Name"] = escaped(found["Name"])
    return found


def key_of(item):
    return (item["Name"], item["Type"], item.get("SetIdentifier"))


def same(a, b):
    def essence(item):
        parts = {k: v for k, v in item.items()}
        if "ResourceRecords" in parts:
            parts["ResourceRecords"] = sorted(parts["ResourceRecords"])
        return parts
    return essence(a) == essence(b)


def routing(item):
    return next((word for word in ("Weight", "Failover", "Region", "MultiValueAnswer") if word in item), None)


def label(item):
    text = "name='%s', type='%s'" % (item["Name"], item["Type"])
    return "[" + text + (", set identifier='%s'" % item["SetIdentifier"] if "SetIdentifier" in item else "") + "]"


def check_new(zone, sets, item):
    """What the Developer Guide says of values; each fault as a sentence."""
    if item["Name"] != zone.name and not item["Name"].endswith("." + zone.name):
        return "RRSet with DNS name %s is not permitted in zone %s" % (item["Name"], zone.name)
    if ("AliasTarget" in item) == ("ResourceRecords" in item):
        return "Invalid request: expected exactly one of ResourceRecords or AliasTarget " + label(item)
    if "ResourceRecords" in item:
        if not re.fullmatch(r"\d{1,10}", item.get("TTL", "")) or int(item["TTL"]) > 2147483647:
            return "Invalid request: missing or wrong TTL " + label(item)
        for value in item["ResourceRecords"]:
            if item["Type"] == "A" and not re.fullmatch(r"(\d{1,3}\.){3}\d{1,3}", value):
                return "Value is not a valid IPv4 address: '%s'" % value
            if item["Type"] == "TXT":
                if len(value) > 4000:
                    return "CharacterStringTooLong (Value is too long)"
                rest = re.sub(r'"(?:[^"\\]|\\.)*"', lambda found: "!" * (len(re.sub(r"\\(\d{3}|.)", "x", found.group(0))) > 257), value)
                if rest.strip(" "):
                    return "InvalidCharacterString (Value should be enclosed in quotation marks, each text of at most 255 characters)"
        if item["Type"] == "CNAME" and len(item["ResourceRecords"]) != 1:
            return "Invalid request: a CNAME has one value " + label(item)
    elif "TTL" in item:
        return "Invalid request: an alias has no TTL " + label(item)
    if ("SetIdentifier" in item) != (routing(item) is not None):
        return "Invalid request: a SetIdentifier needs a routing policy, and a routing policy a SetIdentifier " + label(item)
    if "Weight" in item and not (item["Weight"].isdigit() and int(item["Weight"]) <= 255):
        return "Invalid request: the weight must be 0 to 255 " + label(item)
    if item.get("Failover") not in (None, "PRIMARY", "SECONDARY"):
        return "Invalid request: wrong value of Failover " + label(item)
    if item["Type"] == "CNAME" and item["Name"] == zone.name:
        return "RRSet of type CNAME with DNS name %s is not permitted at apex in zone %s" % (item["Name"], zone.name)
    for other in sets.values():
        if other["Name"] != item["Name"]:
            continue
        if (other["Type"] == "CNAME") != (item["Type"] == "CNAME"):
            return "RRSet of type %s with DNS name %s is not permitted because a conflicting RRSet of type %s with the same DNS name already exists in zone %s" % (
                item["Type"], item["Name"], other["Type"], zone.name)
        if other["Type"] == item["Type"]:
            if routing(other) != routing(item):
                return "RRSet with DNS name %s, type %s, SetIdentifier %s cannot be created as a set with the same name and type and another routing policy exists" % (
                    item["Name"], item["Type"], item.get("SetIdentifier", "none"))
            if "Failover" in item and other["Failover"] == item["Failover"]:
                return "RRSet with DNS name %s, type %s cannot be created as a %s set exists" % (item["Name"], item["Type"], item["Failover"])
    return None


def apply(zone, element):
    """All or nothing, one after the other."""
    batch = element if element.tag.split("}")[-1] == "ChangeBatch" else element.find("{*}ChangeBatch")
    items = batch.findall("{*}Changes/{*}Change") if batch is not None else []
    if not items or len(items) > 1000:
        raise Problem(400, "InvalidInput", "Invalid XML ; a batch has 1 to 1000 changes")
    sets, faults = dict(zone.sets), []
    for item in items:
        action, wanted = item.findtext("{*}Action"), read_set(item.find("{*}ResourceRecordSet"))
        found = sets.get(key_of(wanted))
        if action == "DELETE":
            if found is None:
                faults.append("Tried to delete resource record set %s but it was not found" % label(wanted))
            elif not same(found, wanted):
                faults.append("Tried to delete resource record set %s but the values provided do not match the current values" % label(wanted))
            elif wanted["Type"] in ("NS", "SOA") and wanted["Name"] == zone.name:
                faults.append("A HostedZone must contain exactly one %s record" % wanted["Type"])
            else:
                del sets[key_of(wanted)]
        elif action == "CREATE":
            fault = "Tried to create resource record set %s but it already exists" % label(wanted) if found is not None else check_new(zone, sets, wanted)
            if fault:
                faults.append(fault)
            else:
                sets[key_of(wanted)] = wanted
        else:
            raise Problem(400, "InvalidInput", "Invalid XML ; no such action here: %s" % action)
    if faults:
        raise Problem(400, "InvalidChangeBatch", "[" + ", ".join(faults) + "]", batch=True)
    zone.sets = sets


# Signatures.

def hashed(data):
    return hashlib.sha256(data).hexdigest()


def keyed(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def check_signature(request, body):
    head = request.headers.get("Authorization", "")
    found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})", head)
    if not found:
        raise Problem(403, "MissingAuthenticationToken", "Missing Authentication Token")
    access, day, region, service, names, signature = found.groups()
    if access != ACCESS or request.headers.get("X-Amz-Security-Token") != TOKEN:
        raise Problem(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
    stamp = request.headers.get("X-Amz-Date", "")
    if service != "route53" or region != "us-east-1" or not re.fullmatch(r"\d{8}T\d{6}Z", stamp) or stamp[:8] != day:
        raise Problem(403, "SignatureDoesNotMatch", "Credential should be scoped to a valid region, service and date.")
    names = names.split(";")
    if names != sorted(names) or not {"host", "x-amz-date"} <= set(names) or (TOKEN and "x-amz-security-token" not in names):
        raise Problem(403, "IncompleteSignature", "host and x-amz-date must be signed, in order")
    told = request.headers.get("X-Amz-Content-Sha256")
    if told is not None and told != hashed(body):
        raise Problem(403, "SignatureDoesNotMatch", "The body is not the one that was signed.")
    parts = urlsplit(request.path)
    query = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in parse_qsl(parts.query, keep_blank_values=True))
    canonical = "\n".join([
        request.command, quote(parts.path, safe="/-_.~"), "&".join(k + "=" + v for k, v in query),
        "".join("%s:%s\n" % (n, " ".join((request.headers.get(n) or "").split())) for n in names), ";".join(names), hashed(body)])
    scope = "%s/%s/%s/aws4_request" % (day, region, service)
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashed(canonical.encode())])
    key = ("AWS4" + SECRET).encode()
    for word in (day, region, service, "aws4_request"):
        key = keyed(key, word)
    if not hmac.compare_digest(keyed(key, text).hex(), signature):
        # As the real one does, it repeats what it has computed: whoever prints that may print a session token.
        raise Problem(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. The Canonical String should have been '%s'" % canonical)
    at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()
    now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    if at < time.time() - 300:
        raise Problem(403, "SignatureDoesNotMatch", "Signature expired: %s is now earlier than %s" % (stamp, now))
    if at > time.time() + 300:
        raise Problem(403, "SignatureDoesNotMatch", "Signature not yet current: %s is still later than %s" % (stamp, now))


# Faults: a list of {"on": "list"|"change"|"get"|"zones"|"any", "do": one of those in `answer`, "times": how often, or all}.

class Faults:
    rules, pending = [], 0.3

    @classmethod
    def take(cls, operation):
        with lock:
            for rule in cls.rules:
                if rule["on"] in (operation, "any") and rule.get("times", 1 << 30) > 0:
                    rule["times"] = rule.get("times", 1 << 30) - 1
                    return rule["do"]
        return None


def text(tag, value):
    return "<%s>%s</%s>" % (tag, value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"), tag)


def written(item):
    out = ""
    for tag in ORDER:
        if tag not in item:
            continue
        if tag == "ResourceRecords":
            out += "<ResourceRecords>%s</ResourceRecords>" % "".join("<ResourceRecord>%s</ResourceRecord>" % text("Value", v) for v in item[tag])
        elif tag == "AliasTarget":
            out += "<AliasTarget>%s</AliasTarget>" % "".join(text(k, v) for k, v in item[tag].items())
        else:
            out += text(tag, item[tag])
    return "<ResourceRecordSet>%s</ResourceRecordSet>" % out


def document(name, inside):
    return '<?xml version="1.0"?>\n<%s xmlns="%s">%s</%s>' % (name, NAMESPACE, inside, name)


def info(number):
    at, until = changes[number]
    stamp = datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return "<ChangeInfo>%s%s%s</ChangeInfo>" % (
        text("Id", "/change/" + number), text("Status", "INSYNC" if time.time() >= until else "PENDING"), text("SubmittedAt", stamp))


def zone_of(number):
    if number not in zones:
        raise Problem(404, "NoSuchHostedZone", "No hosted zone found with ID: %s" % number)
    return zones[number]


def list_sets(zone, query):
    limit = min(int(query.get("maxitems", "300")), int(os.environ.get("STANDIN_PAGE", "300")))
    keys = sorted(zone.sets, key=order)
    if "name" in query:
        start = (escaped(query["name"]), query.get("type", ""), query.get("identifier"))
        keys = [key for key in keys if order(key) >= order(start)]
    page, rest = keys[:limit], keys[limit:]
    more = ""
    if rest:
        more = text("NextRecordName", rest[0][0]) + text("NextRecordType", rest[0][1]) + (text("NextRecordIdentifier", rest[0][2]) if rest[0][2] else "")
    return document("ListResourceRecordSetsResponse", "<ResourceRecordSets>%s</ResourceRecordSets>%s%s%s" % (
        "".join(written(zone.sets[key]) for key in page), text("IsTruncated", "true" if rest else "false"), more, text("MaxItems", str(limit))))


def list_zones(query):
    first = query.get("dnsname", "")
    found = sorted((z for z in zones.values() if order((z.name, "", "")) >= order((escaped(first), "", ""))), key=lambda z: (order((z.name, "", "")), z.id))
    inside = "".join("<HostedZone>%s%s%s<Config>%s</Config>%s</HostedZone>" % (
        text("Id", "/hostedzone/" + z.id), text("Name", z.name), text("CallerReference", "r" + z.id), text("PrivateZone", "true" if z.private else "false"),
        text("ResourceRecordSetCount", str(len(z.sets)))) for z in found)
    return document("ListHostedZonesByNameResponse", "<HostedZones>%s</HostedZones>%s%s%s" % (
        inside, text("DNSName", first), text("IsTruncated", "false"), text("MaxItems", "100")))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, body, kind="text/xml"):
        body = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self):
        self.close_connection = True
        self.connection.close()

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (OSError, ValueError):
            self.close_connection = True

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer()

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        if path.startswith("/_test/"):
            return self.test(path[7:], body)
        operation, run = self.route(path, dict(parse_qsl(parts.query)), body)
        with lock:
            log.append("%s %s" % (operation, self.path))
        fault = Faults.take(operation)
        try:
            check_signature(self, body)
            if fault in ("done-then-hang-up", "done-then-500"):
                run()
                return self.hang_up() if fault == "done-then-hang-up" else self.say(500, "")
            if fault == "hang-up":
                return self.hang_up()
            if fault == "slow":
                time.sleep(60)
            if fault == "500":
                raise Problem(500, "InternalFailure", "We encountered an internal error. Please try again.")
            if fault == "503":
                raise Problem(503, "ServiceUnavailable", "Service is unavailable")
            if fault == "throttle":
                raise Problem(400, "Throttling", "Rate exceeded")
            if fault == "prior":
                raise Problem(400, "PriorRequestNotComplete", "The request was rejected because Route 53 was still processing a prior request.")
            if fault == "deny":
                raise Problem(403, "AccessDenied", "User: arn:aws:iam::123456789012:user/dr is not authorized to perform: route53:%s" % operation)
            if fault == "expired":
                raise Problem(403, "ExpiredToken", "The security token included in the request is expired")
            if fault == "html":
                return self.say(200, "<html><body>Welcome</body></html>", "text/html")
            if fault == "html-error":
                return self.say(404, "not here", "text/plain")
            if fault == "empty":
                return self.say(200, "")
            if fault == "half":
                return self.say(200, run()[:-40])
            if fault == "huge":
                return self.say(200, "<a>" + "x" * (5 << 20) + "</a>")
            if fault == "repeats-secrets":
                raise Problem(400, "InvalidInput", "got %s %s" % (SECRET, TOKEN))
            if fault == "not-done":
                # Says that it has changed something, and has not.
                number = "CLIE%06d" % len(changes)
                changes[number] = (time.time(), time.time())
                return self.say(200, document("ChangeResourceRecordSetsResponse", info(number)))
            if fault == "forgotten":
                raise Problem(404, "NoSuchChange", "Could not find resource")
            if fault == "never-in-sync":
                return self.say(200, re.sub("INSYNC", "PENDING", run()))
            self.say(200, run())
        except Problem as problem:
            if problem.batch and os.environ.get("STANDIN_ERRORS") == "messages":
                return self.say(problem.status, document("InvalidChangeBatch", "<Messages>%s</Messages><RequestId>r</RequestId>" % text("Message", problem.message)))
            self.say(problem.status, document("ErrorResponse", "<Error>%s%s%s</Error><RequestId>r</RequestId>" % (
                text("Type", "Sender"), text("Code", problem.code), text("Message", problem.message))))

    def route(self, path, query, body):
        def change(number):
            zone = zone_of(number)
            try:
                element = ET.fromstring(body)
            except ET.ParseError:
                raise Problem(400, "InvalidInput", "Invalid XML")
            if element.tag != "{%s}ChangeResourceRecordSetsRequest" % NAMESPACE:
                raise Problem(400, "InvalidInput", "Invalid XML ; " + element.tag)
            with lock:
                apply(zone, element)
                number = "C%09d" % (len(changes) + 1)
                changes[number] = (time.time(), time.time() + Faults.pending)
                return document("ChangeResourceRecordSetsResponse", info(number))

        def get(number):
            if number not in changes:
                raise Problem(404, "NoSuchChange", "Could not find resource with ID: %s" % number)
            return document("GetChangeResponse", info(number))

        def nothing():
            raise Problem(404, "UnknownOperationException", "no such path")

        found = re.fullmatch(r"/2013-04-01/hostedzone/([A-Z0-9]+)/rrset/?", path)
        if found and self.command == "GET":
            return "list", lambda: list_sets(zone_of(found.group(1)), query)
        if found and self.command == "POST":
            return "change", lambda: change(found.group(1))
        if path == "/2013-04-01/hostedzonesbyname" and self.command == "GET":
            return "zones", lambda: list_zones(query)
        found = re.fullmatch(r"/2013-04-01/change/([A-Z0-9]+)", path)
        if found and self.command == "GET":
            return "get", lambda: get(found.group(1))
        return "unknown", nothing

    def test(self, what, body):
        with lock:
            if what == "sets":
                lines = [json.dumps({"zone": z.id, **z.sets[key]}, sort_keys=True) for z in zones.values() for key in sorted(z.sets, key=order) if key[1] not in ("NS", "SOA")]
                return self.say(200, "\n".join(lines), "text/plain")
            if what == "log":
                return self.say(200, "\n".join(log), "text/plain")
            if what == "faults":
                told = json.loads(body)
                Faults.rules, Faults.pending = told.get("rules", []), told.get("pending", 0.3)
                return self.say(200, "")
            try:
                apply(zones[what.split("/")[1]], ET.fromstring(body))
                self.say(200, "")
            except Problem as problem:
                self.say(problem.status, problem.message)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


Server(("127.0.0.1", PORT), Handler).serve_forever()
