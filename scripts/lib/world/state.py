"""Writes down what is where: one file a system, the same text for the same contents.

Usage: state.py FOLDER OUT CONTROL-EAST CONTROL-WEST NAMES-PORT     (URLs of servers come from the environment)
"""
import hashlib, json, os, re, subprocess, sys, urllib.request
import psycopg2, redis

folder, out, control_east, control_west, names_port = sys.argv[1:6]


def digest(data): return hashlib.sha256(data).hexdigest()[:16]


def postgresql(url):
    """Role, rules of who may log in, and every database's dump, line by line sorted: rows lie in no order."""
    base = url.rsplit("/", 1)[0]
    try: connection = psycopg2.connect(base + "/template1", connect_timeout=2)
    except psycopg2.OperationalError as error: return ["does not answer" if "refused" in str(error) else "lets nobody in: %s" % error]
    with connection.cursor() as cursor:
        cursor.execute("select pg_is_in_recovery(), pg_read_file('pg_hba.conf')")
        is_replica, rules = cursor.fetchone()
        # A fence says in its first line which run has shut the server, and when.
        kept = [line for line in rules.splitlines() if not line.startswith("# sie-dr fence ")]
        lines = ["replica: %s; pg_hba.conf: %s" % (is_replica, digest("\n".join(kept).encode()))]
        cursor.execute("select datname from pg_database where datallowconn and datname not like 'template%' order by 1")
        names = [row[0] for row in cursor.fetchall()]
    connection.close()
    for name in names:
        done = subprocess.run(["pg_dump", "-d", base + "/" + name], capture_output=True)
        if done.returncode:  # Fenced, say: what is in it, nobody can see.
            lines.append("database %s: lets nobody in" % name)
            continue
        dump = done.stdout.split(b"\n")
        kept = sorted(line for line in dump if not re.match(rb"--|\\(un)?restrict|$", line))
        lines.append("database %s: %d lines, %s" % (name, len(kept), digest(b"\n".join(kept))))
    return lines


def queues(url):
    try: server = redis.Redis.from_url(url, socket_connect_timeout=2); server.ping()
    except redis.RedisError: return ["does not answer"]
    return sorted("%s: %s" % (key.decode(), digest(server.dump(key))) for key in server.keys("*"))


def cluster(control):
    try: state = json.load(urllib.request.urlopen("http://127.0.0.1:%s/state" % control, timeout=2))
    except OSError: return ["does not answer"]
    lines = []
    for thing in state:
        meta = thing["metadata"]
        if thing["plural"] == "pods":
            if not meta.get("deletionTimestamp"): lines.append("pod of %s with %s" % (meta["labels"].get("app"), digest(json.dumps(thing["env"], sort_keys=True).encode())))
            continue
        kept = {name: value for name, value in meta.items() if name not in ("resourceVersion", "uid", "creationTimestamp", "generation", "managedFields")}
        rest = {name: value for name, value in thing.items() if name not in ("metadata", "status", "env", "plural")}
        if "data" in rest: rest["data"] = {key: digest(value.encode()) for key, value in rest["data"].items()}
        lines.append("%s %s" % (thing["plural"], json.dumps({"metadata": kept, **rest}, sort_keys=True)))
    return sorted(lines)


def names():
    zone = subprocess.run(["dig", "+noall", "+answer", "+time=2", "@127.0.0.1", "-p", names_port, "sie.example", "AXFR"], capture_output=True, text=True).stdout
    # What `_sie-dr` says is whose change the last one was, and an undo takes that away.
    return sorted(set(" ".join(line.split()) for line in zone.splitlines() if not line.startswith("_sie-dr."))) or ["does not answer"]


def files(where):
    if not os.path.isdir(where): return ["is not there"]
    found = [os.path.join(at, name) for at, _, inside in os.walk(where) for name in inside if "/.git/" not in at + "/"]
    return sorted("%s %s" % (os.path.relpath(path, where), digest(open(path, "rb").read())) for path in found)


systems = {
    "pg-east": lambda: postgresql(os.environ["PG_EAST_URL"]), "pg-west": lambda: postgresql(os.environ["PG_WEST_URL"]), "pg-new": lambda: postgresql(os.environ["PG_NEW_URL"]),
    "redis-east": lambda: queues(os.environ["REDIS_EAST_URL"]), "redis-west": lambda: queues(os.environ["REDIS_WEST_URL"]),
    "k8s-east": lambda: cluster(control_east), "k8s-west": lambda: cluster(control_west), "names": names,
    "store-east": lambda: files(folder + "/store-east"), "store-west": lambda: files(folder + "/store-west"), "checkout": lambda: files(folder + "/checkout")}
os.makedirs(out)
for name, look in systems.items():
    with open("%s/%s" % (out, name), "w") as file: file.write("\n".join(look()) + "\n")
