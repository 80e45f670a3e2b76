"""Drills of runbooks, in steps of risk, and executions that are given up."""

import os
import re
import sqlite3
import subprocess
import time

import pytest

PROGRAM = os.environ.get("HADEPLOY", "build/hadeploy")

MANIFEST = """\
Project: shop
Providers:
  sim: {File: cloud.db, Latency: {'*': {update: {Call: 5ms, Pending: 300ms},
        action: {Call: 5ms, Pending: 700ms}}}}
Regions: {east: {}, west: {}}
Stacks:
  web: {Template: web.yaml, Parameters: {Capacity: 1}, Targets: [east, west]}
Runbooks: {failover: failover.yaml}
Failover: {Runbook: failover, CoolDown: 1h}
"""

TEMPLATE = """\
Parameters: {Capacity: {Type: Number}}
Resources:
  A: {Type: 'Sim::Node', Properties: {Name: !Sub 'a-${AWS::Region}', Size: !Ref Capacity}}
"""

RUNBOOK = """\
Parameters: {From: {Type: Region}, To: {Type: Region}}
Objectives: {RTO: 5m}
Steps:
  - {Name: scale, Type: Apply, Stack: web, Region: !Ref To, Parameters: {Capacity: 3}}
  - {Name: renew, Type: Action, Resource: !Sub 'web/${From}/A', Action: restart}
"""


class Project:
    def __init__(self, folder):
        self.folder = folder
        self.write("hadeploy.yaml", MANIFEST)
        self.write("web.yaml", TEMPLATE)
        self.write("failover.yaml", RUNBOOK)

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def edit(self, name, old, new):
        text = (self.folder / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def start(self, *words):
        return subprocess.Popen([PROGRAM, *words], cwd=self.folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, *words, code=0):
        proc = self.start(*words)
        out = proc.communicate(timeout=60)[0]
        assert proc.returncode == code, f"exit {proc.returncode}\n{out}"
        return out

    def move(self, *words):
        return ("runbook", *words, "failover", "--from", "east", "--to", "west", "--yes")

    def drill(self, level, code=0):
        return self.run(*self.move("drill", "--level", level), code=code)

    def killed(self, until, *words):
        """The id of an execution whose process was killed when it had said something."""
        proc = self.start(*(words or self.move("run")))
        out = read_until(proc, until)
        proc.kill()
        proc.wait()
        return re.search(r"execution (\S+) of", out)[1]

    def log(self):
        """How many changes the cloud has seen."""
        with sqlite3.connect(self.folder / "cloud.db") as cloud:
            return cloud.execute("select count(*) from log where action in "
                                 "('create', 'update', 'delete', 'restart')").fetchone()[0]

    def is_as_before(self):
        """Nothing is set by a runbook, and nothing is to be done."""
        out = self.run("plan", "--exit-code")
        return "HD2701" not in out


def read_until(proc, wanted):
    said = ""
    for line in proc.stdout:
        said += line
        if wanted in line:
            return said
    raise AssertionError(f"it ended without '{wanted}':\n{said}")


def took_s(text):
    """Of the last line that says how long an execution took."""
    found = re.findall(r"COMPLETED in (?:(\d+)m)?([\d.]+)s", text)[-1]
    return int(found[0] or 0) * 60 + float(found[1])


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path)
    project.run("apply", "--yes")
    return project


# Executions that nobody runs any more

def test_a_killed_execution_is_undone_by_who_aborts_it(project):
    project.killed("renew: begins")
    assert not project.is_as_before()
    assert "is not over" in project.run(*project.move("run"), code=4)
    assert "runbook abort" in project.run("runbook", "resume", code=1)
    out = project.run("runbook", "abort", "--reason", "false alarm")
    assert "scale: undone" in out and "REVERSED" in out and "false alarm" in out
    assert project.is_as_before()
    project.run("state", "check")
    project.run(*project.move("run"))


def test_one_whose_runbook_has_changed_is_given_up(project):
    execution = project.killed("renew: begins")
    project.edit("failover.yaml", "Capacity: 3", "Capacity: 4")
    assert "is not what it was" in project.run("runbook", "run", "--resume", "--yes", code=4)
    out = project.run("runbook", "abort", execution, code=1)
    assert "HD2670" in out and "1 step" in out and "ABORTED" in out
    out = project.run("runbook", "status", execution)
    assert "apply --drop-overrides" in out
    project.run(*project.move("run"))


