"""hadeploy watch: real servers that go and come back, and watches that are killed."""

import contextlib
import http.server
import signal
import socket
import sqlite3
import threading
import time

import pytest

from lab import Project, wait_until
from lab.watching import Watching

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


def samples(made):
    """What is recorded of checks: the latest answer, and when it was healthy last."""
    found = {}
    with contextlib.closing(sqlite3.connect(made.dir / ".hadeploy" / "state.db")) as db:
        for name, region, healthy, at, detail in db.execute(
                "SELECT name, region, healthy, at_ms, detail FROM check_sample ORDER BY at_ms"):
            row = found.setdefault((name, region), {"healthy_at": 0})
            row.update(healthy=bool(healthy), at=at, detail=detail)
            row["healthy_at"] = at if healthy else row["healthy_at"]
    return found


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


def test_what_goes_up_and_down_starts_nothing(tmp_path, world):
    made = project(tmp_path, world, {"For": "700ms"})
    with Watching(made) as watch:
        watch.until(event="standing", state="HEALTHY")
        for count in range(1, 4):
            world.stop("east")
            watch.until(count, event="standing", state="UNHEALTHY")
            world.start("east")
            watch.until(count + 1, event="standing", state="HEALTHY")
        assert watch.end() == 0
    assert not world.posted and not watch.events(event="starts")


def test_a_place_that_is_cut_off_starts_nothing(tmp_path, world):
    made = project(tmp_path, world)
    with Watching(made) as watch:
        watch.until(event="standing", state="HEALTHY")
        for region in reversed(ADDRESSES):
            world.stop(region)
        watch.until(event="holds", hold="cut off")
        for region in ADDRESSES:
            world.start(region)
        watch.until(2, event="standing", state="HEALTHY")
        assert watch.end(signal.SIGTERM) == 0
    assert not world.posted and not watch.events(event="starts")


def test_a_region_never_seen_healthy_is_not_left(tmp_path, world):
    made = project(tmp_path, world)
    world.stop("east")
    made.run("watch", "--once").ok(1).out("HOLDS", "never seen healthy")
    assert not world.posted


def test_once_is_for_cron(tmp_path, world):
    made = project(tmp_path, world)
    made.run("watch", "--once").ok().out("shop in east  HEALTHY")
    world.stop("east")
    run = made.run("watch", "--once").ok().out("UNHEALTHY since", "STARTS runbook 'failover'",
                                               "ENDED: COMPLETED")
    run.out("connection refused")
    assert world.posted == ["/move"]
    made.run("watch", "--once").ok(1).out("HOLDS", "has left the region already")
    assert world.posted == ["/move"]
    # Somebody brought it back: it is watched as before.
    world.start("east")
    made.run("failover", "--from", "west", "--to", "east", "--yes").ok()
    made.run("watch", "--once").ok()
    world.stop("east")
    made.run("watch", "--once").ok().out("ENDED: COMPLETED")


@pytest.mark.parametrize("code, keys, ended", [
    (3, {"Status": 204, "OnFailure": "continue"}, "COMPLETED_WITH_EXCEPTIONS"),
    (4, {"Promotes": True}, "FAILED"),
    (130, None, "PAUSED")])
def test_once_ends_as_its_runbook(tmp_path, world, code, keys, ended):
    wait = {"Name": "move", "Type": "Wait", "Duration": "1h"}
    made = project(tmp_path, world, steps=[step(world, "move", **keys) if keys else wait])
    made.run("watch", "--once").ok()
    world.stop("east")
    once = made.start("watch", "--once")
    if code == 130:
        wait_until(lambda: executions(made), 30, "its execution")
        once.send_signal(signal.SIGINT)
    once.communicate(timeout=60)
    assert once.returncode == code
    assert executions(made)[0]["status"] == ended


