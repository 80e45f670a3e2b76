"""Rollouts that are killed, stopped, watched and resumed, beside others and behind them.

On the simulated cloud: its log says what was made, and how often.
"""

import json
import signal
import time

import pytest

from lab import Project, ref, template, wait_until
from lab.fleet import results, statuses
from lab.sim import sim_log, sim_rows

REGIONS = ["east", "west"]
ALL = {f"{account}/{region}" for account in "ab" for region in REGIONS}
EAST, WEST = {"a/east", "b/east"}, {"a/west", "b/west"}
NODES = template({"Root": {"Type": "Sim::Node", "Properties": {"Size": 1}},
                  "Leaf": {"Type": "Sim::Node", "Properties": {"Parent": ref("Root")}}})
QUICK = {"Interval": "10ms", "HealthyThreshold": 1, "UnhealthyThreshold": 1}
CANARY = {"Waves": [{"Name": "canary", "Regions": ["east"], "Bake": "10m",
                     "HealthChecks": ["well"]}, {"Name": "rest"}]}


class Cloud(Project):
    """A stack over two regions and two accounts, in a simulated cloud."""

    def __init__(self, folder, rollout=None, **sim):
        super().__init__(folder, {
            "Project": "shop",
            "Providers": {"sim": {"Types": ["Sim::*"], **sim}},
            "Accounts": {"a": {}, "b": {}}, "Regions": {region: {} for region in REGIONS},
            "HealthChecks": {
                "well": {"Type": "COMMAND", "Command": f"! test -e '{folder}/ill'", **QUICK},
                "turn": {"Type": "COMMAND", "Timeout": "60s", **QUICK, "Command":
                         f"touch '{folder}'/at-$HADEPLOY_ACCOUNT-$HADEPLOY_REGION; "
                         f"while ! test -e '{folder}'/open-$HADEPLOY_REGION; do sleep 0.02; "
                         "done"}},
            "Stacks": {"web": {"Template": "web.yaml", "Rollout": rollout or {},
                               "Targets": [{"Regions": "all", "Accounts": "all"}]}}})
        self.save()
        self.put("web.yaml", NODES)
        self.ill = self.dir / "ill"

    def faults(self, *faults):
        self.manifest["Providers"]["sim"]["Faults"] = list(faults)
        self.save()

    def apply(self, *args):
        return self.start("apply", "--yes", "--json", *args)

    def log(self):
        """The addresses of all that was made, in order, without the stack."""
        return [address.partition("/")[2] for address in sim_log(self.dir, "create")]

    def made(self):
        return {address.rpartition("/")[0] for address in self.log()}

    def all_once(self):
        """All is there, nothing was made twice, and everybody says so."""
        wanted = sorted(f"{at}/{name}" for at in ALL for name in ("Root", "Leaf"))
        assert sorted(self.log()) == wanted
        assert self.recorded() == sorted(f"web/{address}" for address in wanted)
        assert statuses(self) == {at: "CURRENT" for at in ALL}
        self.run("plan", "--exit-code").ok()
        self.run("state", "check").ok()

    def runs(self):
        """The latest first."""
        lines = self.parse(self.run("operation", "list", "--json").ok().stdout)
        return [line for line in lines if line["type"] == "run"]

    def resume(self, code=0):
        """The events of the latest run, gone on with."""
        before = self.runs()[0]["run"]
        events = self.parse(self.run("operation", "resume", "--yes", "--json").ok(code).stdout)
        assert self.runs()[0]["resumes"] == before
        return events


def reads_until(proc, kind, **fields):
    """Reads the JSON stream up to an event like this one."""
    seen = []
    for line in proc.stdout:
        event = json.loads(line)
        seen.append(event)
        if event["type"] == kind and fields.items() <= event.items():
            return seen
    raise AssertionError(f"the stream ended without {kind} {fields}: {seen[-5:]}")


def ends(proc, code):
    out, err = proc.communicate(timeout=60)
    assert proc.returncode == code, f"exit {proc.returncode}\n{out}{err}"
    return out + err


def kill(proc):
    proc.kill()
    ends(proc, -signal.SIGKILL)


def at(seen, *names):
    """The instances that have one of these statuses."""
    return {place for place, status in seen.items() if status in names}


# kill -9


