"""Git over https: `git http-backend` behind a small server, with users, faults and redirects."""

import base64
import os
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .git import git_env


def _chunks(stream):
    while True:
        size = int(stream.readline().split(b";")[0] or b"0", 16)
        data = stream.read(size)
        stream.readline()
        if not size:
            return
        yield data


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def _body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            return b"".join(_chunks(self.rfile))
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, status, headers=(), body=b""):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _allowed(self):
        owner = self.server.owner
        given = self.headers.get("Authorization", "")
        if given:
            owner.credentials.append(base64.b64decode(given.split()[-1]).decode())
        return not owner.users or (given and owner.credentials[-1] in owner.users)

    def _serve(self):
        owner = self.server.owner
        body = self._body()
        owner.requests += 1
        if owner.redirect:
            self._answer(301, [("Location", owner.redirect + self.path)])
        elif not self._allowed():
            self._answer(401, [("WWW-Authenticate", 'Basic realm="git"')])
        else:
            self._answer(*self._backend(body))

    def _backend(self, body):
        path, _, query = self.path.partition("?")
        env = {**git_env(self.server.owner.folder), "GIT_PROJECT_ROOT":
               str(self.server.owner.folder), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
               "QUERY_STRING": query, "REQUEST_METHOD": self.command, "REMOTE_USER": "lab",
               "CONTENT_TYPE": self.headers.get("Content-Type", ""),
               "CONTENT_LENGTH": str(len(body)), "PATH": os.environ["PATH"],
               "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", "")}
        done = subprocess.run(["git", "http-backend"], input=body, env=env, check=False,
                              capture_output=True)
        head, _, rest = done.stdout.partition(b"\r\n\r\n")
        headers = [tuple(line.split(": ", 1)) for line in head.decode().splitlines() if line]
        status = next((int(v.split()[0]) for n, v in headers if n == "Status"), 200)
        return status, [x for x in headers if x[0] not in ("Status", "Content-Length")], rest

    do_GET = do_POST = _serve


class GitServer:
    """Serves the bare repositories in a folder; `url` begins their URLs.

    users: {"name:password"} that are let in; none: everybody.  redirect: where all requests are
    sent instead.  What was sent is in `credentials`, how much in `requests`.
    """

    def __init__(self, folder, certificate=None, users=(), redirect=None):
        self.folder, self.users, self.redirect = folder, set(users), redirect
        self.credentials, self.requests = [], 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.owner = self
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"{'https' if certificate else 'http'}://localhost:{self.port}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
