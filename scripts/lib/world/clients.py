"""Those who use SIE and know nothing of its recovery. All of them know only the name api.sie.example.

Usage: clients.py front NAMES-PORT SERVICE-PORT PORT     resolves the name as a resolver does (for its time to live), and passes requests on from PORT
       clients.py writer URL FROM                        POSTs keys from FROM on; a line each: asked, answered, key or `failed`, what was answered
       clients.py reader URL                             GETs the newest key; the same lines
       clients.py monitor URL FAILING                    ends when URL/ready has failed for FAILING seconds, asked twice a second
"""
import http.client, http.server, subprocess, sys, time, urllib.parse

role = sys.argv[1]


def ask(url, method, path, body=None, patience=2.0):
    """Status and text; 0 where nobody answers."""
    where = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=patience)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException) as error: return 0, type(error).__name__
    finally: connection.close()


class Front(http.server.BaseHTTPRequestHandler):
    known = ("", 0.0)
    def log_message(self, *_): pass

    def address(self):
        address, until = Front.known
        if time.time() < until: return address
        dig = ["dig", "+noall", "+answer", "+time=1", "+tries=1", "@127.0.0.1", "-p", sys.argv[2], "api.sie.example", "A"]
        answers = [line.split() for line in subprocess.run(dig, capture_output=True, text=True).stdout.splitlines()]
        found = next((a[4] for a in answers if len(a) == 5 and a[3] == "A"), "")
        Front.known = (found, time.time() + min((float(a[1]) for a in answers if len(a) == 5), default=0))
        return found

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        address = self.address()
        status, text = ask("http://%s:%s" % (address, sys.argv[3]), self.command, self.path, body) if address else (0, "no address")
        raw = text.encode()
        self.send_response(status or 502)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = handle_any


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    def handle_error(self, *_): pass


def say(*words): print(*words, flush=True)


if role == "front": Server(("127.0.0.1", int(sys.argv[4])), Front).serve_forever()
elif role == "monitor":
    since = None
    while since is None or time.time() - since < float(sys.argv[3]):
        time.sleep(0.5)
        if ask(sys.argv[2], "GET", "/ready", patience=1.0)[0] == 200: since = None
        elif since is None: since = time.time()
else:
    key = int(sys.argv[3]) if role == "writer" else 0
    while True:
        asked = time.time()
        if role == "writer":
            key += 1
            status, text = ask(sys.argv[2], "POST", "/insights", str(key))
            say("%.3f %.3f %s %d" % (asked, time.time(), key if status == 201 else "failed", status))
        else:
            status, text = ask(sys.argv[2], "GET", "/insights")
            say("%.3f %.3f %s %d" % (asked, time.time(), "read" if status == 200 else "failed", status))
        time.sleep(0.03)
