"""A small REST API of widgets and machines, with what real ones have: keys that make a second
request harmless, names that are taken, pages, work that takes a while, tokens, and bad days.

Widgets are there at once.  Machines are built while one looks at them.  `Shop.faults` says what
goes wrong, `Shop.log` what was asked.
"""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

HTML = "<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"


class Fault:
    """
    What the next `count` requests get whose "METHOD /path" the pattern fits: `status` with `body`
    (a text, or what becomes JSON), or with `lose` no answer at all; `done`: after the work.
    """

    def __init__(self, pattern, status=500, body=None, **more):
        self.pattern, self.status, self.body = re.compile(pattern), status, body
        self.count = more.get("count", 1)
        self.lose, self.done = more.get("lose", False), more.get("done", False)
        self.headers = more.get("headers", {})

    def fits(self, what):
        if self.count < 1 or not self.pattern.search(what):
            return False
        self.count -= 1
        return True


class Refused(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Shop:
    """The state of the shop and its server; `url` is where it is."""

    def __init__(self, token=None, looks=2, page=2):
        self.token, self.looks, self.page = token, looks, page
        self.things = {"widgets": {}, "machines": {}}
        self.faults, self.log, self.serial = [], [], 0
        self.lock = threading.RLock()
        bound = type("Bound", (Handler,), {"shop": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def widget(self, name):
        return next((w for w in self.things["widgets"].values() if w["name"] == name), None)

    def asked(self, pattern):
        """How many requests fit."""
        return sum(1 for what, _ in self.log if re.search(pattern, what))

    # --- what can be done ---

    def answer(self, method, path, query, body):
        """(status, what becomes JSON) of a request."""
        kind, thing, verb = (path.strip("/").split("/") + [None, None])[:3]
        if kind not in self.things:
            raise Refused(404, "NoSuchPath", f"there is nothing at {path}")
        if thing is None:
            return self.make(kind, body) if method == "POST" else self.list(kind, query)
        if thing not in self.things[kind]:
            raise Refused(404, "NotFound", f"no {kind[:-1]} has the id {thing}")
        if verb:
            return self.act(kind, thing, verb, body)
        return {"GET": self.show, "PATCH": self.change, "DELETE": self.drop}[method](
            kind, thing, body)

    def make(self, kind, body):
        things = self.things[kind]
        key = body.pop("key", None)
        for thing in things.values():
            if key and thing["key"] == key:
                return 200, self.shown(thing)
            if thing["name"] == body.get("name"):
                raise Refused(409, "NameTaken", f"the name {thing['name']} is taken")
        if not body.get("name"):
            raise Refused(422, "Invalid", "a name is wanted")
        self.serial += 1
        made = {"id": f"{kind[0]}-{self.serial}", "key": key, "size": "1", "labels": {}, **body}
        made["state"] = "building" if kind == "machines" else "ready"
        made["looks"] = self.looks
        things[made["id"]] = made
        return 201, self.shown(made)

    @staticmethod
    def shown(thing):
        """As the API shows it: numbers as text, and no password."""
        out = {k: v for k, v in thing.items() if k not in ("key", "looks", "password")}
        out["size"] = str(out["size"])
        return out

    def list(self, kind, query):
        found = [t for t in self.things[kind].values()
                 if all(str(t.get(k)) == v for k, v in query.items() if k != "after")]
        start = int(query.get("after", 0))
        page = found[start:start + self.page]
        more = {"next": str(start + self.page)} if start + self.page < len(found) else {}
        return 200, {"items": [self.shown(t) for t in page], **more}

    def show(self, kind, thing, _):
        it = self.things[kind][thing]
        if it["state"] in ("building", "leaving"):
            it["looks"] -= 1
            if it["looks"] < 1 and it["state"] == "leaving":
                del self.things[kind][thing]
                raise Refused(404, "NotFound", "it has left")
            if it["looks"] < 1:
                it["state"] = "broken" if it.get("model") == "lemon" else "ready"
        return 200, self.shown(it)

    def change(self, kind, thing, body):
        it = self.things[kind][thing]
        if it["state"] == "building":
            raise Refused(409, "Busy", "it is being built")
        it.update(body)
        return 200, self.shown(it)

    def drop(self, kind, thing, _):
        if kind == "machines":
            self.things[kind][thing].update(state="leaving", looks=self.looks)
            return 202, None
        del self.things[kind][thing]
        return 204, None

    def act(self, kind, thing, verb, body):
        if verb != "paint":
            raise Refused(404, "NoSuchPath", verb)
        self.things[kind][thing]["color"] = body["color"]
        return 200, {"painted": body["color"]}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shop = None

    def log_message(self, *_):
        pass

    def reply(self, status, body, headers=()):
        text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if text.startswith("<") else
                         "application/json")
        self.send_header("X-Request-Id", f"req-{len(self.shop.log)}")
        for name, value in dict(headers).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if status != 204:
            self.wfile.write(data)

    def lose(self):
        """The connection ends without an answer."""
        self.close_connection = True
        self.connection.shutdown(2)

    def work(self, url, body):
        shop = self.shop
        if shop.token and self.headers.get("Authorization") != f"Bearer {shop.token}":
            echo = self.headers.get("Authorization", "nothing")
            raise Refused(401, "Unauthorized", f"'{echo}' is not the token")
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        return shop.answer(self.command, unquote(url.path), query, body)

    def serve(self):
        url, shop = urlsplit(self.path), self.shop
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        what = f"{self.command} {url.path}"
        with shop.lock:
            shop.log.append((what, raw.decode()))
            fault = next((f for f in shop.faults if f.fits(what)), None)
            try:
                done = None if fault and not fault.done else \
                    self.work(url, json.loads(raw) if raw else {})
            except Refused as why:
                done = why.status, {"error": {"code": why.code, "message": why.message}}
        if fault and fault.lose:
            self.lose()
        elif fault:
            self.reply(fault.status, fault.body, fault.headers)
        else:
            self.reply(*done)

    do_GET = do_POST = do_PATCH = do_DELETE = serve
