"""The two regions of examples/dr-lab on this machine, and everything that can happen to them.

    with DrLab() as lab:
        lab.deploy()                     # hadeploy apply of the example: real servers
        with lab.client() as client:     # writes a row every 20 ms by way of DNS
            lab.project.run("runbook", "run", "failover", ...)
            lab.kill("east")             # power cut
        lab.missing(client.rows(), "west")

Where the tests run as root every host is a network namespace, so that regions can be black-holed
and cut off from each other (`lab.net`); else hosts are loopback addresses, and lab.net is None.
"""

import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from . import processes
from .netns import Network, allowed
from .prober import overlap, writes
from .postgres import programs
from .project import Project
from .run import ROOT
from .ssh import SYSTEM_PATH, Lab, LabError, SshHost, free_port, wait_until
from .watching import Watching

EXAMPLE = ROOT / "examples" / "dr-lab"
HOST = re.compile(r"(\S+): \{Address: ([\d.]+), Port: 2222, Zone: (\w+)(-\w+), Roles: \[([^]]*)")
# Hosts are killed here, but the machine keeps its power: to sync proves nothing, and slows all.
UNSYNCED = {"wal_level = replica\n": "wal_level = replica\nfsync = off\n",
            '"initdb", ': '"initdb", "--no-sync", ',
            '"pg_basebackup", ': '"pg_basebackup", "--no-sync", ',
            '"pg_rewind", ': '"pg_rewind", "--no-sync", '}
PORTS = (2222, 5432, 7000, 8000, 8080, 8081, 9999, 5300)
SECRETS = {"DB_PASSWORD": "lab-db-tulip-81", "PDNS_API_KEY": "lab-api-key-4711"}
SETTLE_S = 30


class NetHost(SshHost):
    """A host that is a network namespace: what runs on it is what runs there."""

    def words(self):
        return self.lab.net.words(self.name)

    def processes(self):
        return self.lab.net.pids(self.name) if self.lab.net else []

    def kill(self):
        until = time.monotonic() + 10
        while pids := self.processes():
            processes.send(pids, signal.SIGKILL)
            if time.monotonic() > until:
                raise LabError(f"processes {pids} of {self.name} could not be ended")
            time.sleep(0.005)
        if self.proc:
            self.proc.wait(10)
            self.proc = None


class Client:
    """client.py as a process, and the rows that it sent."""

    def __init__(self, lab, name):
        self.file = lab.dir / f"{name}.jsonl"
        self.file.unlink(missing_ok=True)
        server = f"{lab.host('ops-1').address}:{lab.port(5300)}"
        words = lab.net.words("ops-1") if lab.net else []
        self.proc = subprocess.Popen(
            [*words, sys.executable, EXAMPLE / "client.py", server,
             f"www.shop.test:{lab.port(8080)}", self.file],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.proc.terminate()
        self.proc.wait(10)

    def rows(self):
        """All rows sent so far whose fate is known, in the order of their ends."""
        text = self.file.read_text() if self.file.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line[-1] == "\n"]

    def acknowledged(self, since=0.0, until=float("inf")):
        return [row for row in self.rows()
                if row["Status"] == 201 and since <= row["Done"] <= until]

    def steady(self, seconds=3.5, region="east"):
        """It has written for some time: a moment from which it can be cut; was_busy() proves it."""
        self.wait_for(region)
        time.sleep(seconds)

    def rate(self, since, until):
        """Rows acknowledged in a second."""
        return len(self.acknowledged(since, until)) / (until - since)

    def gap(self, since, until=float("inf")):
        """The longest time in which nothing was acknowledged."""
        done = sorted(row["Done"] for row in self.acknowledged(since, until))
        return max(after - before for before, after in zip(done, done[1:]))

    def wait_for(self, region, since=0.0, limit_s=60):
        """The first row that a region acknowledged after a moment."""
        def found():
            rows = [row for row in self.acknowledged(since) if row["Region"] == region]
            return min(rows, key=lambda row: row["Done"]) if rows else None
        return wait_until(found, limit_s, f"a row acknowledged by {region}")


