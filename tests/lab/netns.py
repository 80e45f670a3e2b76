"""Hosts with addresses of their own: one network namespace each, and a router between regions.

    net = Network.make({"east": ["east-a", "east-b"], "west": ["west-a"], "ops": ["ops-a"]})
    net.add("web-e1", "east", "east-a")      # "198.18.1.11": reachable from here
    net.words("web-e1")                      # what a command begins with to run there
    net.unplug("east")                       # a power cut: whoever calls is told so at once
    net.black_hole("east")                   # packets are dropped: whoever calls waits
    net.lose("web-e1")                       # the same of one host
    net.cut("east", "west")                  # only between these two; the rest sees both
    net.mend()
    net.close()

Needs root and iproute2 (allowed() says why not).  Every host hangs on the router, a namespace that
forwards, so rules there decide who reaches whom; inside a region everybody does.  A block of four
/24 out of 198.18.0.0/15 (for benchmarks, in no real network) belongs to one Network at a time: a
lock says which.  Should this process die, a janitor takes everything away and ends what runs there.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import processes
from .ssh import LabError

LOCKS = Path("/run/lock")
BLOCKS = 64
# Rules are asked in this order: inside a region, what is cut, and then the routes.
INSIDE, CUT = 100, 200
ROUTER = "169.254.1.1"  # as every host knows it


def ip(*words, check=True):
    done = subprocess.run(["ip", *map(str, words)], capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise LabError(f"ip {' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout


def allowed():
    """"" when namespaces can be made here, else why not."""
    if os.geteuid() != 0:
        return "only root can give hosts a network of their own"
    name = f"hdlab-try-{os.getpid()}"
    try:
        ip("netns", "add", name)
        try:
            ip("-n", name, "link", "add", "one", "type", "veth", "peer", "name", "other")
            ip("-n", name, "rule", "add", "pref", CUT, "to", "198.18.0.0/24", "blackhole")
            _forward(name)
        finally:
            ip("netns", "del", name)
    except (LabError, OSError, subprocess.CalledProcessError) as error:
        return f"hosts cannot have a network of their own here: {error}"
    return ""


def _forward(space):
    subprocess.run(["nsenter", f"--net=/run/netns/{space}", "sysctl", "-qw",
                    "net.ipv4.ip_forward=1"], check=True, capture_output=True)


def _spaces(prefix):
    return [line.split()[0] for line in ip("netns", "list").splitlines()
            if line.startswith(prefix)]


def sweep(block):
    """Ends and removes what a Network of this block has left."""
    prefix = f"hdlab{block}-"
    for space in _spaces(prefix):
        deadline = time.monotonic() + 10
        while pids := [int(pid) for pid in ip("netns", "pids", space, check=False).split()]:
            processes.send(pids, signal.SIGKILL)
            if time.monotonic() > deadline:
                break
            time.sleep(0.01)
        ip("netns", "del", space, check=False)
    ip("link", "del", f"hdl{block}", check=False)


class Network:
    """One block of addresses and all that hangs on it."""

    def __init__(self, block, lock):
        self.block, self.lock, self.janitor = block, lock, None
        self.regions, self.zones, self.hosts = {}, {}, {}

    @classmethod
    def make(cls, regions):
        """regions: zones by region, at most three regions."""
        for block in range(BLOCKS):
            lock = (LOCKS / f"hadeploy-lab-{block}").open("w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                continue
            sweep(block)
            net = cls(block, lock)
            net._start(regions)
            return net
        raise LabError("all networks of the lab are in use")

    def _space(self, name):
        return f"hdlab{self.block}-{name}"

    def _subnet(self, region):
        return f"198.18.{4 * self.block + self.regions[region]}.0/24"

    def words(self, name):
        """The beginning of a command that is to run on this host; its process id stays."""
        return ["nsenter", f"--net=/run/netns/{self._space(name)}"]

    # Making it

    def _start(self, regions):
        self._hire_janitor()
        self.regions = {region: r for r, region in enumerate(regions, 1)}
        self.zones = {zone: z for zones in regions.values() for z, zone in enumerate(zones, 1)}
        router, here = self._space("router"), f"hdl{self.block}"
        gateway = f"198.18.{4 * self.block}.1"
        ip("netns", "add", router)
        ip("link", "add", here, "type", "veth", "peer", "name", "out", "netns", router)
        ip("addr", "add", f"198.18.{4 * self.block}.2/30", "dev", here)
        ip("link", "set", here, "up")
        ip("-n", router, "link", "set", "lo", "up")
        ip("-n", router, "addr", "add", f"{gateway}/30", "dev", "out")
        ip("-n", router, "link", "set", "out", "up")
        _forward(router)
        for region in regions:
            net = self._subnet(region)
            ip("route", "add", net, "via", gateway)
            ip("-n", router, "rule", "add", "pref", INSIDE, "from", net, "to", net,
               "lookup", "main")
            ip("-n", router, "route", "add", "unreachable", net)

    def _hire_janitor(self):
        """It waits for the end of its standard input, which is ours."""
        self.janitor = subprocess.Popen(
            [sys.executable, "-c", "import sys; from lab.netns import sweep; sys.stdin.read(); "
             "sweep(int(sys.argv[1]))", str(self.block)], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True,
            pass_fds=[self.lock.fileno()],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[1]),
                 "PYTHONDONTWRITEBYTECODE": "1"})

    def add(self, name, region, zone):
        """The address of a new host."""
        host = 1 + sum(1 for other in self.hosts.values() if other[:2] == (region, zone))
        third = 4 * self.block + self.regions[region]
        address = f"198.18.{third}.{10 * self.zones[zone] + host}"
        space, router, port = self._space(name), self._space("router"), f"p{len(self.hosts)}"
        ip("netns", "add", space)
        ip("-n", space, "link", "set", "lo", "up")
        ip("link", "add", "eth0", "netns", space, "type", "veth", "peer", "name", port, "netns",
           router)
        ip("-n", space, "addr", "add", f"{address}/32", "dev", "eth0")
        ip("-n", space, "link", "set", "eth0", "up")
        ip("-n", router, "link", "set", port, "up")
        ip("-n", router, "addr", "add", f"{ROUTER}/32", "dev", port)
        ip("-n", space, "route", "add", ROUTER, "dev", "eth0", "scope", "link")
        ip("-n", space, "route", "add", "default", "via", ROUTER, "src", address)
        self.hosts[name] = region, zone, address, port
        self._route(name)
        return address

    def _route(self, name):
        _, _, address, port = self.hosts[name]
        ip("-n", self._space("router"), "route", "replace", f"{address}/32", "dev", port)

    # What goes wrong

    def _of(self, region):
        return [name for name, host in self.hosts.items() if host[0] == region]

    def unplug(self, region):
        """No route to it any more."""
        for name in self._of(region):
            ip("-n", self._space("router"), "route", "del", f"{self.hosts[name][2]}/32",
               check=False)

    def plug(self, region):
        for name in self._of(region):
            self._route(name)

    def _rule(self, *words):
        ip("-n", self._space("router"), "rule", "add", "pref", CUT, *words, "blackhole")

    def black_hole(self, region):
        """What goes to it or comes from it is lost without a word."""
        self._rule("from", self._subnet(region))
        self._rule("to", self._subnet(region))

    def lose(self, name):
        """The same of one host."""
        self._rule("from", self.hosts[name][2])
        self._rule("to", self.hosts[name][2])

    def cut(self, one, other):
        """The same between two regions."""
        self._rule("from", self._subnet(one), "to", self._subnet(other))
        self._rule("from", self._subnet(other), "to", self._subnet(one))

    def mend(self):
        """Everybody reaches everybody again who is plugged in."""
        while "blackhole" in (text := ip("-n", self._space("router"), "rule")):
            assert text
            ip("-n", self._space("router"), "rule", "del", "pref", CUT)

    # Its end

    def pids(self, name):
        """All that runs on a host."""
        return [int(pid) for pid in ip("netns", "pids", self._space(name)).split()]

    def detach(self):
        """It stays when this process ends; resume() finds it again."""
        keeper = subprocess.Popen(
            [*self.words("router"), "sleep", "infinity"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
            pass_fds=[self.lock.fileno()], start_new_session=True)
        assert keeper.pid
        self._dismiss()
        return {"block": self.block, "regions": self.regions, "zones": self.zones,
                "hosts": self.hosts}

    @classmethod
    def resume(cls, state):
        """What detach() gave."""
        net = cls(state["block"], None)
        net.regions, net.zones = state["regions"], state["zones"]
        net.hosts = {name: tuple(host) for name, host in state["hosts"].items()}
        return net

    def _dismiss(self):
        if self.janitor:
            self.janitor.kill()
            self.janitor.stdin.close()
            self.janitor.wait()
            self.janitor = None

    def close(self):
        self._dismiss()
        sweep(self.block)
        if self.lock:
            self.lock.close()
            self.lock = None
