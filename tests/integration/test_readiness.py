"""What `runbook check` and `validate` say of runbooks before they are needed, without servers."""

import json
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from lab.run import clean_env, hadeploy_path

EXAMPLE = Path(__file__).parents[2] / "examples/dr-lab"

MANIFEST = """\
Project: shop
Providers: {sim: {File: cloud.db}}
Regions: {east: {}, west: {}}
HealthChecks:
  shop: {Type: HTTP, Url: 'http://127.0.0.1:1/'}
  standby: {Type: POSTGRES, Host: 127.0.0.1, Port: 1, Role: standby}
Stacks:
  web: {Template: web.yaml, Parameters: {Size: 1}, Targets: [east, %s]}
Runbooks: {failover: failover.yaml, failback: failback.yaml}
Failover: {Failback: failback, CoolDown: 0s}
"""

WEST = "{Region: west, Parameters: {Zone: b}}"

TEMPLATE = """\
Parameters: {Size: {Type: Number}, Zone: {Type: String, Default: a}}
Resources:
  A: {Type: 'Sim::Node', Properties: {Name: !Sub 'a-${AWS::Region}-${Zone}', Size: !Ref Size}}
"""

FAILOVER = """\
Parameters: {From: {Type: Region}, To: {Type: Region}}
Objectives: {RTO: 10s, RPO: 5s, Healthy: shop, Lag: standby}
Steps:
  - {Name: scale, Type: Apply, Stack: web, Region: !Ref To, Parameters: {Size: 3}}
  - Name: both
    Parallel:
      - {Name: short, Type: Wait, Duration: 200ms}
      - {Name: long, Type: Wait, Duration: 400ms}
"""

FAILBACK = """\
Parameters: {From: {Type: Region}, To: {Type: Region}}
Steps: [{Name: w, Type: Wait, Duration: 100ms}]
"""


class Project:
    def __init__(self, folder):
        self.folder = folder
        self.write("hadeploy.yaml", MANIFEST % WEST)
        self.write("web.yaml", TEMPLATE)
        self.write("failover.yaml", FAILOVER)
        self.write("failback.yaml", FAILBACK)

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def run(self, *words, code=0):
        done = subprocess.run([hadeploy_path(), *words], cwd=self.folder, text=True, check=False,
                              capture_output=True, env=clean_env(self.folder), timeout=60)
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def check(self, *words, code=0):
        """The one direction from east to west."""
        out = self.run("runbook", "check", "failover", "--from", "east", "--to", "west",
                       "--json", *words, code=code)
        return json.loads(out.splitlines()[0])["directions"][0]

    def found(self, wanted):
        """Severity and words of the findings with a code."""
        return [(f["severity"], f["what"]) for f in self.check()["findings"]
                if f["code"] == wanted]

    def sql(self, *statement):
        with sqlite3.connect(self.folder / ".hadeploy/state.db") as state:
            state.execute(*statement)


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_instances_of_the_standby(project):
    assert project.found("HD2750") == [
        ("warning", "web/west is not deployed, and the runbook applies it")]
    project.run("apply", "--yes")
    assert project.found("HD2750") == []
    project.write("web.yaml", TEMPLATE.replace("'a-", "'b-"))
    assert project.found("HD2750") == [("warning", "web/west is outdated")]
    project.write("failover.yaml", FAILBACK)
    project.run("destroy", "--yes")
    assert project.found("HD2750") == [("blocker", "web/west is not deployed")]
    project.check("--strict", code=4)


@pytest.mark.parametrize("how", ["broken", "gone"])
def test_a_template_that_cannot_be_read_is_told(project, how):
    words = ("failover", "--from", "east", "--to", "west")
    if how == "gone":
        (project.folder / "web.yaml").unlink()
    else:
        project.write("web.yaml", "Resources: [")
    project.run("runbook", "check", *words, code=1)
    assert "HD2750" in project.run("runbook", "drill", *words, "--level", "static")


