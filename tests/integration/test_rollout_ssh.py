"""Rollouts over two regions and two accounts of real SSH hosts, with one of them made to fail.

The disks, and who logged in where, are the witnesses.
"""

import http.server
import threading

import pytest

from lab import Lab
from lab.fleet import REGIONS, Fleet, host_name, results, statuses

HOSTS = ["web-e1", "web-e2", "web-w1", "web-w2"]
CHECK = {"Interval": "10ms", "Timeout": "5s", "HealthyThreshold": 1, "UnhealthyThreshold": 2}
CANARY = [{"Name": "canary", "Regions": ["east"]}, {"Name": "rest"}]


def pages(*texts):
    return dict(zip(HOSTS, texts))


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    it = Fleet(Lab(tmp_path_factory.mktemp("lab")))
    it.lab.start()
    yield it
    it.lab.close()


@pytest.fixture
def fleet(hosts):
    return hosts.fresh()


def release(project, number, **more):
    """What `apply` would bring next."""
    project.manifest["Stacks"]["web"]["Parameters"]["Release"] = number
    project.manifest["Stacks"]["web"].update(more)
    project.save()


@pytest.fixture
def deployed(fleet, tmp_path):
    """Release 1 everywhere, and release 2 not yet."""
    def deploy(**parts):
        project = fleet.project(tmp_path / "project", **parts)
        project.run("apply", "--yes").ok()
        assert fleet.lasts() == pages("1", "1", "1", "1")
        release(project, "2")
        return project
    return deploy


class Doctor(http.server.BaseHTTPRequestHandler):
    """/east/a: what is ill is told to the server beforehand; '': all is well."""

    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_response(503 if self.path in self.server.ill else 200)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def doctor():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Doctor)
    server.asked, server.ill = [], set()
    server.check = {"Type": "HTTP", **CHECK,
                    "Url": f"http://127.0.0.1:{server.server_port}/${{Region}}/${{Account}}"}
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


# Order, tolerance, and what a repeated run does


@pytest.mark.parametrize("args, order", [([], ["east", "west"]),
                                         (["--region-order", "west,east"], ["west", "east"])])
def test_one_region_after_the_other(fleet, deployed, args, order):
    project = deployed()
    project.run("apply", "--yes", *args).ok()
    first, second = ([fleet.written(host_name(region, account)) for account in "ab"]
                     for region in order)
    assert max(first) < min(second)
    assert fleet.lasts() == pages("2", "2", "2", "2")
    assert set(statuses(project).values()) == {"CURRENT"}


def test_a_release_outdates_all_before_anything_runs(deployed):
    project = deployed()
    assert statuses(project) == {f"{a}/{r}": "OUTDATED" for a in "ab" for r in REGIONS}
    project.run("status", "web").ok().out("OUTDATED")
    release(project, "1")
    assert set(statuses(project).values()) == {"CURRENT"}


@pytest.mark.parametrize("name", HOSTS)
def test_one_host_that_fails(fleet, deployed, name):
    """Its region ends, its page goes back, and no later region is begun."""
    project = deployed()
    fleet.breaks(name)
    logins = fleet.logins()
    told = project.run("apply", "--yes").ok(3).err("HD5104", name, "FailureTolerance allows")
    expected = {host: "2" for host in HOSTS}
    if name[4] == "e":
        expected.update({"web-w1": "1", "web-w2": "1"})
        told.err("HD2515", "2 instances were not started")
    expected[name] = "1"
    assert fleet.pages() == expected
    seen = results(project)
    where = {host_name(region, account): f"{account}/{region}"
             for region in REGIONS for account in "ab"}
    for host in HOSTS:
        begun = name[4] == "w" or host[4] == "e"
        assert (fleet.logins()[host] != logins[host]) == begun, host
        assert seen[where[host]] == ("ROLLED_BACK" if host == name else
                                     "SUCCEEDED" if begun else "CANCELLED"), host

    logins = fleet.logins()
    fleet.mends(name)
    project.run("operation", "resume", "--yes").ok()
    assert fleet.lasts() == pages("2", "2", "2", "2")
    for host in HOSTS:
        again = host == name or seen[where[host]] == "CANCELLED"
        assert (fleet.logins()[host] != logins[host]) == again, "nothing is done twice"


