"""ministack on loopback: the AWS emulator that has the Cloud Control API, and what it was sent.

    stack = Ministack(folder)             # NoVenv when its packages cannot be had
    stack.url                             # a recorder in front of it: Endpoint of an entry
    stack.asked                           # [(target, content type, body)], in order
    stack.client("cloudcontrol", "us-east-1")
    stack.close()
"""

import http.client
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from .moto import KEYS
from .ssh import LabError, free_port, wait_until
from .venv import site_packages, venv

PACKAGES = ["ministack==1.4.21", "boto3==1.44.5", "botocore==1.44.5"]
START_LIMIT_S = 60


class _Recorder(BaseHTTPRequestHandler):
    stack = None
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass

    def do_POST(self):  # pylint: disable=invalid-name
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.stack.asked.append((self.headers.get("X-Amz-Target"),
                                 self.headers.get("Content-Type"), body))
        behind = http.client.HTTPConnection("127.0.0.1", self.stack.port, timeout=30)
        behind.request("POST", self.path, body, dict(self.headers))
        answer = behind.getresponse()
        data = answer.read()
        behind.close()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.getheader("Content-Type", "application/json"))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Ministack:
    """A running server; its log is in the folder."""

    def __init__(self, folder):
        self.python = venv("ministack", PACKAGES)
        self.port, self.asked = free_port("127.0.0.1"), []
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        env = {**os.environ, **KEYS, "GATEWAY_PORT": str(self.port), "BIND_HOST": "127.0.0.1",
               "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        with open(folder / "ministack.log", "wb") as log:
            self.proc = subprocess.Popen([self.python, "-m", "ministack"], stdout=log, stderr=log,
                                         stdin=subprocess.DEVNULL, env=env, cwd=folder,
                                         start_new_session=True)
        try:
            wait_until(self._answers, START_LIMIT_S, "ministack")
        except LabError:
            self._end()
            raise
        handler = type("Recorder", (_Recorder,), {"stack": self})
        self.recorder = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.recorder.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.recorder.server_port}"
        threading.Thread(target=self.recorder.serve_forever, args=(0.05,), daemon=True).start()

    def _answers(self):
        if self.proc.poll() is not None:
            raise LabError(f"ministack ended with {self.proc.returncode}")
        try:
            it = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            it.request("GET", "/")
            it.getresponse().read()
            return True
        except OSError:
            return False

    def packages(self):
        """Makes the venv's packages importable."""
        path = str(site_packages(self.python))
        if path not in sys.path:
            sys.path.insert(0, path)

    def client(self, service, region):
        """A boto3 client past the recorder."""
        self.packages()
        import boto3  # pylint: disable=import-outside-toplevel,import-error
        return boto3.client(service, region_name=region,
                            endpoint_url=f"http://127.0.0.1:{self.port}",
                            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
                            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"])

    def _end(self):
        if self.proc.poll() is None:
            self.proc.terminate()
            try:
                self.proc.wait(10)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()

    def close(self):
        self.recorder.shutdown()
        self.recorder.server_close()
        self._end()