def test_parameters_that_differ_without_being_declared(project):
    project.run("apply", "--yes")
    assert project.found("HD2751") == []  # Zone: it is in Targets
    project.run("apply", "--yes", "--region", "west", "--param", "Size=2")
    assert project.found("HD2751") == [
        ("warning", "parameter 'Size' of web/west is not that of web/east")]
    project.write("hadeploy.yaml", MANIFEST % WEST.replace("Zone: b", "Zone: b, Size: 2"))
    assert project.found("HD2751") == []


def test_drills_overrides_and_what_is_predicted(project):
    project.run("apply", "--yes")
    assert project.found("HD2753") == [
        ("warning", "runbook 'failover' was never tried towards west")]
    assert "not predicted" in project.run("runbook", "check", "failback").replace(
        "predicted RTO", "not predicted")
    for _ in range(3):
        project.run("runbook", "drill", "failover", "--level", "isolated", "--from", "east",
                    "--to", "west", "--yes")
    (severity, what), = project.found("HD2753")
    assert severity in ("note", "warning") and "the last drill was" in what
    assert project.found("HD2752") == []  # undone
    at = project.check()
    assert at["steps"] == 3 and at["measured"] == 3
    assert at["critical"] == ["scale", "both/long"]
    assert 400 <= at["p50_ms"] <= at["p95_ms"]


def test_a_runbook_that_would_be_late(project):
    project.run("apply", "--yes")
    project.write("failover.yaml", FAILOVER.replace("400ms", "20s"))
    assert project.found("HD2757") == [
        ("warning", "predicted RTO is 20.0s in 95 of 100, and the objective 10.0s")]
    project.check("--strict", code=4)
    assert "misses the objective" in project.run("runbook", "check", "failover")


def test_a_plan_tells_what_a_failover_would_take(project):
    project.run("apply", "--yes")
    assert "predicted RTO" not in project.run("plan")  # it was never tried
    for _ in range(3):
        project.run("runbook", "drill", "failover", "--level", "isolated", "--from", "east",
                    "--to", "west", "--yes")
    told = project.run("plan", "--strict")
    assert "Nothing to do" in told
    assert "runbook failover (east -> west): predicted RTO p50 " in told
    assert ", objective 10.0s\n" in told and "failback" not in told  # it has no RTO
    assert "predicted RTO" not in project.run("plan", "--destroy")
    project.write("failover.yaml", FAILOVER.replace("RTO: 10s", "RTO: 100ms"))
    late = [line for line in map(json.loads, project.run("plan", "--json").splitlines())
            if line["type"] in ("forecast", "diagnostic")]
    assert [line.get("code", line.get("late")) for line in late] == [True, "HD2757"]
    assert late[0]["rto_objective_ms"] == 100 and late[0]["steps"] == 3
    project.run("plan", "--strict", code=4)
    project.run("plan", "--exit-code", code=0)


def test_the_standbys_checks_are_asked_with_live(project):
    project.run("apply", "--yes")
    assert project.found("HD2754") == [
        ("note", "check 'standby' was never asked in region 'west'")]
    asked = [f for f in project.check("--live")["findings"] if f["code"] == "HD2755"]
    assert {f["severity"] for f in asked if "standby" in f["what"]} == {"blocker"}
    assert {f["severity"] for f in asked if "shop" in f["what"]} == {"note"}
    (severity, what), = project.found("HD2754")
    assert severity == "warning" and "was unhealthy" in what