def test_a_host_that_is_down(fleet, deployed):
    project = deployed()
    fleet.lab.host("web-e1").stop()
    project.run("apply", "--yes").ok(3).err("web-e1", "HD2515")
    assert fleet.pages() == pages("1", "2", "1", "1")
    project.run("status", "web").ok().out("the host refuses the connection")
    fleet.lab.host("web-e1").start()
    project.run("apply", "--yes").ok()
    assert fleet.lasts() == pages("2", "2", "2", "2")


def test_within_tolerance_it_goes_on(fleet, deployed):
    project = deployed(Rollout={"FailureTolerance": 1})
    fleet.breaks("web-e1")
    told = project.run("apply", "--yes").ok(3)
    assert "HD2515" not in told.stderr, told
    assert fleet.pages() == pages("1", "2", "2", "2")
    assert results(project)["a/east"] == "ROLLED_BACK"
    assert statuses(project)["b/west"] == "CURRENT" != statuses(project)["a/east"]
    fleet.mends("web-e1")
    logins = fleet.logins()
    project.run("apply", "--yes").ok()
    assert fleet.lasts() == pages("2", "2", "2", "2")
    assert [host for host in HOSTS if fleet.logins()[host] != logins[host]] == ["web-e1"]


def test_the_tolerance_holds_in_each_region(fleet, deployed):
    """One in each is allowed; a second one in the east is not."""
    project = deployed(Rollout={"FailureTolerance": "50%"})
    for name in ("web-e1", "web-w2"):
        fleet.breaks(name)
    told = project.run("apply", "--yes").ok(3)
    assert "HD2515" not in told.stderr, told
    assert fleet.pages() == pages("1", "2", "2", "1")
    release(project, "3")
    fleet.breaks("web-e2")
    project.run("apply", "--yes").ok(1).err("HD2515", "east")
    assert fleet.pages() == pages("1", "2", "2", "1")


@pytest.mark.parametrize("mode, code, east_b", [("STRICT", 1, "1"), ("SOFT", 3, "2")])
def test_how_many_may_be_under_way(fleet, deployed, mode, code, east_b):
    """STRICT without tolerance is one at a time: the first failure is the last."""
    project = deployed()
    fleet.breaks("web-e1")
    project.run("apply", "--yes", "--concurrency-mode", mode, "--max-concurrent", "2").ok(code)
    assert fleet.pages() == pages("1", east_b, "1", "1")
    assert results(project)["b/east"] == ("CANCELLED" if mode == "STRICT" else "SUCCEEDED")


def test_parallel_regions_count_for_themselves(fleet, deployed):
    """East stops; what the west had under way ends well."""
    project = deployed()
    fleet.breaks("web-e1")
    project.run("apply", "--yes", "--region-concurrency", "PARALLEL").ok(3) \
        .err("more failed in east than FailureTolerance allows")
    assert fleet.pages() == pages("1", "2", "2", "2")


def test_nothing_to_do_asks_nobody(fleet, deployed):
    project = deployed()
    project.run("apply", "--yes").ok()
    logins = fleet.logins()
    project.run("apply", "--yes").ok()
    assert fleet.logins() == logins
    web = project.manifest["Stacks"]["web"]
    web["Overrides"] = [{"Region": "west", "Account": "b", "Parameters": {"Release": "2b"}}]
    project.save()
    assert [at for at, status in statuses(project).items() if status == "OUTDATED"] == ["b/west"]
    project.run("apply", "--yes").ok()
    assert fleet.lasts() == pages("2", "2", "2", "2b")
    assert [host for host in HOSTS if fleet.logins()[host] != logins[host]] == ["web-w2"]


# What goes back


@pytest.mark.parametrize("what, expected", [
    ("keep", pages("2", "2", "2", "2")), ("instance", pages("2", "2", "2", "1")),
    ("wave", pages("2", "2", "1", "1")), ("all", pages("1", "1", "1", "1"))])
def test_what_a_failure_brings_back(fleet, deployed, what, expected):
    project = deployed(Rollout={"Waves": CANARY, "OnFailure": what})
    fleet.breaks("web-w2")
    code = 1 if what == "all" else 3
    project.run("apply", "--yes").ok(code).err("HD5104", "web-w2")
    assert fleet.pages() == expected
    changed = {"keep": "FAILED"}.get(what, "ROLLED_BACK")
    assert results(project)["b/west"] == changed
    back = {at for at, status in results(project).items() if status == "ROLLED_BACK"}
    assert back == {"keep": set(), "instance": {"b/west"}, "wave": {"a/west", "b/west"},
                    "all": {"a/east", "b/east", "a/west", "b/west"}}[what]
    fleet.mends("web-w2")
    project.run("apply", "--yes").ok()
    assert fleet.pages() == fleet.lasts() == pages("2", "2", "2", "2")
    project.run("plan", "--exit-code").ok()