def test_cool_down_holds_after_a_failure(tmp_path, world):
    made = project(tmp_path, world, {"CoolDown": "1h"},
                   steps=[step(world, "move", Status=204)])
    made.run("watch", "--once").ok()
    world.stop("east")
    made.run("watch", "--once").ok(1).out("ENDED: FAILED")
    made.run("watch", "--once").ok(1).out("HOLDS", "cool-down")
    assert len(world.posted) == 1


def test_nowhere_to_go_is_tried_again_later(tmp_path, world):
    made = project(tmp_path, world, steps=None)
    with Watching(made) as watch:
        watch.until(event="standing", state="HEALTHY")
        world.servers["west"].sick = world.servers["south"].sick = True
        world.stop("east")
        watch.until(event="ends", text="refused")
        watch.until(event="holds", hold="refused")
        assert watch.end() == 0
    assert not world.posted and not executions(made)


def test_an_outage_counts_on_over_a_restart(tmp_path, world):
    made = project(tmp_path, world, {"For": "4s"})
    with Watching(made) as watch:
        watch.until(event="standing", state="HEALTHY")
        world.stop("east")
        first = watch.until(event="standing", state="UNHEALTHY")
        time.sleep(1.5)  # what was seen is recorded once a second
        watch.kill()
    with Watching(made) as watch:
        again = watch.until(event="standing", state="UNHEALTHY")
        assert again["since"] == first["since"]
        started = watch.until(event="starts")
        assert started["since"] == first["since"]
        watch.until(event="ends", text="COMPLETED")
        assert watch.end() == 0
    assert world.posted == ["/move"]


def test_a_second_watch_stands_by_and_takes_over(tmp_path, world):
    made = project(tmp_path, world, {"For": "3s"})
    with Watching(made) as first:
        first.until(event="standing", state="HEALTHY")
        with Watching(made) as second:
            assert f"process {first.proc.pid}" in second.until(event="stands-by")["text"]
            made.run("watch", "--once").ok(4).err("HD9056")
            assert not second.events(event="acts")
            world.stop("east")
            seen = first.until(event="standing", state="UNHEALTHY")
            first.kill()
            second.until(event="acts")
            # To stand by was no silence: the outage counts on.
            again = second.until(event="standing", state="UNHEALTHY")
            assert again["since"] == seen["since"]
            second.until(event="ends", text="COMPLETED")
            assert second.end() == 0
    assert world.posted == ["/move"]


@pytest.mark.parametrize("how", ["killed", "taken over", "stopped"])
def test_an_execution_is_gone_on_with(tmp_path, world, how):
    made = project(tmp_path, world, steps=[step(world, "first"), step(world, "second"),
                                           step(world, "third")])
    with Watching(made) as watch:
        watch.until(event="standing", state="HEALTHY")
        world.stop("east")
        world.gate.clear()
        wait_until(lambda: world.posted, 30, "the first step to be at work")
        if how == "stopped":
            watch.proc.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            world.gate.set()
            assert watch.end(signal.SIGTERM) == 130
        elif how == "killed":
            watch.kill()
            world.gate.set()
        else:
            with Watching(made) as second:
                second.until(event="stands-by")
                watch.kill()
                world.gate.set()
                second.until(event="resumes")
                second.until(event="ends")
                assert second.end() == 0
    if how != "taken over":
        with Watching(made) as watch:
            watch.until(event="resumes")
            watch.until(event="ends")
            assert watch.end() == 0
    row, = executions(made)
    assert row["status"] in ("COMPLETED", "FAILED")
    assert world.posted.count("/second") <= 1 and world.posted.count("/third") <= 1


def test_what_a_person_paused_waits_for_the_person(tmp_path, world):
    made = project(tmp_path, world, steps=[step(world, "first"), step(world, "second")])
    with Watching(made) as watch:
        watch.until(event="standing", state="HEALTHY")
        world.stop("east")
        world.gate.clear()
        wait_until(lambda: world.posted, 30, "the first step to be at work")
        made.run("runbook", "pause").ok()
        world.gate.set()
        wait_until(lambda: executions(made)[0]["status"] == "PAUSED", 20, "it is paused")
        watch.kill()
    with Watching(made) as watch:
        watch.until(event="holds", hold="running")
        assert watch.end() == 0
    assert world.posted == ["/first"]