@pytest.mark.parametrize("fault", ["kill-before", "kill-after"])
def test_a_run_that_is_killed_in_the_middle_of_a_wave(tmp_path, fault):
    cloud = Cloud(tmp_path, {"MaxConcurrent": 1})
    cloud.faults({"Fault": fault, "Operation": "create", "Address": "web/b/east/Leaf"})
    cloud.run("apply", "--yes").ok(-signal.SIGKILL)
    assert cloud.runs()[0]["status"] == "LOST"
    lost, seen = cloud.runs()[0]["run"], results(cloud)
    assert at(seen, "SUCCEEDED") == {"a/east"} and at(seen, "RUNNING") == {"b/east"}
    assert at(seen, "PENDING") == WEST
    assert statuses(cloud) == {"a/east": "CURRENT", "b/east": "INCOMPLETE",
                               "a/west": "NOT_DEPLOYED", "b/west": "NOT_DEPLOYED"}
    cloud.run("status", "web").ok().out("INCOMPLETE")
    cloud.faults()
    events = cloud.resume()
    assert not [e for e in events if e["type"] == "started" and "/a/east/" in e["address"]]
    assert [e["summary"].partition(":")[0] for e in events if e.get("code") == "HD3104"] \
        == ["lock of 'web/a/east' and 3 more taken over"]
    begun = {"b/east"} if fault == "kill-before" else set()  # else all of it was there
    assert at(results(cloud), "SUCCEEDED") == WEST | begun
    seen = results(cloud, lost)
    assert at(seen, "FAILED") == {"b/east"} and at(seen, "CANCELLED") == WEST
    assert "RUNNING" not in cloud.run("status", "web").ok().stdout
    cloud.all_once()


def test_a_run_that_is_killed_while_it_bakes(tmp_path):
    """What baked is asked for its health again, and not baked again."""
    cloud = Cloud(tmp_path, CANARY)
    proc = cloud.apply()
    reads_until(proc, "baking")
    kill(proc)
    assert cloud.runs()[0]["status"] == "LOST"
    assert at(results(cloud), "SUCCEEDED") == EAST and at(results(cloud), "PENDING") == WEST
    assert at(statuses(cloud), "CURRENT") == EAST
    cloud.ill.touch()
    assert "HD2516" in str(cloud.resume(code=4)), "nothing had begun"
    assert cloud.made() == EAST and at(results(cloud), "CANCELLED") == WEST
    cloud.ill.unlink()
    events = cloud.resume()
    assert not [event for event in events if event["type"] == "baking"]
    cloud.all_once()


def test_a_run_that_is_killed_while_it_goes_back(tmp_path):
    cloud = Cloud(tmp_path, {"OnFailure": "all"})
    cloud.faults({"Fault": "denied", "Operation": "create", "Address": "web/a/west/Leaf"},
                 {"Fault": "kill-after", "Operation": "delete", "Address": "web/b/east/Leaf"})
    cloud.run("apply", "--yes").ok(-signal.SIGKILL)
    assert cloud.runs()[0]["status"] == "LOST"
    assert statuses(cloud)["b/east"] not in ("CURRENT", "NOT_DEPLOYED")
    cloud.faults()
    cloud.run("apply", "--yes").ok()
    assert set(statuses(cloud).values()) == {"CURRENT"}
    assert len(cloud.recorded()) == 8
    assert sim_rows(cloud.dir, "SELECT count(*) FROM resource") == [(8,)]


# operation stop, from another terminal


def test_a_run_that_is_stopped_in_the_middle(tmp_path):
    """What runs finishes, nothing new starts, and the next run does the rest."""
    cloud = Cloud(tmp_path, PollInterval="100ms",
                  Latency={"*": {"create": {"Call": "0ms", "Pending": "3s"}}})
    proc = cloud.apply()
    reads_until(proc, "started", address="web/b/east/Root")
    cloud.run("operation", "stop").ok()
    assert "HD2203" in ends(proc, 130)
    assert set(cloud.log()) == {"a/east/Root", "b/east/Root"}
    assert cloud.runs()[0]["status"] == "STOPPED"
    assert at(results(cloud), "CANCELLED") >= WEST and not at(results(cloud), "PENDING", "RUNNING")
    seen = statuses(cloud)
    assert at(seen, "NOT_DEPLOYED") == WEST and not at(seen, "CURRENT", "LOCKED")
    cloud.manifest["Providers"]["sim"]["Latency"] = {"*": {"create": "0ms"}}
    cloud.save()
    cloud.resume()
    cloud.all_once()


def test_a_run_that_is_stopped_while_it_bakes(tmp_path):
    cloud = Cloud(tmp_path, CANARY)
    proc = cloud.apply()
    reads_until(proc, "baking")
    cloud.run("operation", "stop").ok()
    assert "HD2203" in ends(proc, 130)
    assert cloud.runs()[0]["status"] == "STOPPED"
    assert at(results(cloud), "SUCCEEDED") == EAST and at(results(cloud), "CANCELLED") == WEST
    assert at(statuses(cloud), "CURRENT") == EAST and cloud.made() == EAST
    cloud.resume()
    cloud.all_once()


def test_a_run_that_is_stopped_before_a_target(tmp_path):
    """The gate of a target is not waited for."""
    cloud = Cloud(tmp_path, {"Gate": "turn"})
    proc = cloud.apply()
    wait_until((cloud.dir / "at-a-east").exists, 30, "the gate of a/east")
    cloud.run("operation", "stop").ok()
    ends(proc, 130)
    assert at(results(cloud), "CANCELLED") == ALL
    assert cloud.made() == set()
    for region in REGIONS:
        (cloud.dir / f"open-{region}").touch()
    cloud.resume()
    cloud.all_once()


