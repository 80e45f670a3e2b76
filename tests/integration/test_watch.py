"""hadeploy watch: real servers that go and come back, and watches that are killed."""

import http.server
import json
import os
import signal
import socket
import threading
import time

import pytest

from lab import Project, wait_until

ADDRESSES = {"east": "127.31.1.1", "west": "127.31.2.1", "south": "127.31.3.1"}


class Answers(http.server.BaseHTTPRequestHandler):
    """GET: well, if nobody says otherwise; POST: noted, and held while the gate is closed."""

    def do_GET(self):
        self.reply(503 if self.server.sick else 200)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.owner.posted.append(self.path)
        self.server.owner.gate.wait(30)
        self.reply(200)

    def reply(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    sick = False


class World:
    """A server per region, all on one port, and one outside that runbooks talk to."""

    def __init__(self):
        self.posted, self.gate, self.servers = [], threading.Event(), {}
        self.gate.set()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start("outside", "127.0.0.1")

    def start(self, name, address=None):
        server = Server((address or ADDRESSES[name], self.port), Answers)
        server.owner = self
        self.servers[name] = server
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self, name):
        server = self.servers.pop(name)
        server.shutdown()
        server.server_close()

    def close(self):
        self.gate.set()
        for name in list(self.servers):
            self.stop(name)


@pytest.fixture
def world():
    made = World()
    for region in ADDRESSES:
        made.start(region)
    yield made
    made.close()


def step(world, name, path=None, **keys):
    return {"Name": name, "Type": "Http", "Method": "POST",
            "Url": f"http://127.0.0.1:{world.port}/{path or name}", **keys}


def project(folder, world, watch=None, steps=None, **more):
    shop = {"Type": "HTTP", "Url": f"http://${{Host}}:{world.port}/", "Roles": ["web"],
            "Interval": "100ms", "Timeout": "1s", "HealthyThreshold": 2, "UnhealthyThreshold": 3}
    made = Project(folder, {
        "Project": "shop", "Providers": {"probe": {}},
        "Regions": {region: {"Hosts": {f"web-{region}": {"Address": address, "Roles": ["web"]}}}
                    for region, address in ADDRESSES.items()},
        "HealthChecks": {"shop": shop},
        "Runbooks": {"failover": "failover.yaml"},
        "Failover": {"Healthy": ["shop"], "CoolDown": "0s"},
        "Watch": [{"Check": "shop", "Region": "east", "Runbook": "failover", "CoolDown": "0s",
                   "Parameters": {"From": "east", "To": "best"}, **(watch or {})}],
        "Stacks": {"web": {"Template": "web.yaml", "Targets": ["east", "west"]}}, **more})
    made.save()
    made.put("web.yaml", {"Resources": {}})
    made.put("failover.yaml", {
        "Parameters": {"From": {"Type": "Region"}, "To": {"Type": "Region"}},
        "Objectives": {"RTO": "1m", "Healthy": "shop"},
        "Steps": steps or [step(world, "move")]})
    return made


class Watching:
    """A watch in the background, and the lines that it prints."""

    def __init__(self, made, *args):
        self.lines, self.proc = [], made.start("watch", "--json", *args)
        self.readers = [threading.Thread(target=self.read, args=(pipe,), daemon=True)
                        for pipe in (self.proc.stdout, self.proc.stderr)]
        for reader in self.readers:
            reader.start()

    def read(self, pipe):
        for line in pipe:
            try:
                self.lines.append(json.loads(line))
            except ValueError:
                self.lines.append({"type": "noise", "text": line})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.proc.poll() is None:
            self.kill()

    def kill(self):
        os.killpg(self.proc.pid, signal.SIGKILL)
        self.proc.wait(20)

    def end(self, sign=signal.SIGINT):
        self.proc.send_signal(sign)
        code = self.proc.wait(30)
        for reader in self.readers:
            reader.join(5)
        return code

    def events(self, **wanted):
        return [line for line in list(self.lines)
                if line.get("type") == "watch" and wanted.items() <= line.items()]

    def until(self, count=1, **wanted):
        try:
            wait_until(lambda: len(self.events(**wanted)) >= count, 30, str(wanted))
        except AssertionError as late:
            raise AssertionError(f"{late}\n" + "\n".join(map(str, self.lines))) from None
        return self.events(**wanted)[count - 1]


def executions(made):
    return [line for line in made.lines("runbook", "status", "--limit", "9")
            if line["type"] == "execution"]


def test_nothing_is_watched_unless_configured(tmp_path, world):
    made = project(tmp_path, world, Watch=[])
    made.run("watch").ok(1).err("HD2780", "Watch: [{Check:")
    made = project(tmp_path, world)
    made.run("watch", "shop in eats").ok(1).err("HD2781", "did you mean 'shop in east'")


def test_a_region_that_dies_is_left(tmp_path, world):
    made = project(tmp_path, world)
    with Watching(made) as watch:
        watch.until(event="standing", state="HEALTHY")
        world.stop("east")
        watch.until(event="standing", state="UNHEALTHY")
        ended = watch.until(event="ends")
        assert ended["text"] == "COMPLETED"
        # The same outage is acted on once.
        watch.until(event="holds")
        assert world.posted == ["/move"]
        assert watch.end() == 0
    story = made.lines("runbook", "status", ended["execution"])[0]
    assert story["parameters"]["To"] == "west"
    run = made.run("runbook", "report", ended["execution"]).ok()
    run.out("watch 'shop in east'", "web-east")
