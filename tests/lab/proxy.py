"""An HTTP proxy that does to requests what a network, a cloud and bad luck do.

    with FaultyProxy("http://127.0.0.1:5000") as proxy:       # in front of one server ...
        lost = proxy.add("lost", first=1, action="CreateVpc")
        proxy.add("black_hole", region="eu-west-1")
        proxy.add("throttled", first=3, service="ec2", method="POST")
        ...                                                   # requests to proxy.url
        assert lost.hits == 1
        assert not proxy.grep("hunter2")

    FaultyProxy()                                             # ... or what http_proxy names

Rules are asked in the order in which they were added; the first that matches and has hits left
wins, and what no rule matches goes through.  A rule matches by method, path (without query), host,
service, region (both out of the signature's credential scope), action (X-Amz-Target, or Action of a
form) - each a glob - and `where`, a function of the request.  `skip`: so many matches are let
through before; `first`: so many are hit; without it all.

As a program, for tests in C (ends when its standard input does):

    python3 tests/lab/proxy.py [--upstream URL] [--tls KIND --folder DIR] [--rules JSON]

prints its port; without an upstream it counts the work that is done and GET /done tells how much.
"""

import argparse
import base64
import json
import re
import socket
import socketserver
import ssl
import struct
import sys
import threading
from fnmatch import fnmatchcase
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "te",
              "trailer", "upgrade", "proxy-authorization", "proxy-authenticate"}
SCOPE = re.compile(r"Credential=([^/,]*)/\d{8}/([^/,]*)/([^/,]*)/aws4_request")
MATCHED = ("method", "path", "host", "service", "region", "action")
UPSTREAM_LIMIT_S = 60
HTML = ("<html>\r\n<head><title>{0}</title></head>\r\n"
        "<body><center><h1>{0}</h1></center></body></html>")


class Request:
    """One request as it came, and what its signature says."""

    def __init__(self, handler, body):
        url = urlsplit(handler.path)
        self.method, self.target, self.body = handler.command, handler.path, body
        self.headers = list(handler.headers.items())
        self.path = url.path or "/"
        self.host = (handler.path if self.method == "CONNECT"
                     else url.netloc or self.header("host") or "")
        scope = SCOPE.search(self.header("authorization") or "")
        self.access_key, self.region, self.service = scope.groups() if scope else ("", "", "")
        self.form = self._form()
        target = self.header("x-amz-target") or ""
        self.action = target.rpartition(".")[2] or self.form.get("Action", [""])[0]

    def _form(self):
        if "x-www-form-urlencoded" not in (self.header("content-type") or ""):
            return {}
        return parse_qs(self.body.decode(errors="replace"), keep_blank_values=True)

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name), None)

    def holds(self, text):
        """Whether the text is anywhere in the request, as it is or in HTTP's base 64."""
        head = "\n".join([f"{self.method} {self.target}",
                          *(f"{name}: {value}" for name, value in self.headers)])
        pair = re.search(r"^authorization: basic (\S+)", head, re.I | re.M)
        decoded = base64.b64decode(pair[1]).decode(errors="replace") if pair else ""
        return any(text in place for place in (head, self.body.decode(errors="replace"), decoded))

    def __repr__(self):
        return f"<{self.method} {self.target} {self.service}/{self.region} {self.action}>"


class Rule:
    """A fault and the requests it is for; `hits` counts those it was done to."""

    def __init__(self, fault, first=None, skip=0, where=None, **what):
        self.fault, self.first, self.skip, self.where = fault, first, skip, where
        self.match = {name: what.pop(name) for name in MATCHED if name in what}
        self.options, self.hits, self.seen = what, 0, 0
        unknown = set(what) - OPTIONS[fault]
        if unknown:
            raise TypeError(f"{fault} takes no {', '.join(sorted(unknown))}")

    def matches(self, request):
        return (all(fnmatchcase(getattr(request, name), glob)
                    for name, glob in self.match.items()) and
                (self.where is None or bool(self.where(request))))

    def takes(self, request):
        """Counts; the proxy holds its lock."""
        if self.first is not None and self.hits >= self.first or not self.matches(request):
            return False
        self.seen += 1
        if self.seen <= self.skip:
            return False
        self.hits += 1
        return True