def test_a_saved_plan_goes_by_waves_and_is_not_resumed(tmp_path):
    cloud = Cloud(tmp_path, {"Waves": [{**CANARY["Waves"][0], "Bake": "0s"}, {}]})
    cloud.run("plan", "--out", "plan.json").ok()
    cloud.ill.touch()
    told = cloud.run("apply", "--plan", "plan.json").ok(3).err("HD2516")
    assert "operation resume" not in told.stderr and cloud.made() == EAST
    cloud.run("operation", "resume", "--yes").ok(1).err("HD9033")
    cloud.ill.unlink()
    told = cloud.run("apply", "--yes").ok().err("wave 2 begins")
    assert "wave wave" not in told.stderr
    cloud.all_once()


# Side by side, and one behind the other


def queued(cloud, count):
    deadline = time.monotonic() + 60
    while True:
        found = [run for run in cloud.runs() if run["status"] == "QUEUED"]
        if len(found) == count:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def test_two_rollouts_that_have_nothing_in_common(tmp_path):
    cloud = Cloud(tmp_path, {"Gate": "turn"})
    east = cloud.apply("--region", "east")
    wait_until((cloud.dir / "at-a-east").exists, 30, "the gate of a/east")
    (cloud.dir / "open-west").touch()
    ends(cloud.apply("--region", "west"), 0)
    assert east.poll() is None and cloud.made() == WEST
    assert at(statuses(cloud), "LOCKED") == EAST and at(statuses(cloud), "CURRENT") == WEST
    assert [run["status"] for run in cloud.runs()] == ["SUCCEEDED", "RUNNING"]
    (cloud.dir / "open-east").touch()
    ends(east, 0)
    cloud.all_once()


def test_two_rollouts_that_have_something_in_common(tmp_path):
    """The second one says for whom it waits, and finds done what the first one did."""
    cloud = Cloud(tmp_path, {"Gate": "turn"})
    (cloud.dir / "open-west").touch()
    first = cloud.apply("--region", "east")
    wait_until((cloud.dir / "at-a-east").exists, 30, "the gate of a/east")
    second = cloud.start("apply", "--yes", "--lock-timeout", "60s")
    waiting, = queued(cloud, 1)
    assert waiting["pid"] == second.pid and str(first.pid) in waiting["waits_for"]
    assert "web/a/east" in waiting["waits_for"] or "web/b/east" in waiting["waits_for"]
    assert set(waiting["instances"]) == {f"web/{place}" for place in ALL}
    (cloud.dir / "open-east").touch()
    ends(first, 0)
    said = ends(second, 0)
    assert f"pid {first.pid}" in said
    assert [run["status"] for run in cloud.runs()] == ["SUCCEEDED", "SUCCEEDED"]
    assert at(results(cloud), "SUCCEEDED") == WEST and at(results(cloud)) == set()
    cloud.all_once()


# Watching


def test_watching_a_rollout_to_a_stop(tmp_path):
    cloud = Cloud(tmp_path, CANARY)
    proc = cloud.apply()
    reads_until(proc, "baking")
    watch = cloud.start("operation", "watch", "--json")
    seen = [json.loads(watch.stdout.readline()) for _ in EAST]
    assert {(line["account"], line["region"], line["wave"], line["status"]) for line in seen} \
        == {(account, "east", "canary", "SUCCEEDED") for account in "ab"}
    cloud.run("operation", "stop").ok()
    ends(proc, 130)
    rest = cloud.parse(ends(watch, 130))
    assert {(line["region"], line["status"]) for line in rest
            if line["type"] == "instance_result"} == {("west", "CANCELLED")}
    assert rest[-2]["status"] == "STOPPED" and rest[-1]["exit_code"] == 130


def test_watching_a_rollout_that_fails_within_tolerance(tmp_path):
    cloud = Cloud(tmp_path, {"Gate": "turn", "FailureTolerance": 1})
    cloud.faults({"Fault": "denied", "Operation": "create", "Address": "web/a/west/Leaf",
                  "Message": "no more of these"})
    proc = cloud.apply()
    wait_until((cloud.dir / "at-a-east").exists, 30, "the gate of a/east")
    watch = cloud.start("operation", "watch")
    (cloud.dir / "open-east").touch()
    assert "/east" in watch.stdout.readline()
    (cloud.dir / "open-west").touch()
    ends(proc, 3)
    said = ends(watch, 3)
    for words in ("ROLLED_BACK  web/a/west", "no more of these", "SUCCEEDED  web/b/west"):
        assert words in said
    assert cloud.runs()[0]["status"] == "SUCCEEDED", "as StackSets have it"
    assert at(results(cloud), "SUCCEEDED") == ALL - {"a/west"}
    assert at(statuses(cloud), "CURRENT") == ALL - {"a/west"}
    cloud.faults()
    cloud.resume()
    assert at(results(cloud), "SUCCEEDED") == {"a/west"}
    assert at(statuses(cloud), "CURRENT") == ALL
    cloud.run("operation", "resume", "--yes").ok(1).err("HD9030", "succeeded")