class DrLab(Lab):
    """The hosts of the example, and a copy of its project with their addresses and ports."""

    def __init__(self, folder=None, networks=True):
        # `nobody`, as whom PostgreSQL runs, has to get through the folder of the lab.
        self.made = folder is None
        folder = Path(folder or tempfile.mkdtemp(prefix="hadeploy-dr-"))
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        super().__init__(folder / "lab")
        self.top, self.why_not = folder, allowed() if networks else "loopback addresses were asked"
        self.net, self.ports, self.addresses, self.probers = None, {}, {}, []
        self.dir.mkdir(exist_ok=True)
        self.project = None

    # Making it

    def start(self):
        manifest = (EXAMPLE / "hadeploy.yaml").read_text()
        hosts = HOST.findall(manifest)
        regions = {}
        for _, _, region, zone, _ in hosts:
            zones = regions.setdefault(region, [])
            if region + zone not in zones:
                zones.append(region + zone)
        if not self.why_not:
            self.host_class = NetHost
            self.net = Network.make(regions)
        try:
            for name, address, region, zone, roles in hosts:
                self.addresses[address] = self.net.add(name, region, region + zone) \
                    if self.net else address
                self.add(name, region, region + zone, self.addresses[address],
                         roles=roles.split(", "), port=self.port(2222))
            super().start()
            self._copy_project()
        except BaseException:
            self.close()
            raise
        return self

    def port(self, number):
        """The port that takes the place of one in the example."""
        if self.net:
            return number
        if number not in self.ports:
            self.ports[number] = free_port("127.0.0.1")
        return self.ports[number]

    def translate(self, text):
        """Addresses and ports of the example are made those of this lab."""
        text = re.sub(r"127(\.\d+){3}(?!\d)", lambda m: self.addresses.get(m[0], m[0]), text)
        for number in PORTS:
            text = re.sub(rf"(?<![\d.]){number}(?!\d)", str(self.port(number)), text)
        return text.replace("/tmp/hadeploy-dr-lab/files", str(self.top / "files"))

    def _copy_project(self):
        folder = self.top / "project"
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
        for path in [folder / "hadeploy.yaml", *folder.glob("runbooks/*.yaml")]:
            path.write_text(self.translate(path.read_text()))
        (folder / "keys").mkdir(mode=0o700)
        shutil.copy(self.user_key, folder / "keys" / "id_ed25519")
        shutil.copy(self.known_hosts, folder / "keys" / "known_hosts")
        self.project = Project(folder, {})
        for old, new in UNSYNCED.items():
            self.edit(old, new, "files/guard.py")

    def run(self, *args, code=0, **options):
        """hadeploy in the project, with its secrets."""
        options.setdefault("timeout", 120)
        return self.project.run(*args, env=SECRETS, **options).ok(code)

    def deploy(self):
        self.run("apply", "--yes")
        self.point("east")
        self.probe("east")
        self.probe("west")

    def runbook(self, name, *args, code=0, start="east", goal="west"):
        """How an execution went: the line of JSON that says so, and `events`, its journal."""
        done = self.run("runbook", "run", name, "--from", start, "--to", goal, "--yes", "--json",
                        *args, code=code)
        return self.execution(done.stdout)

    @staticmethod
    def execution(text):
        lines = [json.loads(line) for line in text.splitlines()]
        whole = next((line for line in lines if "rto" in line or "steps" in line), {})
        return {**whole, "events": [line for line in lines if line["type"] == "journal"]}

    def watch(self, *args, place=None):
        """hadeploy watch, here or on a host."""
        words = self.net.words(place) if place else ()
        return Watching(self.project, *args, env=SECRETS, words=words)

    def executions(self):
        """Ids, the latest last."""
        done = self.run("runbook", "status", "--limit", "9", "--json")
        return [line["execution"] for line in Project.parse(done.stdout)
                if line["type"] == "execution"][::-1]

    def report(self, execution):
        """The report as JSON, verified."""
        path = self.top / f"{execution['execution']}.json"
        self.run("runbook", "report", execution["execution"], "--format", "json", "--out", path)
        self.run("runbook", "report", "--verify", path)
        return json.loads(path.read_text())

    def edit(self, old, new, path="hadeploy.yaml"):
        """Changes a file of the project; `old` must be there."""
        file = self.project.dir / path
        text = file.read_text()
        assert old in text, f"{old!r} is not in {path}"
        file.write_text(text.replace(old, new))

    # Looking

    def client(self, name="client"):
        return Client(self, name)

    def guard(self, host, *words):
        """guard.py on a host: what it prints."""
        base = self.top / "files" / host
        done = self.host(host).ssh(f"cd {base} && ./guard.py guard.json {' '.join(words)}", 90)
        if done.returncode != 0:
            raise LabError(f"guard {' '.join(words)} on {host}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def point(self, region, ttl=1):
        """Lets the name lead to a region, behind hadeploy's back."""
        target = next(host for host in self.region(region) if "lb" in host.roles)
        rrset = {"name": "www.shop.test.", "type": "A", "ttl": ttl, "changetype": "REPLACE",
                 "records": [{"content": target.address, "disabled": False}]}
        request = urllib.request.Request(
            f"http://{self.host('ops-1').address}:{self.port(8081)}"
            "/api/v1/servers/localhost/zones/shop.test.", json.dumps({"rrsets": [rrset]}).encode(),
            {"X-API-Key": SECRETS["PDNS_API_KEY"], "Content-Type": "application/json"},
            method="PATCH")
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 204

    def database(self, region):
        return next(host for host in self.region(region) if "db" in host.roles)

    def role(self, region):
        """"primary", "standby" or "stopped", as the host's own files and processes say."""
        return self.guard(self.database(region).name, "status")

    def conninfo(self, region, user="guard"):
        return (f"host={self.database(region).address} port={self.port(5432)} user={user} "
                "dbname=shop")

    def sql(self, region, text):
        """psql on the database's own host, whoever may reach it from elsewhere."""
        words = self.net.words(self.database(region).name) if self.net else []
        done = subprocess.run(
            [*words, programs() / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d",
             self.conninfo(region), "-c", text], capture_output=True, text=True, check=False,
            env={"PGPASSWORD": SECRETS["DB_PASSWORD"], "PGCONNECT_TIMEOUT": "5"})
        if done.returncode != 0:
            raise LabError(done.stderr.strip())
        return done.stdout.strip()

    def accepts_writes(self, region):
        """Tries it."""
        try:
            self.sql(region, "create temp table try (n int)")
            return self.sql(region, "select pg_is_in_recovery()") == "f"
        except LabError:
            return False

    def probe(self, region):
        """From now on it is tried all the time whether this database accepts writes."""
        words = self.net.words(self.database(region).name) if self.net else []
        self.probers.append(subprocess.Popen(
            [*words, sys.executable, Path(__file__).with_name("prober.py"),
             self.conninfo(region) + " connect_timeout=2", self.dir / f"probed-{region}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            env={"PATH": SYSTEM_PATH, "PGPASSWORD": SECRETS["DB_PASSWORD"]}))

    def probed(self, region):
        """[(began, ended)] of the writes that its database accepted."""
        return writes(self.dir / f"probed-{region}")

    def two_primaries(self):
        """When both databases accepted writes; None: never."""
        return overlap(self.probed("east"), self.probed("west"))

    def forget_probes(self):
        for region in ("east", "west"):
            (self.dir / f"probed-{region}").write_text("")

    def missing(self, rows, region):
        """Those of the acknowledged rows that the database of a region does not have."""
        have = set(self.sql(region, "select client || ' ' || seq from rows").splitlines())
        return [row for row in rows if row["Status"] == 201
                and f"{row['Client']} {row['Seq']}" not in have]

    def streams(self, region):
        """Whether the standby there follows, up to what the primary has written."""
        try:
            return self.sql(region, "select count(*) from pg_stat_wal_receiver "
                                    "where status = 'streaming'") == "1"
        except LabError:
            return False

    # What happens to it

    def kill(self, region):
        """Power cut: every process ends at once, and nobody is there any more.  When."""
        cut = time.time()
        if self.net:
            self.net.unplug(region)
        self.kill_region(region)
        return cut

    def boot(self, region):
        """Power is back: hosts start what their services/ have."""
        if self.net:
            self.net.plug(region)
        self.start_region(region)
        for host in self.region(region):
            service = self.top / "files" / host.name / "service"
            if service.exists():
                done = host.ssh(f"{service} boot")
                assert done.returncode == 0, done
        self.probe(region)

    def wipe(self, region):
        """The hosts are lost and installed anew: sshd with new keys, and nothing else."""
        self.kill(region)
        for host in self.region(region):
            host.distrust()
            shutil.rmtree(self.top / "files" / host.name, ignore_errors=True)
            shutil.rmtree(host.dir)
            host.prepare()
        if self.net:
            self.net.plug(region)
        self.start_region(region)
        for host in self.region(region):
            host.trust()
        shutil.copy(self.known_hosts, self.project.dir / "keys" / "known_hosts")
        self.probe(region)

    def power(self):
        """Everything runs, and everybody reaches everybody."""
        if self.net:
            self.net.mend()
        for region in ("east", "west"):
            if not self.database(region).pid():
                self.boot(region)

    def restore(self):
        """As after deploy(): customers and the primary in the east, a standby in the west."""
        self.power()
        wait_until(lambda: self.accepts_writes("east") or self.accepts_writes("west"), SETTLE_S,
                   "a primary")
        if not self.accepts_writes("east"):
            if not self.streams("east"):
                self.guard("db-e1", "rejoin")
            self.guard("db-w1", "fence")
            self.guard("db-e1", "promote")
        if not self.streams("west"):
            self.guard("db-w1", "rejoin")
        self.point("east")

    def close(self):
        processes.send([prober.pid for prober in self.probers], signal.SIGKILL)
        if self.net:
            for host in self.hosts.values():
                host.kill()
            self.net.close()
            self.net = None
        super().close()
        if self.made:
            shutil.rmtree(self.top, ignore_errors=True)