def test_one_whose_runbook_is_broken_is_given_up(project):
    execution = project.killed("renew: begins")
    project.write("failover.yaml", "Steps: [")
    assert "ABORTED" in project.run("runbook", "abort", execution[:16], "--keep")
    project.write("failover.yaml", RUNBOOK)
    project.run(*project.move("run"))


def test_a_failed_one_is_undone_when_it_is_named(project):
    project.edit("failover.yaml", "Action: restart", "Action: explode")
    project.run(*project.move("run"), "--override-blockers", "to see it fail", code=1)
    project.run("runbook", "abort", code=1)
    execution = re.findall(r"\d{8}-\d{6}-\w{6}", project.run("runbook", "status"))[0]
    assert "REVERSED" in project.run("runbook", "abort", execution)
    assert project.is_as_before()


# Simulated

def test_a_simulated_drill_touches_nothing_and_leaves_a_report(project):
    before = project.log()
    out = project.drill("simulated")
    assert "COMPLETED" in out
    assert project.log() == before
    assert project.is_as_before()
    assert "simulated drill" in project.run("runbook", "list")
    report = project.run("runbook", "report", "--format", "json")
    assert '"simulated"' in report and '"COMPLETED"' in report


# All is healthy in the simulation, also what a fence of the runbook has just cut off.
FENCED = RUNBOOK + """\
  - Name: fence
    Type: Fence
    Region: !Ref From
    Check: old
    Gone: old
    Lease: 30s
    By: [{Type: Action, Resource: !Sub 'web/${From}/A', Action: restart, Ungraceful: skip}]
  - {Name: promote, Type: Action, Resource: !Sub 'web/${To}/A', Action: promote}
"""


def test_a_simulated_drill_follows_its_fence_and_stays_behind_what_comes_later(project):
    project.edit("hadeploy.yaml", "Runbooks:", "HealthChecks: {old: {Type: COMMAND, Command: "
                 "'true', Interval: 1s}}\nRunbooks:")
    project.write("failover.yaml", FENCED)
    assert "(gone: a way went well in the simulation)" in project.drill("simulated")
    lost = project.run(*project.move("drill", "--level", "simulated", "--ungraceful"))
    assert "(lease: the region is given up in the simulation)" in lost
    assert took_s(lost) > 30
    now = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    begun = re.findall(r"(\d{8}-\d{6})-\w{6}", project.run("runbook", "status"))
    assert len(begun) == 2 and max(begun) <= now, "what is begun now stands above it"


def test_a_simulated_drill_takes_as_long_as_the_real_thing(project):
    project.edit("hadeploy.yaml", "Pending: 700ms", "Pending: 2s")
    real = took_s(project.run(*project.move("run")))
    assert real > 2
    assert abs(took_s(project.drill("simulated")) - real) < 0.3 * real


def test_a_failed_simulated_drill_is_not_resumed(project):
    project.edit("failover.yaml", "web/${From}/A", "web/${From}/B")
    project.drill("simulated", code=1)
    assert "HD9036" not in project.run("runbook", "run", "--resume", "--yes", code=1)
    assert project.is_as_before()


# Isolated

def test_an_isolated_drill_is_undone(project):
    project.write("failover.yaml", RUNBOOK + "  - {Name: promote, Type: Action, "
                  "Resource: !Sub 'web/${To}/A', Action: promote, Drill: skip, Promotes: false}\n")
    out = project.drill("isolated")
    assert "COMPLETED" in out and "scale: undone" in out and "leaves it out" in out
    assert project.is_as_before()
    assert "isolated drill" in project.run("runbook", "list")
    assert '"isolated"' in project.run("runbook", "report", "--format", "json")
    # It does not count for the cool-down.
    project.run(*project.move("run"))
    assert "CoolDown" in project.run(*project.move("run"), code=4)
    project.drill("simulated")


def test_an_isolated_drill_that_fails_is_undone(project):
    project.write("failover.yaml", RUNBOOK + "  - {Name: bad, Type: Check, Value: 2, AtMost: 1}\n")
    out = project.drill("isolated", code=1)
    assert "scale: undone" in out and "REVERSED" in out
    assert project.is_as_before()


def test_a_killed_isolated_drill_is_undone_when_it_is_gone_on_with(project):
    project.killed("renew: begins", *project.move("drill", "--level", "isolated"))
    assert "is not over" in project.run(*project.move("run"), code=4)
    out = project.run("runbook", "run", "--resume", "--yes")
    assert "scale: undone" in out and "COMPLETED" in out
    assert project.is_as_before()


