"""PowerDNS: a real pdns_server with its API, answers read with dig.

    with PowerDns(folder) as dns:
        dns.api("POST", "zones", {"name": "example.org.", "kind": "Native"})
        dns.dig("www.example.org", "A")          # ["192.0.2.1"]

Zones are in an SQLite file with the schema that the package has.  Nothing is cached, so that an
answer is what is in the file now.
"""

import json
import sqlite3
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from .server import Server

SCHEMA = Path("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql")
KEY = "lab-api-key-4711"
CONFIG = """\
launch=gsqlite3
gsqlite3-database={dir}/zones.db
gsqlite3-dnssec=yes
enable-lua-records={lua}
local-address={address}
local-port={dns}
api=yes
api-key={key}
webserver-address={address}
webserver-port={api}
webserver-allow-from=127.0.0.0/8
webserver-loglevel=normal
socket-dir=.
setuid=
setgid=
daemon=no
guardian=no
disable-syslog=yes
loglevel=6
log-timestamp=no
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
receiver-threads=1
distributor-threads=1
"""


class PowerDns(Server):
    """One server on loopback, as the calling user."""

    name, program = "pdns", "/usr/sbin/pdns_server"
    wanted_ports = ("dns", "api")

    def __init__(self, folder, address="127.0.0.1", key=KEY, lua="no"):
        super().__init__(folder, address)
        self.key = key
        self.lua = lua

    @property
    def endpoint(self):
        """What the setting Endpoint of the entry `powerdns` is."""
        return f"http://{self.address}:{self.ports['api']}"

    def settings(self, **more):
        """The entry `powerdns` of a manifest; the key is in the environment."""
        return {"Endpoint": self.endpoint,
                "Auth": {"Scheme": "header", "Name": "X-API-Key",
                         "Value": "{{resolve:env:PDNS_KEY}}"}, **more}

    @property
    def env(self):
        return {"PDNS_KEY": self.key}

    def prepare(self):
        with sqlite3.connect(self.dir / "zones.db") as db:
            db.executescript(SCHEMA.read_text())
        db.close()

    def configure(self):
        (self.dir / "pdns.conf").write_text(CONFIG.format(
            dir=self.dir, address=self.address, key=self.key, lua=self.lua, **self.ports))

    def command(self):
        return [self.program, f"--config-dir={self.dir}"]

    def answers(self):
        try:
            return self.api("GET", "")[0] == 200 and "status: " in self._dig("version.bind", "SOA")
        except OSError:
            return False

    def api(self, method, path, body=None):
        """(status, decoded body) of a request to .../servers/localhost/PATH."""
        request = urllib.request.Request(
            f"{self.endpoint}/api/v1/servers/localhost/{path}".rstrip("/"), method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-API-Key": self.key, "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        return status, json.loads(text) if text[:1] in (b"{", b"[") else text.decode()

    def zones(self):
        """Names of all zones, sorted."""
        return sorted(zone["name"] for zone in self.api("GET", "zones")[1])

    def put(self, zone, name, kind, *texts, ttl=300):
        """Replaces a record set behind the back of whoever made it; without texts it goes."""
        rrset = {"name": name, "type": kind, "ttl": ttl,
                 "changetype": "REPLACE" if texts else "DELETE",
                 "records": [{"content": text, "disabled": False} for text in texts]}
        status, answer = self.api("PATCH", f"zones/{zone}", {"rrsets": [rrset]})
        assert status == 204, answer

    def _dig(self, name, kind, *options):
        return subprocess.run(
            ["dig", f"@{self.address}", "-p", str(self.ports["dns"]), "+norecurse", "+tries=2",
             "+time=2", *options, "-t", kind, "-q", name],
            capture_output=True, text=True, timeout=30, check=False).stdout

    def dig(self, name, kind="A"):
        """What this server answers, sorted."""
        return sorted(self._dig(name, kind, "+short").splitlines())

    def dig_ttl(self, name, kind="A"):
        """The TTL of its answer; None without one."""
        lines = self._dig(name, kind, "+noall", "+answer").splitlines()
        return int(lines[0].split()[1]) if lines else None

    def requests(self, method=""):
        """How many requests of this method the API has had."""
        return self.log_text().count(f'"{method}')


def main():
    """For tests in C: prints the endpoint, makes the zones named, ends with its standard input."""
    with tempfile.TemporaryDirectory(prefix="hadeploy-pdns-") as folder:
        with PowerDns(Path(folder) / "server") as dns:
            for zone in sys.argv[1:]:
                dns.api("POST", "zones", {"name": zone, "kind": "Master"})
            print(dns.endpoint, flush=True)
            sys.stdin.read()
