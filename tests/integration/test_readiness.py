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


def test_what_fences_go_by_is_asked_with_live(tmp_path):
    project = Project(tmp_path)
    checks = ("  old: {Type: COMMAND, Command: /no/such/check, Interval: 1s}\n"
              "  gone: {Type: COMMAND, Command: test -f up.$HADEPLOY_REGION, Interval: 1s, "
              "UnhealthyThreshold: 1}\nStacks:")
    project.write("hadeploy.yaml", (MANIFEST % WEST).replace("Stacks:", checks))
    project.write("failover.yaml", FAILOVER + "  - {Name: fence, Type: Fence, Region: !Ref From, "
                  "Check: old, Gone: gone, Lease: 1s, By: [{Type: Http, Url: 'http://x/'}]}\n")
    project.run("apply", "--yes")

    def found():
        return {f["code"]: f for f in project.check("--live")["findings"]
                if f["code"] in ("HD2674", "HD2675")}

    first = found()
    assert first["HD2674"]["severity"] == "blocker" and "exit 127" in first["HD2674"]["what"]
    assert "'gone' was never seen healthy in 'east'" in first["HD2675"]["what"]
    (tmp_path / "up.east").touch()
    assert set(found()) == {"HD2674"}
    (tmp_path / "up.east").unlink()
    assert set(found()) == {"HD2674"}, "it was healthy once"


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


def test_one_direction_that_cannot_be_hides_no_other(project):
    project.write("hadeploy.yaml", (MANIFEST % WEST).replace("west: {}}", "west: {}, south: {}}"))
    out = project.run("runbook", "check", "failover", "--json")
    ways = {(w["from"], w["to"]): w for w in json.loads(out.splitlines()[0])["directions"]}
    assert len(ways) == 6 and ways["east", "west"]["score"] > 0
    (told,) = ways["east", "south"]["findings"]
    assert (told["severity"], told["code"], told["line"]) == ("blocker", "HD2624", 4)
    assert ways["east", "south"]["score"] == 0 and not ways["east", "south"]["ready"]
    project.run("runbook", "check", "failover", "--strict", code=4)
    # Who asks for this one, or for nothing else, has an error.
    project.run("runbook", "check", "failover", "--from", "east", "--to", "south", code=1)
    validated = project.run("validate", "--json")
    assert "HD2624" in validated and '"warning"' in validated


def test_a_region_that_was_lost_and_recreated_elsewhere(project):
    project.write("hadeploy.yaml", (MANIFEST % WEST).replace("west: {}}", "west: {}, south: {}}")
                  .replace("Targets", "Restore: fill, Targets")
                  .replace("Runbooks: {", "Runbooks: {fill: fill.yaml, "))
    project.write("fill.yaml", "Steps: [{Name: fill, Type: Notify, Message: x, "
                  "Command: 'test -f there'}]\n")
    project.run("apply", "--yes")
    project.run("recreate", "--region", "east", "--into", "south", "--yes", code=1)
    found = {(f["code"], f["severity"]): f["what"] for f in project.check()["findings"]}
    assert "not over" in found["HD2775", "blocker"]
    assert "'east' are in 'south' since" in found["HD2760", "warning"]
    assert "1 resource of region 'east' is ABANDONED" in found["HD2761", "warning"]
    out = project.run("runbook", "check", "failover", "--json")
    back, = [w for w in json.loads(out.splitlines()[0])["directions"]
             if (w["from"], w["to"]) == ("west", "east")]
    found = {f["code"]: f for f in back["findings"] if f["severity"] == "blocker"}
    assert "it is no region to go to" in found["HD2760"]["what"]
    assert "in 'south' since 'east' was recreated" in found["HD2624"]["todo"]
    project.write("there", "")
    project.run("recreate", "--region", "east", "--into", "south", "--yes")
    assert project.found("HD2775") == [] and project.found("HD2761")
    project.run("apply", "--yes")
    project.run("recreate", "--region", "east", "--reconcile", "--yes")
    assert project.found("HD2761") == []


def test_services_that_lead_users_are_asked(project):
    manifest = (MANIFEST % WEST).replace("{Type: HTTP", "{UnhealthyThreshold: 1, Type: HTTP")
    project.write("hadeploy.yaml", manifest.replace("{Type: POST", "{UnhealthyThreshold: 1, "
                                                    "Type: POST") + """\
Routes:
  dns: {Type: AWS::Route53::Route, Provider: sim, HostedZoneId: Z1, Name: www.shop.test.,
        Values: {east: [192.0.2.1], west: [192.0.2.2]}}
  dead: {Type: HAProxy::Route, Socket: 'tcp:127.0.0.1:1', Backend: shop,
         Servers: {east: [e1], west: [w1]}}
  there: {Type: HAProxy::Route, Socket: 'tcp:127.0.0.1:1', Backend: shop, Region: east,
          Servers: {east: [e1], west: [w1]}}
""")
    lead = "  - {Name: %s, Type: Traffic, Routes: [%s], To: !Ref To%s}\n"
    project.write("failover.yaml", "Parameters: {From: {Type: Region}, To: {Type: Region}}\n"
                  "Steps:\n" + lead % ("dns", "dns", "") + lead % ("lb", "dead, there", ""))
    project.run("apply", "--yes")
    assert project.found("HD2718") == []
    found = [f for f in project.check("--live")["findings"] if f["code"] == "HD2718"]
    (told,) = found
    assert (told["severity"], told["step"]) == ("blocker", "lb")
    assert told["what"].startswith("route 'dead' cannot be asked: ") and "refused" in told["what"]
