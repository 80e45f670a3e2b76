"""Apply and Action steps of runbooks: killed, interrupted, aborted, and what stays in force."""

import os
import re
import signal
import sqlite3
import subprocess
import time

import pytest

PROGRAM = os.environ.get("HADEPLOY", "build/hadeploy")

# Only of a program that runs runbooks.
pytestmark = pytest.mark.skipif(
    subprocess.run([PROGRAM, "help", "runbook", "run"], check=False,
                   capture_output=True).returncode != 0, reason="no command 'runbook run'")

MANIFEST = """\
Project: shop
Providers:
  sim: {File: cloud.db, Latency: {'*': {update: {Call: 5ms, Pending: 2s},
        action: {Call: 5ms, Pending: 2s}}}}
Regions: {east: {}, west: {}}
Stacks:
  web: {Template: web.yaml, Parameters: {Capacity: 1}, Targets: [east, west]}
Runbooks: {failover: failover.yaml}
"""

TEMPLATE = """\
Parameters: {Capacity: {Type: Number}}
Resources:
  A: {Type: 'Sim::Node', Properties: {Name: !Sub 'a-${AWS::Region}', Size: !Ref Capacity}}
"""

RUNBOOK = """\
Parameters: {From: {Type: Region}, To: {Type: Region}}
Steps:
  - Name: both
    Parallel:
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

    def start(self, *words):
        return subprocess.Popen([PROGRAM, *words], cwd=self.folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, *words, code=0):
        proc = self.start(*words)
        out = proc.communicate(timeout=60)[0]
        assert proc.returncode == code, f"exit {proc.returncode}\n{out}"
        return out

    def failover(self):
        return self.start("runbook", "run", "failover", "--param", "From=east", "--param",
                          "To=west", "--yes")

    def log(self, action):
        with sqlite3.connect(self.folder / "cloud.db") as cloud:
            return cloud.execute("select count(*) from log where action = ?",
                                 [action]).fetchone()[0]


def read_until(proc, *wanted):
    """Lines until each of these was in one of them."""
    missing, said = set(wanted), ""
    for line in proc.stdout:
        said += line
        missing -= {word for word in missing if word in line}
        if not missing:
            return said
    raise AssertionError(f"it ended without {missing}:\n{said}")


def execution_of(text):
    return re.search(r"execution (\S+) of", text)[1]


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path)
    project.run("apply", "--yes")
    return project


UNDER_WAY = ("web/west/A: accepted", "web/east/A: accepted")


def converges(project):
    """Both were done once, and nobody works against the runbook."""
    assert project.log("update") == 1
    assert project.log("restart") == 1
    out = project.run("plan", "--exit-code")
    assert "web/west: Capacity 3 was set by runbook 'failover'; the manifest says 1" in out
    project.run("state", "check")


def test_what_a_runbook_sets_holds_until_it_is_given_up(project):
    proc = project.failover()
    out = proc.communicate(timeout=60)[0]
    assert proc.returncode == 0, out
    assert "web/east/A: restart done" in out
    converges(project)
    project.run("apply", "--yes")
    assert project.log("update") == 1
    out = project.run("plan", "--drop-overrides")
    assert "Size: 3 -> 1" in out
    project.run("apply", "--yes", "--drop-overrides", "--region", "east")
    converges(project)
    project.run("apply", "--yes", "--drop-overrides")
    assert project.log("update") == 2
    assert "HD2701" not in project.run("plan", "--exit-code")


def test_a_saved_plan_from_before_is_refused(project):
    project.write("web.yaml", TEMPLATE + "  B: {Type: 'Sim::Node', Properties: {Name: b}}\n")
    project.run("plan", "--out", "plan.json", "web", "--region", "west")
    project.failover().communicate(timeout=60)
    out = project.run("apply", "--plan", "plan.json", "--yes", code=4)
    assert "parameter 'Capacity' of web/west has another value" in out


def test_a_killed_execution_is_gone_on_with(project):
    proc = project.failover()
    execution = execution_of(read_until(proc, *UNDER_WAY))
    proc.kill()
    proc.wait()
    out = project.run("runbook", "run", "--resume", execution, "--yes")
    assert "both/renew: done" in out
    converges(project)


def test_the_next_apply_sees_an_action_to_its_end(project):
    proc = project.failover()
    read_until(proc, *UNDER_WAY)
    proc.kill()
    proc.wait()
    out = project.run("apply", "--yes")
    assert "web/east/A" in out
    converges(project)


def test_two_signals_stop_it_and_it_is_gone_on_with(project):
    proc = project.failover()
    execution = execution_of(read_until(proc, *UNDER_WAY))
    proc.send_signal(signal.SIGINT)
    time.sleep(0.2)
    proc.send_signal(signal.SIGINT)
    out = proc.communicate(timeout=60)[0]
    assert proc.returncode == 130, out
    project.run("runbook", "run", "--resume", execution, "--yes")
    converges(project)


def test_an_aborted_execution_is_undone(project):
    proc = project.failover()
    read_until(proc, *UNDER_WAY)
    project.run("runbook", "abort", "--reason", "the wrong region")
    out = proc.communicate(timeout=60)[0]
    assert proc.returncode == 1, out
    assert "HD2701" not in project.run("plan", "--exit-code")