def test_nothing_real_is_run_beside_an_isolated_drill(project):
    proc = project.start(*project.move("drill", "--level", "isolated"))
    read_until(proc, "renew: begins")
    project.run(*project.move("run"), code=4)
    assert proc.communicate(timeout=60) and proc.returncode == 0
    assert project.is_as_before()


def test_a_full_drill_is_the_real_thing(project):
    project.run("runbook", "drill", "failover", "--from", "east", "--to", "west", "--level",
                "full", code=1)
    project.drill("full")
    assert not project.is_as_before()
    assert "full drill" in project.run("runbook", "list")


def test_drills_on_hosts(lab, tmp_path):
    """Of what a runbook does on real hosts a simulated drill does nothing, an isolated one all
    but what it leaves out, and undoes it."""
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.add("web-w1", "west", "west-a", "127.20.1.11", roles=["web"])
    lab.start()
    host = lab.host("web-w1")
    log = host.root / "log"

    def step(name, **keys):
        return {"Name": name, "Type": "Command", "Region": {"Ref": "To"}, "Roles": ["web"],
                "Command": f"echo {name} >> '{log}'", **keys}
    project = lab.project(tmp_path / "project", stacks={},
                          more={"Runbooks": {"move": "move.yaml"}})
    undo = step("undo")
    del undo["Name"]
    project.put("move.yaml", {
        "Parameters": {"From": {"Type": "Region"}, "To": {"Type": "Region"}},
        "Steps": [step("warm", Reverse=undo), step("start"), step("skipped", Drill="skip")]})
    words = ("runbook", "drill", "move", "--from", "east", "--to", "west", "--yes", "--level")
    project.run(*words, "simulated").ok()
    assert not log.exists()
    project.run(*words, "isolated").ok()
    assert log.read_text().split() == ["warm", "start", "undo"]
    project.run(*words, "full").ok()
    assert log.read_text().split()[3:] == ["warm", "start", "skipped"]


# Runbooks in runbooks

def nested(project):
    """Three runbooks in each other, each with a step that can be undone."""
    project.edit("hadeploy.yaml", "{failover: failover.yaml}",
                 "{failover: failover.yaml, middle: middle.yaml, inner: inner.yaml}")
    write = "{Type: Notify, Message: x, Command: 'echo %s >> done'}"
    step = "  - {Name: %s, Type: Notify, Message: x, Command: 'echo %s >> done', Reverse: " + \
        write + "}\n"
    region = "Parameters: {Region: {Type: Region}}\nSteps:\n"
    project.write("failover.yaml", "Parameters: {From: {Type: Region}, To: {Type: Region}}\n"
                  "Steps:\n" + step % ("a", "a", "undo-a") +
                  "  - {Name: m, Type: Runbook, Runbook: middle, "
                  "Parameters: {Region: !Ref To}}\n")
    project.write("middle.yaml", region + step % ("b", "b", "undo-b") +
                  "  - {Name: i, Type: Runbook, Runbook: inner, "
                  "Parameters: {Region: !Ref Region}}\n")
    project.write("inner.yaml", region + step % ("c", "c", "undo-c") +
                  "  - {Name: soft, Type: Notify, Message: x, Command: 'echo soft >> done', "
                  "Ungraceful: skip}\n"
                  "  - {Name: renew, Type: Action, Resource: !Sub 'web/${Region}/A', "
                  "Action: restart}\n"
                  "  - {Name: last, Type: Check, Value: 2, AtMost: 1, OnFailure: reverse}\n")


def done(project):
    return (project.folder / "done").read_text().split()


def test_a_failure_three_runbooks_deep_undoes_all(project):
    nested(project)
    out = project.run(*project.move("run"), "--ungraceful", code=1)
    assert "REVERSED" in out
    assert done(project) == ["a", "b", "c", "undo-c", "undo-b", "undo-a"]


def test_killed_three_runbooks_deep_it_goes_on(project):
    nested(project)
    project.killed("renew: begins")
    out = project.run("runbook", "run", "--resume", "--yes", code=1)
    assert "REVERSED" in out
    assert done(project) == ["a", "b", "c", "soft", "undo-c", "undo-b", "undo-a"]


def test_killed_three_runbooks_deep_it_is_aborted(project):
    nested(project)
    project.killed("renew: begins")
    assert "REVERSED" in project.run("runbook", "abort")
    assert done(project) == ["a", "b", "c", "soft", "undo-c", "undo-b", "undo-a"]
