#!/usr/bin/python3
"""An API of one's own, for docs/writing-types.md: teams, and databases that take a while.

    OWN_API_TOKEN=... python3 api.py [PORT]        # on 127.0.0.1, port 8088; 0: any free one

Everything is JSON, everything wants "Authorization: Bearer TOKEN", and everything is forgotten when
it ends.  Errors are {"error": {"code": CODE, "message": TEXT}}.

    POST   /teams                {"name", "quota", "label"}: 201; 409 name_taken
    GET    /teams[?name=, label=, after=]   {"teams": [...], "next": ID or null}, two at a time
    GET    /teams/ID             200; 404 not_found
    PATCH  /teams/ID             {"quota"}
    DELETE /teams/ID             204; 409 team_in_use while it has databases
    POST   /databases            {"team", "name", "size"}: 202 and "state": "creating"; the same
                                 Idempotency-Key again gives the same database
    GET    /databases[?team=, name=, key=]  {"databases": [...]}
    GET    /databases/ID         "state": creating, ready, resizing, deleting, failed
    PATCH  /databases/ID         {"size"}: 202
    POST   /databases/ID/restart 200
    DELETE /databases/ID         202, and 404 when it is gone
"""

import itertools
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

PAGE = 2
WORK_S = 0.5
ROOM = 100


class Refusal(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code


class Store:
    """What there is; one lock around all of it."""

    def __init__(self):
        self.lock, self.numbers = threading.Lock(), itertools.count(1)
        self.teams, self.databases = {}, {}

    @staticmethod
    def get(things, ident, what):
        if ident not in things:
            raise Refusal(404, "not_found", f"there is no {what} {ident}")
        return things[ident]

    # Teams

    def add_team(self, wish, _key):
        if not wish.get("name"):
            raise Refusal(422, "invalid", "a team needs a name")
        if any(team["name"] == wish["name"] for team in self.teams.values()):
            raise Refusal(409, "name_taken", f"there is a team called {wish['name']}")
        team = {"id": f"team-{next(self.numbers)}", "name": wish["name"],
                "quota": wish.get("quota", 10), "label": wish.get("label", "")}
        self.teams[team["id"]] = team
        return 201, team

    def list_teams(self, query):
        after = query.pop("after", "")
        names = list(self.teams)
        start = names.index(after) + 1 if after in names else 0
        found = [team for team in list(self.teams.values())[start:]
                 if all(team.get(key) == value for key, value in query.items())]
        more = found[PAGE - 1]["id"] if len(found) > PAGE else None
        return 200, {"teams": found[:PAGE], "next": more}

    def change_team(self, ident, wish):
        team = self.get(self.teams, ident, "team")
        used = sum(db["size"] for db in self.databases.values() if db["team"] == ident)
        if wish.get("quota", used) < used:
            raise Refusal(422, "invalid", f"{used} GB are in use already")
        team.update(wish)
        return 200, team

    def remove_team(self, ident):
        self.get(self.teams, ident, "team")
        self.settle()
        if any(db["team"] == ident for db in self.databases.values()):
            raise Refusal(409, "team_in_use", f"{ident} still has databases")
        del self.teams[ident]
        return 204, None

    # Databases: what was asked for is done WORK_S later.

    def settle(self):
        now = time.monotonic()
        for ident, db in list(self.databases.items()):
            if db["due"] is None or now < db["due"]:
                continue
            db["due"] = None
            if db["state"] == "deleting":
                del self.databases[ident]
            elif db["size"] > ROOM:
                db.update(state="failed", reason=f"there is no room for {db['size']} GB")
            else:
                db.update(state="ready", address=f"{db['name']}.db.example.net:5432")

    @staticmethod
    def shown(db):
        return {key: value for key, value in db.items() if key != "due"}

    def begin(self, db, state):
        db.update(state=state, due=time.monotonic() + WORK_S)
        return 202, self.shown(db)

    def add_database(self, wish, key):
        for db in self.databases.values():
            if key and db["key"] == key:
                return 202, self.shown(db)
        team = self.get(self.teams, wish.get("team"), "team")
        db = {"id": f"db-{next(self.numbers)}", "team": team["id"], "name": wish["name"],
              "size": wish["size"], "key": key, "restarts": 0}
        self.databases[db["id"]] = db
        return self.begin(db, "creating")

    def list_databases(self, query):
        self.settle()
        return 200, {"databases": [
            self.shown(db) for db in self.databases.values()
            if all(db.get(key) == value for key, value in query.items())]}

    def get_database(self, ident):
        self.settle()
        return 200, self.shown(self.get(self.databases, ident, "database"))

    def change_database(self, ident, wish):
        self.settle()
        db = self.get(self.databases, ident, "database")
        db["size"] = wish["size"]
        return self.begin(db, "resizing")

    def restart_database(self, ident):
        self.settle()
        db = self.get(self.databases, ident, "database")
        db["restarts"] += 1
        return 200, self.shown(db)

    def remove_database(self, ident):
        self.settle()
        return self.begin(self.get(self.databases, ident, "database"), "deleting")


class Api(BaseHTTPRequestHandler):
    protocol_version, wbufsize = "HTTP/1.1", -1

    def answer(self, store, method, path, query, wish):
        key = self.headers.get("Idempotency-Key", "")
        match (method, *path):
            case "POST", "teams":
                return store.add_team(wish, key)
            case "GET", "teams":
                return store.list_teams(query)
            case "GET", "teams", ident:
                return 200, store.get(store.teams, ident, "team")
            case "PATCH", "teams", ident:
                return store.change_team(ident, wish)
            case "DELETE", "teams", ident:
                return store.remove_team(ident)
            case "POST", "databases":
                return store.add_database(wish, key)
            case "GET", "databases":
                return store.list_databases(query)
            case "GET", "databases", ident:
                return store.get_database(ident)
            case "PATCH", "databases", ident:
                return store.change_database(ident, wish)
            case "POST", "databases", ident, "restart":
                return store.restart_database(ident)
            case "DELETE", "databases", ident:
                return store.remove_database(ident)
        raise Refusal(404, "not_found", "there is nothing like that here")

    def serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        wish = json.loads(self.rfile.read(length) or b"null")
        url = urlsplit(self.path)
        try:
            if self.headers.get("Authorization") != f"Bearer {self.server.token}":
                raise Refusal(401, "unauthorized", "this is not the token")
            with self.server.store.lock:
                status, body = self.answer(self.server.store, self.command,
                                           url.path.strip("/").split("/"),
                                           dict(parse_qsl(url.query)), wish)
        except Refusal as refusal:
            status, body = refusal.status, {"error": {"code": refusal.code,
                                                      "message": str(refusal)}}
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_DELETE = serve


def main():
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8088),
                                 Api)
    server.store, server.token = Store(), os.environ["OWN_API_TOKEN"]
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