def test_the_command_line_decides_what_goes_back(fleet, deployed):
    project = deployed(Rollout={"Waves": CANARY, "OnFailure": "all"})
    fleet.breaks("web-w2")
    project.run("apply", "--yes", "--on-failure", "instance").ok(3)
    assert fleet.pages() == pages("2", "2", "2", "1")


def test_a_failure_within_tolerance_goes_back_alone(fleet, deployed):
    project = deployed(Rollout={"OnFailure": "all", "FailureTolerance": 1})
    fleet.breaks("web-w2")
    project.run("apply", "--yes").ok(3)
    assert fleet.pages() == pages("2", "2", "2", "1")


def test_a_first_release_that_fails_leaves_nothing_of_its_wave(fleet, tmp_path):
    project = fleet.project(tmp_path / "project", Rollout={"Waves": CANARY, "OnFailure": "wave"})
    fleet.breaks("web-w1")
    project.run("apply", "--yes").ok(3)
    assert fleet.pages() == pages("1", "1", None, None)
    assert all("/east/" in address for address in project.recorded())


# Gates, healthy regions, freezes


def test_a_command_asks_before_each_target(fleet, deployed, tmp_path):
    no = tmp_path / "no"
    script = f'! grep -qx "$HADEPLOY_ACCOUNT/$HADEPLOY_REGION" {no}'
    project = deployed(Rollout={"Gate": "ready", "FailureTolerance": 1}, more={"HealthChecks": {
        "ready": {"Type": "COMMAND", "Command": ["sh", "-c", f"! test -e {no} || {script}"],
                  **CHECK}}})
    no.write_text("b/east\n")
    logins = fleet.logins()
    project.run("apply", "--yes").ok(3).err("HD2517", "ready")
    assert fleet.pages() == pages("2", "1", "2", "2")
    assert fleet.logins()["web-e2"] == logins["web-e2"], "nothing of it was touched"
    assert results(project)["b/east"] == "FAILED"
    no.unlink()
    project.run("apply", "--yes").ok()
    assert fleet.lasts() == pages("2", "2", "2", "2")


def test_a_page_asks_before_each_target(fleet, deployed, doctor):
    project = deployed(Rollout={"Gate": "ready"}, more={"HealthChecks": {"ready": doctor.check}})
    doctor.ill = {"/west/a"}
    project.run("apply", "--yes").ok(3).err("HD2517", "503")
    assert fleet.pages() == pages("2", "2", "1", "2")
    assert {"/east/a", "/east/b", "/west/a", "/west/b"} == set(doctor.asked)


def test_gates_that_let_nothing_begin_refuse(fleet, deployed, doctor):
    project = deployed(Rollout={"Gate": "ready"}, more={"HealthChecks": {"ready": doctor.check}})
    doctor.ill = {"/east/a", "/east/b"}
    logins = fleet.logins()
    project.run("apply", "--yes").ok(4).err("HD2517")
    assert fleet.logins() == logins


@pytest.mark.parametrize("back, expected", [("instance", pages("2", "2", "1", "1")),
                                            ("wave", pages("1", "1", "1", "1"))])
def test_an_ill_canary_ends_the_rollout(fleet, deployed, doctor, back, expected):
    waves = [{"Name": "canary", "Regions": ["east"], "Bake": "50ms", "HealthChecks": ["well"]},
             {"Name": "rest"}]
    project = deployed(Rollout={"Waves": waves, "OnFailure": back},
                       more={"HealthChecks": {"well": doctor.check}})
    doctor.ill = {"/east/b"}
    logins = fleet.logins()
    project.run("apply", "--yes").ok(1 if back == "wave" else 3).err("HD2516", "503")
    assert fleet.pages() == expected
    for name in ("web-w1", "web-w2"):
        assert fleet.logins()[name] == logins[name]
    assert "/west/a" not in doctor.asked
    doctor.ill = set()
    project.run("apply", "--yes").ok()
    assert fleet.lasts() == pages("2", "2", "2", "2")