def test_the_example_is_checked_without_servers(tmp_path):
    shutil.copytree(EXAMPLE, tmp_path / "lab")
    env = {**clean_env(tmp_path), "DB_PASSWORD": "x", "PDNS_API_KEY": "y"}

    def run(*words):
        return subprocess.run([hadeploy_path(), *words], cwd=tmp_path / "lab", text=True,
                              check=False, capture_output=True, env=env, timeout=60)

    validated = run("validate")
    assert validated.returncode == 0 and "HD274" not in validated.stderr, validated.stderr
    checked = run("runbook", "check", "all", "--json")
    assert checked.returncode == 0, checked.stderr
    lines = map(json.loads, checked.stdout.splitlines())
    books = {line["runbook"]: line for line in lines if line["type"] == "runbook_check"}
    assert {(d["from"], d["to"]) for d in books["failover"]["directions"]} == {
        ("east", "west"), ("west", "east")}
    for direction in books["failover"]["directions"]:
        codes = {f["code"] for f in direction["findings"]}
        assert codes <= {"HD2750", "HD2753", "HD2754"}, direction
    assert run("runbook", "check", "failover", "--strict").returncode == 4


def test_a_fence_that_is_left_out_is_seen(tmp_path):
    shutil.copytree(EXAMPLE, tmp_path / "lab")
    book = tmp_path / "lab/runbooks/failover.yaml"
    text = book.read_text()
    start, end = text.index("  - Name: fence"), text.index("  - Name: promote")
    book.write_text(text[:start] + text[end:])
    env = {**clean_env(tmp_path), "DB_PASSWORD": "x", "PDNS_API_KEY": "y"}
    done = subprocess.run([hadeploy_path(), "validate"], cwd=tmp_path / "lab", text=True,
                          check=False, capture_output=True, env=env, timeout=60)
    assert done.returncode == 0 and "HD2742" in done.stderr, done.stderr


def test_the_next_drill_takes_what_is_predicted(project):
    """Simulated time is exact: it is that of the samples, whatever this machine is busy with."""
    project.write("failover.yaml", FAILOVER.replace(", Healthy: shop, Lag: standby", ""))
    project.run("apply", "--yes")
    words = ("--from", "east", "--to", "west", "--yes")
    for _ in range(3):
        project.run("runbook", "drill", "failover", "--level", "isolated", *words)
    at = project.check()
    out = project.run("runbook", "drill", "failover", "--level", "simulated", "--json", *words)
    steps = {}
    for line in map(json.loads, out.splitlines()):
        if line.get("event") == "step-succeeded":
            steps[line["step"]] = line["data"]["Millis"]
    took = sum(steps[path] for path in at["critical"])
    assert steps["both/long"] == 400
    assert took <= 2 * at["p95_ms"] and at["p50_ms"] <= 2 * took


def test_what_other_runbooks_run_is_looked_at_in_them(project):
    project.write("hadeploy.yaml", (MANIFEST % WEST).replace(
        "failback: failback.yaml}",
        "failback: failback.yaml, inner: inner.yaml, tell: tell.yaml}"))
    project.write("inner.yaml", """\
Parameters: {From: {Type: Region}, To: {Type: Region}, Other: {Type: String}}
Steps:
  - {Name: up, Type: Apply, Promotes: true, Stack: web, Region: !Ref To}
""")
    project.write("tell.yaml", """\
Parameters: {Who: {Type: String}}
Steps: [{Name: say, Type: Notify, Command: 'true', Message: !Ref Who}]
""")
    project.write("failover.yaml", FAILOVER + "  - {Name: more, Type: Runbook, Runbook: inner, "
                  "Parameters: {From: !Ref From, To: !Ref To, Other: x}}\n")
    out = project.run("runbook", "check", "--json")
    books = {b["runbook"]: b for b in map(json.loads, out.splitlines())
             if b["type"] == "runbook_check"}
    assert books["inner"]["inner"] and books["inner"]["directions"] == []
    assert books["tell"]["wants"] == "Who" and "score" not in books["tell"]
    assert any(f["code"] == "HD2742" and f["step"] == "more/up"
               for f in books["failover"]["directions"][0]["findings"])
    assert "looked at in the runbooks" in project.run("runbook", "check")
    # By its name it is looked at by itself.
    assert "HD2742" in project.run("runbook", "check", "inner", "--param", "Other=x")
    project.run("runbook", "check", "tell", code=1)
