"""HAProxy: one real server of the tests' own, told what to do through its runtime socket.

    with HAProxy(folder, {"shop": {"e1": "127.0.0.1:8001", "w1": "127.0.0.1:8002"}}) as proxy:
        proxy.url("shop")                          # http://127.0.0.1:PORT
        proxy.say("set weight shop/e1 25%")
        proxy.weights("shop")                      # {"e1": 64, "w1": 256}
"""

import csv
import socket

from .server import Server
from .ssh import LabError

CONFIG = """\
global
	stats socket ipv4@{address}:{admin} level admin
	stats socket unix@{dir}/admin.sock mode 600 level admin
	maxconn 400
	nbthread 1
defaults
	mode http
	timeout connect 1s
	timeout client 30s
	timeout server 30s
	timeout http-request 5s
	default-server init-addr none
"""
SECTION = """\
frontend {name}-in
	bind {address}:{port}
	default_backend {name}
backend {name}
	balance roundrobin
	option redispatch
	{check}
"""
WEIGHT = 256


class HAProxy(Server):
    """
    backends: {"shop": {"e1": "ADDRESS:PORT"}}; check: a path that servers are asked for every
    200 ms, without one they are taken to be up.
    """

    name, program = "haproxy", "/usr/sbin/haproxy"

    def __init__(self, folder, backends, address="127.0.0.1", check=None):
        super().__init__(folder, address)
        self.backends, self.check = backends, check
        self.wanted_ports = ("admin", *backends)

    @property
    def socket(self):
        """`Socket` of an HAProxy::Route, over TCP."""
        return f"tcp:{self.address}:{self.ports['admin']}"

    @property
    def unix_socket(self):
        return str(self.dir / "admin.sock")

    def url(self, backend):
        return f"http://{self.address}:{self.ports[backend]}"

    def configure(self):
        text = CONFIG.format(address=self.address, dir=self.dir, admin=self.ports["admin"])
        for name, servers in self.backends.items():
            text += SECTION.format(name=name, address=self.address, port=self.ports[name],
                                   check=f"option httpchk GET {self.check}" if self.check else "")
            more = " check inter 200ms fall 2 rise 1" if self.check else ""
            for server, place in servers.items():
                text += f"\tserver {server} {place} weight {WEIGHT}{more}\n"
        (self.dir / "haproxy.cfg").write_text(text)

    def command(self):
        return [self.program, "-W", "-db", "-f", self.dir / "haproxy.cfg"]

    def answers(self):
        try:
            return "Version" in self.say("show info")
        except OSError:
            return False

    def say(self, text):
        """What it answers to a command of the runtime API."""
        with socket.create_connection((self.address, self.ports["admin"]), timeout=10) as conn:
            conn.sendall(text.encode() + b"\n")
            answer = b""
            while more := conn.recv(65536):
                answer += more
        return answer.decode()

    def servers(self, backend):
        """{"e1": {"weight": "256", "status": "UP", ...}}, as `show stat` has it."""
        rows = csv.DictReader(self.say("show stat").removeprefix("# ").splitlines())
        found = {row["svname"]: row for row in rows if row["pxname"] == backend}
        if not found:
            raise LabError(f"no backend '{backend}'")
        return {name: row for name, row in found.items() if name not in ("FRONTEND", "BACKEND")}

    def weights(self, backend):
        return {name: int(row["weight"]) for name, row in self.servers(backend).items()}