def test_the_last_healthy_region_is_left_alone(fleet, deployed, doctor):
    project = deployed(Rollout={"MinHealthyRegions": 1, "HealthChecks": ["well"]},
                       more={"HealthChecks": {"well": doctor.check}})
    doctor.ill = {"/west/a", "/west/b"}
    logins = fleet.logins()
    project.run("apply", "--yes").ok(4).err("HD2518")
    assert fleet.logins() == logins and fleet.pages() == pages("1", "1", "1", "1")
    doctor.ill = set()
    project.run("apply", "--yes").ok()
    assert fleet.lasts() == pages("2", "2", "2", "2")


def test_a_freeze_is_kept_or_overridden_with_a_reason(fleet, deployed):
    project = deployed()
    project.manifest["FreezeWindows"] = [{"Name": "audit", "From": "2020-01-01",
                                          "To": "2120-01-01"}]
    project.save()
    logins = fleet.logins()
    project.run("plan").ok().out("audit")
    project.run("apply", "--yes").ok(4).err("HD2519", "audit", "--override-freeze")
    assert fleet.logins() == logins
    project.run("apply", "--yes", "--override-freeze", "the disk is burning").ok()
    assert fleet.lasts() == pages("2", "2", "2", "2")
    project.run("operation", "show").ok().out("the disk is burning")


def test_a_freeze_of_one_region(fleet, deployed):
    project = deployed()
    project.manifest["FreezeWindows"] = [{"Name": "audit", "From": "2020-01-01",
                                          "To": "2120-01-01", "Regions": ["west"]}]
    project.save()
    project.run("apply", "--yes").ok(4).err("HD2519", "west")
    assert fleet.pages() == pages("1", "1", "1", "1")
    project.run("apply", "--yes", "--region", "east").ok()
    assert fleet.pages() == pages("2", "2", "1", "1")


# Targets that come and go


def only_east(project, **more):
    project.manifest["Stacks"]["web"].update(
        {"Targets": [{"Region": "east", "Account": "a"}, {"Region": "east", "Account": "b"}],
         **more})
    project.save()


def test_a_removed_target_is_taken_away(fleet, deployed):
    project = deployed()
    only_east(project)
    project.run("plan").ok().out("web/a/west", "4 to delete")
    project.run("apply", "--yes").ok()
    assert fleet.pages() == pages("2", "2", None, None)
    assert set(statuses(project)) == {"a/east", "b/east"}
    release(project, "2", Targets=[{"Where": {"tier": "prod"}, "Accounts": "all"},
                                   {"Region": "east", "Account": "a"}])
    project.run("apply", "--yes").ok()
    assert fleet.pages() == pages("2", "2", None, "2")


def test_a_removed_target_keeps_its_things(fleet, deployed):
    project = deployed()
    only_east(project, RetainInstances=True)
    project.run("apply", "--yes").ok()
    assert fleet.pages() == pages("2", "2", "1", "1")
    assert all("/east/" in address for address in project.recorded())


def test_a_target_that_cannot_be_removed_is_inoperable(fleet, deployed):
    project = deployed()
    project.run("apply", "--yes").ok()
    only_east(project)
    fleet.lab.host("web-w2").stop()
    project.run("apply", "--yes").ok(3).err("web-w2")
    assert fleet.pages() == pages("2", "2", None, "2")
    assert statuses(project) == {"a/east": "CURRENT", "b/east": "CURRENT", "b/west": "INOPERABLE"}
    fleet.lab.host("web-w2").start()
    project.run("apply", "--yes").ok()
    assert fleet.pages() == pages("2", "2", None, None)


def test_destroy_goes_the_other_way(fleet, deployed):
    """The west, which came last, goes first; when that fails the east stays."""
    project = deployed()
    fleet.lab.host("web-w1").stop()
    project.run("destroy", "--yes").ok(3).err("web-w1")
    assert fleet.pages() == pages("1", "1", "1", None)
    assert statuses(project)["a/west"] == "INOPERABLE"
    assert results(project)["a/east"] == "CANCELLED"
    fleet.lab.host("web-w1").start()
    project.run("destroy", "--yes").ok()
    assert fleet.pages() == pages(None, None, None, None)
    assert project.recorded() == []
