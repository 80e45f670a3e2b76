"""AWS on loopback: moto in server mode, and boto3 as the witness of what is there.

    moto = Moto(folder)                   # starts it; NoVenv when its packages cannot be had
    moto.client("ec2", "eu-west-1").describe_vpcs()
    moto.reset()                          # an empty account
    moto.close()

One port serves all regions and services: the credential scope of the signature says which is
meant.  moto checks no signature, and knows one account, 123456789012.
"""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from .ssh import LabError, free_port, wait_until
from .venv import site_packages, venv

PACKAGES = ["moto[server]==5.2.5", "boto3==1.44.5", "botocore==1.44.5"]
ACCOUNT = "123456789012"
SERVER = Path(__file__).with_name("moto_server.py")
START_LIMIT_S = 60
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG"}


class Moto:
    """A running server; its log is in the folder."""

    def __init__(self, folder):
        self.python = venv("moto", PACKAGES)
        self.dir = Path(folder)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.port = free_port("127.0.0.1")
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = self.dir / "moto.log"
        self.clients = {}
        env = {**os.environ, **KEYS, "PYTHONDONTWRITEBYTECODE": "1"}
        with open(self.log, "wb") as log:
            self.proc = subprocess.Popen(
                [self.python, SERVER, "-H", "127.0.0.1", "-p", str(self.port)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env,
                start_new_session=True)
        try:
            wait_until(self._answers, START_LIMIT_S, f"moto on {self.url}")
        except LabError:
            self.close()
            raise

    def _answers(self):
        if self.proc.poll() is not None:
            raise LabError(f"moto ended with {self.proc.returncode}: {self.log.read_text()}")
        try:
            with urllib.request.urlopen(f"{self.url}/moto-api/", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def reset(self):
        """Forgets all resources of all regions."""
        request = urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200

    def client(self, service, region):
        """A boto3 client; one per service and region."""
        packages = str(site_packages(self.python))
        if packages not in sys.path:
            sys.path.insert(0, packages)
        import boto3  # pylint: disable=import-outside-toplevel,import-error
        key = (service, region)
        if key not in self.clients:
            session = boto3.session.Session(KEYS["AWS_ACCESS_KEY_ID"],
                                            KEYS["AWS_SECRET_ACCESS_KEY"], region_name=region)
            self.clients[key] = session.client(service, endpoint_url=self.url)
        return self.clients[key]

    def close(self):
        if self.proc.poll() is None:
            self.proc.terminate()
            try:
                self.proc.wait(10)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()
