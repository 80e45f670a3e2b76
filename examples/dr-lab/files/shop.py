#!/usr/bin/python3
"""shop CONFIG: an HTTP service that writes rows to PostgreSQL.

    POST /rows   {"Client": "c1", "Seq": 1, "Sent": SECONDS}   201 when the row is committed
    GET /rows    {"Region": ..., "Count": ...}
    GET /health  200 while rows can be written, else 503

Talks to PostgreSQL through libpq.  Started by root it becomes `nobody`.
"""

import ctypes
import ctypes.util
import json
import os
import pwd
import queue
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONNECTIONS = 8
OK, COMMAND_OK, TUPLES_OK = 0, 1, 2
INSERT = "insert into rows (client, seq, sent, region) values ($1, $2, to_timestamp($3), $4)"
WRITABLE = "select not pg_is_in_recovery() and not current_setting('transaction_read_only')::bool"

pq = ctypes.CDLL(ctypes.util.find_library("pq") or "libpq.so.5")
for name in ("PQconnectdb", "PQexecParams"):
    getattr(pq, name).restype = ctypes.c_void_p
for name in ("PQerrorMessage", "PQresultErrorMessage", "PQgetvalue"):
    getattr(pq, name).restype = ctypes.c_char_p


class Unavailable(Exception):
    """The database does not do it now."""


class Connection:
    def __init__(self, conninfo):
        self.conn = ctypes.c_void_p(pq.PQconnectdb(conninfo.encode()))
        if pq.PQstatus(self.conn) != OK:
            why = pq.PQerrorMessage(self.conn).decode(errors="replace").strip()
            self.close()
            raise Unavailable(why)

    def run(self, sql, *values):
        """Rows as lists of texts."""
        texts = (ctypes.c_char_p * len(values))(*(str(value).encode() for value in values))
        result = ctypes.c_void_p(pq.PQexecParams(self.conn, sql.encode(), len(values), None, texts,
                                                 None, None, 0))
        try:
            if pq.PQresultStatus(result) not in (COMMAND_OK, TUPLES_OK):
                raise Unavailable(pq.PQresultErrorMessage(result).decode(errors="replace").strip())
            return [[pq.PQgetvalue(result, row, column).decode()
                     for column in range(pq.PQnfields(result))]
                    for row in range(pq.PQntuples(result))]
        finally:
            pq.PQclear(result)

    def close(self):
        pq.PQfinish(self.conn)


class Pool:
    """So many connections at most; one that failed is closed."""

    def __init__(self, conninfo):
        self.conninfo, self.free = conninfo, queue.LifoQueue()
        for _ in range(CONNECTIONS):
            self.free.put(None)

    def run(self, sql, *values):
        try:
            conn = self.free.get(timeout=2)
        except queue.Empty:
            raise Unavailable("all connections are busy") from None
        try:
            conn = conn or Connection(self.conninfo)
            return conn.run(sql, *values)
        except Unavailable:
            if conn:
                conn.close()
            conn = None
            raise
        finally:
            self.free.put(conn)


class Handler(BaseHTTPRequestHandler):
    protocol_version, timeout, disable_nagle_algorithm = "HTTP/1.1", 30, True
    pool, region = None, None

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass

    def answer(self, status, **body):
        data = json.dumps({"Region": self.region, **body}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def carry_out(self, work):
        try:
            status, body = work()
        except Unavailable as why:
            status, body = 503, {"Error": str(why)}
        except (ValueError, KeyError, TypeError) as why:
            status, body = 400, {"Error": repr(why)}
        self.answer(status, **body)

    def health(self):
        if self.pool.run(WRITABLE) != [["t"]]:
            raise Unavailable("the database here is a standby")
        return 200, {}

    def count(self):
        (count,), = self.pool.run("select count(*) from rows")
        return 200, {"Count": int(count)}

    def add(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        self.pool.run(INSERT, body["Client"], int(body["Seq"]), float(body["Sent"]), self.region)
        return 201, {}

    def do_GET(self):  # pylint: disable=invalid-name
        works = {"/health": self.health, "/rows": self.count}
        self.carry_out(works.get(self.path, lambda: (404, {})))

    def do_POST(self):  # pylint: disable=invalid-name
        self.carry_out({"/rows": self.add}.get(self.path, lambda: (404, {})))


class Server(ThreadingHTTPServer):
    daemon_threads, allow_reuse_address, request_queue_size = True, True, 128


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        config = json.load(file)
    if os.geteuid() == 0:
        user = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    host, port = config["Database"].rsplit(":", 1)
    Handler.region = config["Region"]
    Handler.pool = Pool(
        f"host={host} port={port} user=shop dbname=shop password={config['Password']} "
        f"connect_timeout=2 tcp_user_timeout=2000 keepalives_idle=2 keepalives_interval=1 "
        f"keepalives_count=2 application_name={socket.gethostname()} "
        f"options='-c statement_timeout=2000'")
    Server((os.environ["ADDRESS"], int(config["Port"])), Handler).serve_forever(0.1)


if __name__ == "__main__":
    sys.exit(main())