def test_the_best_region_is_chosen(tmp_path, world):
    made = project(tmp_path, world)
    failover = ("failover", "--from", "east", "--to", "best", "--yes")
    world.servers["west"].sick = True
    made.run(*failover).ok().err("region 'south' was chosen", "'west' was not", "HTTP 503")
    world.servers["south"].sick = True
    made.run(*failover).ok(4).err("HD2669", "'west' was not", "'south' was not")
    world.servers["south"].sick = world.servers["west"].sick = False
    made = project(tmp_path, world, Failover={"Prefer": ["south", "west"], "Healthy": ["shop"],
                                              "CoolDown": "0s"})
    made.run(*failover).ok().err("region 'south' was chosen")
    made.put("failover.yaml", {
        "Parameters": {"From": {"Type": "Region"},
                       "To": {"Type": "Region", "AllowedValues": ["east", "west"]}},
        "Steps": [step(world, "move")]})
    made.run(*failover).ok().err("region 'west' was chosen", "AllowedValues")
    made = project(tmp_path, world, Failover={"CoolDown": "0s"})
    made.put("failover.yaml", {
        "Parameters": {"From": {"Type": "Region"}, "To": {"Type": "Region"}},
        "Steps": [step(world, "move")]})
    made.run(*failover).ok(4).err("HD2669", "Failover: {Healthy:")


def test_what_cannot_be_asked_is_said(tmp_path, world):
    checks = {"shop": {"Type": "HTTP", "Url": "http://127.0.0.1:1/", "Provider": "names"}}
    made = project(tmp_path, world, HealthChecks=checks, Providers={
        "probe": {}, "names": {"Use": "powerdns", "Endpoint": "http://127.0.0.1:1"}})
    made.run("watch", "--once").ok(1).err("HD2782", "carries out no checks")


def test_what_a_fence_will_ask_is_asked_while_all_is_well(tmp_path, world):
    """Else nobody knows when the old primary was alive last, and since when its lease runs out."""
    url = {"Type": "HTTP", "Url": f"http://${{Host}}:{world.port}/", "Roles": ["web"],
           "Interval": "100ms"}
    made = project(tmp_path, world, steps=[
        {"Name": "fence", "Type": "Fence", "Region": {"Ref": "From"}, "Check": "old",
         "Gone": ["alive"], "Lease": "1s"}])
    made.manifest["HealthChecks"].update(old=url, alive=url, unused=url)
    made.save()
    with Watching(made) as watch:
        watch.until(event="standing", state="HEALTHY")
        wait_until(lambda: {name for name, _ in samples(made)} >= {"old", "alive"}, 20, "samples")
        assert watch.end() == 0
    known = {place for place in samples(made) if not place[0].startswith("@")}
    assert known == {("shop", "east"), ("shop", "west"), ("shop", "south"), ("old", "east"),
                     ("alive", "east")}


def test_a_sample_of_the_standby_is_kept_while_all_is_well(tmp_path, world):
    """What a failover knows of the time before the cut: health and watch write it, and the
    latest healthy answer stays when the region is gone."""
    made = project(tmp_path, world)
    made.run("health").ok()
    assert samples(made)["shop", "east"]["healthy"]
    with Watching(made) as watch:
        watch.until(event="standing", state="HEALTHY")
        before = samples(made)["shop", "west"]["at"]
        wait_until(lambda: samples(made)["shop", "west"]["at"] > before, 20, "a later sample")
        assert watch.end() == 0
    world.stop("east")
    made.run("health").ok(1)
    rows = samples(made)
    assert not rows["shop", "east"]["healthy"] and rows["shop", "east"]["healthy_at"] > 0
    assert "connection refused" in rows["shop", "east"]["detail"]
