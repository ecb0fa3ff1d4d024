"""Where messages arrive: a webhook of Slack and a status page with the part of Statuspage's interface that a run uses. Each message is a line of FILE.

Usage: sinks.py PORT KEY FILE
"""
import http.server, json, sys

port, key, path = sys.argv[1:4]
incidents = []


class Sink(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass

    def answer(self, code, body):
        raw = body.encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def keep(self, channel, text):
        with open(path, "a") as file: file.write(channel + " " + text.replace("\n", " ") + "\n")

    def handle_any(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        where = self.path.split("?")[0]
        if where == "/slack":
            self.keep("slack", json.loads(raw)["text"])
            return self.answer(200, "ok")
        if self.headers.get("Authorization") != "OAuth " + key: return self.answer(401, "{}")
        if self.command == "GET": return self.answer(200, json.dumps(incidents))
        incident = json.loads(raw)["incident"]
        self.keep("status-page", incident.get("body", ""))
        if self.command == "POST":
            incidents.insert(0, dict(incident, id="incident%d" % len(incidents)))
            return self.answer(201, json.dumps(incidents[0]))
        found = next(i for i in incidents if where.endswith("/" + i["id"]))
        found.update(incident)
        self.answer(200, json.dumps(found))

    do_GET = do_POST = do_PUT = handle_any


http.server.HTTPServer(("127.0.0.1", int(port)), Sink).serve_forever()
