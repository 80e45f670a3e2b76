"""The point of no return: what an abort, and a gate that fails, do behind a fence."""

import os
import sqlite3
import subprocess

import pytest

from lab import Terminal

PROGRAM = os.environ.get("HADEPLOY", "build/hadeploy")

MANIFEST = """\
Project: shop
Providers:
  sim: {File: cloud.db, Latency: {'*': {action: {Call: 5ms}, update: {Call: 5ms}}}}
Regions: {east: {}, west: {}}
Stacks:
  web: {Template: web.yaml, Parameters: {Capacity: 1}, Targets: [east, west]}
HealthChecks:
  primary: {Type: COMMAND, Command: 'test -f primary.${Region}', Interval: 100ms,
            HealthyThreshold: 1, UnhealthyThreshold: 1}
  shop: {Type: COMMAND, Command: 'test -f shop.${Region}', Interval: 100ms,
         HealthyThreshold: 1, UnhealthyThreshold: 1}
Routes:
  shop: {Type: AWS::Route53::Route, Provider: sim, HostedZoneId: Z1, Name: www.shop.test.,
         Values: {east: [192.0.2.11], west: [192.0.2.21]}}
Runbooks: {failover: failover.yaml}
Failover: {Runbook: failover}
"""

TEMPLATE = """\
Parameters: {Capacity: {Type: Number}}
Resources:
  A: {Type: 'Sim::Node', Properties: {Name: !Sub 'a-${AWS::Region}', Size: !Ref Capacity}}
"""

RUNBOOK = """\
Parameters: {From: {Type: Region}, To: {Type: Region}}
Steps:
  - {Name: scale, Type: Apply, Stack: web, Region: !Ref To, Parameters: {Capacity: 3}}
  - {Name: stop, Type: Notify, Command: rm -f primary.east, Message: stop}
  - {Name: fence, Type: Fence, Region: !Ref From, Check: primary, Expect: unhealthy,
     Gone: [primary], Lease: 1s}
  - {Name: traffic, Type: Traffic, Routes: [shop], To: !Ref To, Weights: [50, 100], Check: shop}
"""


class Project:
    def __init__(self, folder):
        self.folder = folder
        for name, text in (("hadeploy.yaml", MANIFEST), ("web.yaml", TEMPLATE),
                           ("failover.yaml", RUNBOOK), ("primary.east", ""), ("shop.east", "")):
            (folder / name).write_text(text)
        self.run("apply", "--yes")
        self.run("health", "primary", "--region", "east")  # a fence believes what was healthy

    def run(self, *words, code=0, env=None):
        proc = subprocess.run([PROGRAM, *words], cwd=self.folder, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT,
                              env={**os.environ, "CI": "true", **(env or {})})
        assert proc.returncode == code, f"exit {proc.returncode}\n{proc.stdout}"
        return proc.stdout

    def failover(self, code, *more, env=None):
        return self.run("failover", "--from", "east", "--to", "west", "--yes", *more, code=code,
                        env=env)


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_traffic_stays_when_the_region_before_is_fenced(project):
    out = project.failover(1)
    assert "the weights stay as they are, since region 'east' is fenced" in out
    assert "FAILED" in out and "as they were before" not in out
    # The status says beforehand what an abort would do.
    out = project.run("runbook", "status")
    execution = next(line.split()[0] for line in out.splitlines() if "FAILED" in line)
    out = project.run("runbook", "status", execution)
    assert "abort undoes nothing: 'fence' has fenced region 'east'" in out
    assert "stays done: scale, fence, traffic" in out
    # The cause is gone: it goes on from where it stayed.
    (project.folder / "shop.west").write_text("")
    assert "COMPLETED" in project.run("runbook", "run", "--resume", execution, "--yes")


def test_an_abort_behind_the_fence_leads_nobody_back(project):
    project.failover(1)
    out = project.run("runbook", "status")
    execution = next(line.split()[0] for line in out.splitlines() if "FAILED" in line)
    out = project.run("runbook", "abort", execution, code=1)
    assert "HD2673" in out and "ABORTED" in out and "  undone: " not in out
    assert "Not undone: scale, fence, traffic" in out
    # The capacity stays, too.
    assert "HD2701" in project.run("plan")


def test_a_reference_that_is_missing_is_told_first(project):
    page = ("  - {Name: page, Type: Notify, Command: 'true', Message: m, %s"
            "Environment: {K: '{{resolve:env:PAGE_TOKEN}}'}}\n")
    (project.folder / "failover.yaml").write_text(RUNBOOK + page % "")
    (project.folder / "shop.west").write_text("")
    out = project.failover(4)
    assert "HD2714" in out and "'page'" in out and "PAGE_TOKEN" in out
    assert (project.folder / "primary.east").exists()
    # At 3 a.m. a token of the pager stops no failover.
    (project.folder / "failover.yaml").write_text(RUNBOOK + page % "OnFailure: continue, ")
    out = project.failover(3)
    assert out.index("warning HD2713") < out.index("scale: begins")
    assert "PAGE_TOKEN" in out and "The execution goes on without it" in out
    out = project.failover(0, "--reason", "again", env={"PAGE_TOKEN": "hush-hush"})
    assert "hush-hush" not in out


def test_an_apply_that_had_nothing_to_do_is_no_measure(project):
    def samples():
        with sqlite3.connect(project.folder / ".hadeploy" / "state.db") as state:
            return state.execute("select samples from duration where type = '@runbook/failover'"
                                 ).fetchall()
    (project.folder / "failover.yaml").write_text("".join(RUNBOOK.splitlines(True)[:3]))
    project.failover(0)
    first = samples()
    assert len(first) == 1
    project.failover(0, "--reason", "again")
    assert samples() == first


def test_a_region_that_left_the_manifest_keeps_nobody_from_an_abort(project):
    (project.folder / "shop.east").unlink()
    project.failover(1)
    text = MANIFEST.replace("{east: {}, west: {}}", "{west: {}}").replace("[east, west]", "[west]")
    text = text.replace("east: [192.0.2.11], ", "")
    (project.folder / "hadeploy.yaml").write_text(text)
    execution = next(line.split()[0] for line in project.run("runbook", "status").splitlines()
                     if "FAILED" in line)
    out = project.run("runbook", "abort", execution, code=1)
    assert "HD2670" in out and "HD1107" not in out
    assert "ABORTED" in project.run("runbook", "status")


def test_at_a_terminal_who_leaves_a_promotion_out_says_why(project):
    (project.folder / "failover.yaml").write_text(RUNBOOK.replace(
        "  - {Name: traffic", "  - {Name: promote, Type: Notify, Promotes: true, Command: 'false',"
        " Message: m}\n  - {Name: traffic"))
    (project.folder / "shop.west").write_text("")
    project.run("health", code=1)
    words = ["failover", "--from", "east", "--to", "west", "--yes"]
    with Terminal(words, project.folder) as terminal:
        terminal.expect(rb"promote failed: 'retry', 'skip REASON' or 'abort'\? ")
        terminal.send("skip\n")
        terminal.expect(rb"promote failed: 'retry', 'skip REASON' or 'abort'\? ")
        terminal.send("skip promoted by hand\n")
        assert terminal.wait() == 3
    assert "promoted by hand" in project.run("runbook", "report")
