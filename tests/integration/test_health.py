"""hadeploy health: all checks in all regions, through thresholds, quorum and vantage points."""

import http.server
import json
import signal
import threading

import pytest

from lab import Lab, Project, wait_until


class Web(http.server.BaseHTTPRequestHandler):
    """Answers 200, or 503 while `sick` has the path."""

    sick = set()

    def do_GET(self):
        self.send_response(503 if self.path in self.sick else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


@pytest.fixture
def web():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Web.sick.clear()
    yield server.server_address[1]
    server.shutdown()


def project(folder, checks, hosts=None, **providers):
    made = Project(folder, {
        "Project": "shop", "Providers": {"ssh": {}, "probe": {}, **providers},
        "Regions": {"east": {"Hosts": (hosts or {}).get("east", {})},
                    "west": {"Hosts": (hosts or {}).get("west", {})}},
        "HealthChecks": checks,
        "Stacks": {"web": {"Template": "web.yaml", "Targets": ["east", "west"]}}})
    made.save()
    made.put("web.yaml", {"Resources": {}})
    return made


def check(web, path="/${Region}", **more):
    return {"Type": "HTTP", "Url": f"http://127.0.0.1:{web}{path}", "Interval": "50ms",
            "Timeout": "2s", "HealthyThreshold": 2, "UnhealthyThreshold": 2, **more}


def states(run):
    found = [json.loads(line) for line in run.stdout.splitlines()]
    return {(r["check"], r["region"]): r["state"] for r in found if r["type"] == "health"}


def test_all_are_healthy(tmp_path, web):
    run = project(tmp_path, {"shop": check(web)}).run("health").ok()
    run.out("2 of 2 healthy", "HTTP 200 in")


def test_one_is_not(tmp_path, web):
    Web.sick.add("/west")
    shop = project(tmp_path, {"shop": check(web), "other": check(web, "/")})
    shop.run("health").ok(1).out("UNHEALTHY", "HTTP 503", "3 of 4 healthy")
    assert states(shop.run("health", "--json").ok(1)) == {
        ("shop", "east"): "HEALTHY", ("shop", "west"): "UNHEALTHY",
        ("other", "east"): "HEALTHY", ("other", "west"): "HEALTHY"}
    shop.run("health", "other").ok().out("2 of 2 healthy")
    shop.run("health", "shop", "--region", "east").ok().out("1 of 1 healthy")
    shop.run("health", "shpo").ok(1).err("HD9055", "did you mean 'shop'?")


def test_it_is_watched_until_ctrl_c(tmp_path, web):
    shop = project(tmp_path, {"shop": check(web)})
    with shop.start("health", "--watch") as watching:
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(watching.stdout), daemon=True)
        reader.start()

        def said(*words):
            return lambda: any(all(w in str(line) for w in words) for line in lines)

        wait_until(said(" HEALTHY", "shop (west)"), 20, "healthy")
        Web.sick.add("/west")
        wait_until(said("UNHEALTHY", "shop (west)", "HTTP 503"), 20, "unhealthy")
        Web.sick.clear()
        wait_until(lambda: sum(" HEALTHY" in str(x) and "(west)" in str(x) for x in lines) == 2,
                   20, "healthy again")
        watching.send_signal(signal.SIGINT)
        assert watching.wait(20) == 0
        reader.join(5)
    assert not any("UNHEALTHY" in str(line) and "(east)" in str(line) for line in lines)


def test_vantage_points_have_a_quorum(tmp_path, web):
    """Asked from here, from a host that lives and from one that is dead."""
    with Lab(tmp_path / "lab") as lab:
        lab.grid({"east": ["east-a"], "west": ["west-a"]}).start()
        hosts = {h.region: {n: {"Address": h.address, "Port": h.port}}
                 for n, h in lab.hosts.items()}
        names = {h.region: n for n, h in lab.hosts.items()}
        ssh = {"User": lab.user, "IdentityFile": str(lab.user_key),
               "KnownHostsFile": str(lab.known_hosts), "ConnectTimeout": "2s"}
        shop = project(tmp_path / "shop", {
            "shop": check(web, From=["local", "east", names["west"]], Quorum=2,
                          Timeout="1s")}, hosts, ssh=ssh)
        shop.run("health").ok().out("2 of 2 healthy")
        lab.stop_region("west")
        shop.run("health").ok().out("2 of 2 healthy")
        Web.sick.update({"/east", "/west"})
        shop.run("health").ok(1).out("UNHEALTHY", "0 of 2 healthy")
        lab.stop_region("east")     # one voice is no quorum
        shop.run("health").ok(1).out("UNKNOWN", "0 of 2 healthy")