# What can be done

def _latency(exchange, rule):
    exchange.proxy.wait(rule.options.get("seconds", 1))
    exchange.pass_on()


def _status(exchange, rule):
    options = rule.options
    status = options.get("status", 500)
    body = options.get("body", f'{{"message": "status {status}"}}')
    exchange.answer(status, body, options.get("type", "application/json"),
                    options.get("headers"))


def _html(exchange, rule):
    status = rule.options.get("status", 503)
    words = {500: "500 Internal Server Error", 502: "502 Bad Gateway",
             503: "503 Service Temporarily Unavailable"}.get(status, f"{status} Error")
    exchange.answer(status, HTML.format(words), "text/html; charset=utf-8")


def _throttled(exchange, _rule):
    exchange.answer(*throttling_of(exchange.asked))


def _server_error(exchange, _rule):
    exchange.answer(*server_error_of(exchange.asked))


def _reset(exchange, _rule):
    exchange.end(reset=True)


def _close(exchange, _rule):
    exchange.end()


def _lost(exchange, _rule):
    exchange.ask_upstream()
    exchange.end()


def _lost_reset(exchange, _rule):
    exchange.ask_upstream()
    exchange.end(reset=True)


def _truncated(exchange, rule):
    status, reason, headers, body = exchange.ask_upstream()
    kept = rule.options.get("keep", len(body) // 2)
    exchange.write(status, reason, headers, body[:kept], len(body))
    exchange.end()


def _hang_up(exchange, _rule):
    exchange.pass_on()
    exchange.end()


def _black_hole(exchange, _rule):
    exchange.swallow()


FAULTS = {"latency": _latency, "status": _status, "html": _html, "throttled": _throttled,
          "server_error": _server_error, "reset": _reset, "close": _close, "lost": _lost,
          "lost_reset": _lost_reset, "truncated": _truncated, "hang_up": _hang_up,
          "black_hole": _black_hole}
OPTIONS = {name: set() for name in FAULTS}
OPTIONS |= {"latency": {"seconds"}, "status": {"status", "body", "type", "headers"},
            "html": {"status"}, "truncated": {"keep"}}


# AWS's bodies, in the form that the request's protocol has

def _protocol(request):
    if request.header("x-amz-target"):
        return "json"
    if request.form.get("Action"):
        return "ec2" if request.service == "ec2" else "query"
    if request.service in ("s3", "route53", "cloudfront"):
        return "s3" if request.service == "s3" else "query"
    return "rest-json" if request.service else ""


def _aws_error(request, codes, words):
    """(status, body, type, headers) with a code and a status per protocol."""
    protocol = _protocol(request)
    status, code = codes[protocol]
    ids = {"x-amzn-requestid": "lab-request-1"}
    if protocol == "ec2":
        body = (f"<Response><Errors><Error><Code>{code}</Code><Message>{words}</Message></Error>"
                "</Errors><RequestID>lab-request-1</RequestID></Response>")
    elif protocol == "query":
        body = (f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
                f"<Message>{words}</Message></Error><RequestId>lab-request-1</RequestId>"
                "</ErrorResponse>")
    elif protocol == "s3":
        body = (f"<Error><Code>{code}</Code><Message>{words}</Message>"
                "<RequestId>lab-request-1</RequestId></Error>")
    elif protocol == "json":
        return status, json.dumps({"__type": f"com.amazon.lab#{code}", "message": words}), \
            "application/x-amz-json-1.1", ids
    else:
        return status, json.dumps({"message": words}), "application/json", \
            {**ids, "x-amzn-errortype": f"{code}:http://internal.example/"} if protocol else {}
    return status, '<?xml version="1.0" encoding="UTF-8"?>\n' + body, "text/xml", ids


def throttling_of(request):
    """As AWS says it in the request's protocol; else a plain 429 with Retry-After."""
    codes = {"ec2": (503, "RequestLimitExceeded"), "query": (400, "Throttling"),
             "s3": (503, "SlowDown"), "json": (400, "ThrottlingException"),
             "rest-json": (429, "TooManyRequestsException"), "": (429, "")}
    status, body, kind, headers = _aws_error(request, codes, "Rate exceeded")
    return status, body, kind, headers or {"Retry-After": "1"}


def server_error_of(request):
    codes = {"ec2": (500, "InternalError"), "query": (500, "InternalFailure"),
             "s3": (500, "InternalError"), "json": (500, "InternalServerError"),
             "rest-json": (500, "ServiceException"), "": (500, "")}
    return _aws_error(request, codes, "An internal error has occurred")


# The server

class Exchange(BaseHTTPRequestHandler):
    """A connection of a client; one request at a time."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def proxy(self):
        return self.server.proxy

    def log_message(self, *_):
        pass

    def _chunks(self):
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def _body(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            return self._chunks()
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def serve(self):
        self.request_body = self._body()
        self.asked = Request(self, self.request_body)
        rule = self.proxy.take(self.asked)
        try:
            (FAULTS[rule.fault] if rule else lambda exchange, _: exchange.pass_on())(self, rule)
        except (OSError, HTTPException) as problem:
            self.answer(502, HTML.format(f"502 Bad Gateway: {problem}"), "text/html")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_CONNECT = serve

    def _target(self):
        url = urlsplit(self.path)
        base = urlsplit(self.proxy.upstream) if self.proxy.upstream else url
        kind = HTTPSConnection if base.scheme == "https" else HTTPConnection
        path = base.path.rstrip("/") if self.proxy.upstream else ""
        return kind(base.netloc, timeout=UPSTREAM_LIMIT_S), \
            path + (url.path or "/") + (f"?{url.query}" if url.query else "")

    def ask_upstream(self):
        """(status, reason, headers, body): the work is done when this returns."""
        if not self.proxy.upstream and not urlsplit(self.path).netloc:
            return self.proxy.work(self.asked)
        upstream, path = self._target()
        try:
            upstream.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in HOP_BY_HOP | {"content-length"}:
                    upstream.putheader(name, value)
            if self.request_body or self.command in ("POST", "PUT", "PATCH"):
                upstream.putheader("Content-Length", str(len(self.request_body)))
            upstream.endheaders(self.request_body)
            answer = upstream.getresponse()
            return answer.status, answer.reason, answer.getheaders(), answer.read()
        finally:
            upstream.close()

    def write(self, status, reason, headers, body, length):
        self.send_response_only(status, reason)
        for name, value in headers:
            # The length of what HEAD did not send is the upstream's to tell.
            if name.lower() not in HOP_BY_HOP | {"content-length"} or \
                    (name.lower() == "content-length" and self.command == "HEAD"):
                self.send_header(name, value)
        if self.command != "HEAD" and status not in (204, 304):
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body if self.command != "HEAD" else b"")

    def pass_on(self):
        if self.command == "CONNECT":
            self._tunnel()
            return
        status, reason, headers, body = self.ask_upstream()
        self.write(status, reason, headers, body, len(body))

    def answer(self, status, body, kind, headers=None):
        body = body.encode()
        self.write(status, None, [("Content-Type", kind), *(headers or {}).items()], body,
                   len(body))

    def end(self, reset=False):
        self.close_connection = True
        self.server.ended[self.connection] = reset

    def swallow(self):
        """Reads nothing, says nothing, until the client goes away or the proxy ends."""
        self.close_connection = True
        self.connection.settimeout(0.05)
        while not self.proxy.ended.is_set():
            try:
                if not self.connection.recv(65536):
                    return
            except TimeoutError:
                continue
            except OSError:
                return

    def _tunnel(self):
        host, _, port = self.path.rpartition(":")
        self.close_connection = True
        with socket.create_connection((host, int(port)), UPSTREAM_LIMIT_S) as other:
            other.settimeout(None)
            self.send_response_only(200, "Connection established")
            self.end_headers()
            pairs = ((self.connection, other), (other, self.connection))
            threads = [threading.Thread(target=_pump, args=pair, daemon=True) for pair in pairs]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()


def _pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 512

    def __init__(self, address, proxy):
        self.proxy, self.ended = proxy, {}
        super().__init__(address, Exchange)

    def handle_error(self, request, client_address):
        pass  # who goes away in the middle is what this is for

    def finish_request(self, request, client_address):
        self.proxy.connected()
        try:
            if self.proxy.tls:
                request = self.proxy.tls.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)
        finally:
            self._end(request)

    def _end(self, sock):
        """A reset, or an end as polite as the protocol has it."""
        try:
            if self.ended.pop(sock, False):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif isinstance(sock, ssl.SSLSocket):
                sock.settimeout(0)
                sock.unwrap()
        except OSError:
            pass
        finally:
            sock.close()
            self.proxy.disconnected()


class FaultyProxy:
    """See above.  Its files and threads end with close()."""

    def __init__(self, upstream=None, tls=None, address="127.0.0.1"):
        self.upstream = upstream
        self.requests, self.rules, self.done, self.connections, self.open = [], [], 0, 0, 0
        self.lock, self.ended = threading.Lock(), threading.Event()
        self.tls = None
        if tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*map(str, tls))
        self.server = _Server((address, 0), self)
        self.address, self.port = self.server.server_address
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://{self.address}:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()

    def add(self, fault, **what):
        """A rule behind those that are there; returned, so that its hits can be asked."""
        if fault not in FAULTS:
            raise TypeError(f"no such fault: {fault}")
        rule = Rule(fault, **what)
        with self.lock:
            self.rules.append(rule)
        return rule

    def clear(self):
        """Everything goes through again."""
        with self.lock:
            self.rules.clear()

    def take(self, request):
        with self.lock:
            self.requests.append(request)
            return next((rule for rule in self.rules if rule.takes(request)), None)

    def connected(self):
        with self.lock:
            self.connections += 1
            self.open += 1

    def disconnected(self):
        with self.lock:
            self.open -= 1

    def count(self, **what):
        """How many requests came that match, as rules do."""
        rule = Rule("reset", **what)
        with self.lock:
            return sum(rule.matches(request) for request in self.requests)

    def grep(self, text):
        """The requests that hold the text anywhere, also in basic authentication."""
        with self.lock:
            return [request for request in self.requests if request.holds(text)]

    def wait(self, seconds):
        self.ended.wait(seconds)

    def work(self, request):
        """Stands in for an upstream: what is no GET is work, and GET /done tells how much."""
        with self.lock:
            self.done += request.method not in ("GET", "HEAD")
            body = json.dumps({"done": self.done, "requests": len(self.requests),
                               "connections": self.connections, "open": self.open}).encode()
        return 200, "OK", [("Content-Type", "application/json")], body


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--upstream")
    options.add_argument("--tls")
    options.add_argument("--folder", type=Path)
    options.add_argument("--rules", default="[]")
    given, tls = options.parse_args(), None
    if given.tls:
        # As a program this file is no part of a package.
        from certificates import certificate_of_kind
        ca_file, *tls = certificate_of_kind(given.folder, given.tls)
        (given.folder / "ca.pem").write_bytes(ca_file.read_bytes())
    with FaultyProxy(given.upstream, tls) as proxy:
        for rule in json.loads(given.rules):
            proxy.add(rule.pop("fault"), **rule)
        print(proxy.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
