"""How executions end, for scripts: exit codes, JUnit, a JSON object per line, nobody is asked."""

import contextlib
import json
import signal
import sqlite3
from xml.etree import ElementTree

import pytest

from lab import wait_until
from lab.project import Project

HEAD = """\
Parameters: {From: {Type: Region}, To: {Type: Region}}
Objectives: {RTO: 5m}
Steps:
"""

GOOD = "  - {Name: good, Type: Check, Value: 1, AtMost: 1}\n"
BAD = "  - {Name: bad, Type: Check, Value: 2, AtMost: 1%s}\n"

# Steps, more words, the code, how it ends, and how its steps do for JUnit.
ENDS = {
    "completed": (GOOD, (), 0, "COMPLETED", {"good": None}),
    "failed": (GOOD + BAD % "", (), 1, "FAILED", {"good": None, "bad": "failure"}),
    "reversed": (GOOD + BAD % ", OnFailure: reverse", (), 1, "REVERSED", {"bad": "failure"}),
    "exceptions": (GOOD + BAD % ", OnFailure: continue", (), 3, "COMPLETED_WITH_EXCEPTIONS",
                   {"bad": "failure"}),
    "guarded": ("  - {Name: promote, Type: Notify, Message: m, Command: 'true', Promotes: true, "
                "Drill: run}\n" + GOOD, (), 4, "FAILED",
                {"promote": "failure", "good": "skipped"}),
    "left out": ("  - {Name: soft, Type: Wait, Duration: 1h, Ungraceful: skip}\n" + GOOD,
                 ("--ungraceful",), 0, "COMPLETED", {"soft": "skipped"}),
    "nobody approves": ("  - {Name: sure, Type: Approval, Message: '?', Timeout: 100ms}\n", (), 1,
                        "FAILED", {"sure": "failure"}),
}

COMMANDS = {
    "run": ("runbook", "run", "move"),
    "failover": ("failover",),
    "failback": ("failback",),
    "full": ("runbook", "drill", "move", "--level", "full"),
    "isolated": ("runbook", "drill", "move", "--level", "isolated"),
}


@pytest.fixture
def project(tmp_path):
    it = Project(tmp_path, {})
    it.put("hadeploy.yaml", "Project: shop\nRegions: {east: {}, west: {}}\n"
           "Runbooks: {move: move.yaml}\n"
           "Failover: {Runbook: move, Failback: move, CoolDown: 0s}\n")
    return it


def words(command, *more):
    return (*COMMANDS[command], "--from", "east", "--to", "west", "--yes", *more)


def cases(path):
    """Of each step how it ended; what the file says of itself is true."""
    suite = ElementTree.parse(path).getroot()
    suite = suite if suite.tag == "testsuite" else suite.find("testsuite")
    all_cases = suite.findall("testcase")
    for word, tag in (("tests", None), ("failures", "failure"), ("skipped", "skipped")):
        there = [c for c in all_cases if tag is None or c.find(tag) is not None]
        assert int(suite.get(word)) == len(there)
    return {c.get("name"): c[0].tag if len(c) else None for c in all_cases}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("end", ENDS)
def test_how_it_ended(project, command, end):
    steps, more, code, status, junit = ENDS[end]
    if command == "isolated" and status == "FAILED":
        status = "REVERSED"  # what failed is undone as well
    project.put("move.yaml", HEAD + steps)
    result = project.run(*words(command, *more, "--json", "--junit", "junit.xml")).ok(code)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert all(line["type"] for line in lines)
    assert lines[-1]["type"] == "end" and lines[-1]["exit_code"] == code
    ended = next(line for line in lines if line["type"] == "execution")
    assert ended["status"] == status
    told = [line["event"] for line in lines if line["type"] == "journal"]
    assert told[0] == "started" and told[-1] == "ended"
    found = cases(project.dir / "junit.xml")
    assert junit.items() <= found.items()
    # Whoever watched it says the same.
    assert project.run("runbook", "status", "--watch", ended["execution"]).returncode == code
    assert "?" not in result.stderr, "nobody is asked"


def test_objectives_are_a_matter_of_strictness(project):
    project.put("move.yaml", HEAD + GOOD)
    project.run(*words("run", "--since", "10m")).ok(0).err("RTO was missed")
    project.run(*words("run", "--since", "10m", "--strict")).ok(4).err("HD2668")
    project.run(*words("failover", "--since", "10m", "--strict")).ok(4)


@pytest.mark.parametrize("command", [*COMMANDS, "resume"])
def test_interrupted_is_130(project, command):
    project.put("move.yaml", HEAD + "  - {Name: long, Type: Wait, Duration: 1h}\n")
    args, begun = words(command) if command in COMMANDS else (), "step-started"
    if not args:
        killed = project.start(*words("run"))
        wait_until(lambda: "RUNNING" in project.run("runbook", "status").stdout, 20, "it to run")
        killed.kill()
        killed.communicate()
        args, begun = ("runbook", "run", "--resume", "--yes"), "resumed-by"
    proc = project.start(*args, "--json")
    seen = next(line for line in proc.stdout if f'"{begun}"' in line)
    assert seen
    proc.send_signal(signal.SIGTERM if command == "full" else signal.SIGINT)
    out = proc.communicate(timeout=60)[0]
    assert proc.returncode == 130
    last = [json.loads(line) for line in out.splitlines()]
    assert last[-1]["exit_code"] == 130
    assert project.run("runbook", "status", "--watch").returncode == 130


def test_what_is_refused_before_it_begins(project):
    """Nothing is recorded of it."""
    project.put("move.yaml", HEAD + "  - {Name: long, Type: Wait, Duration: 1h}\n")
    project.run(*words("run")[:-1]).ok(1).err("HD9001")
    project.run(*words("run", "--approve", "nix")).ok(1).err("HD2666")
    project.run("runbook", "run", "move", "--from", "east", "--to", "east", "--yes").ok(1)
    assert not [line for line in project.lines("runbook", "status") if "execution" in line]
    proc = project.start(*words("run"))
    try:
        wait_until(lambda: "RUNNING" in project.run("runbook", "status").stdout, 20, "it to run")
        project.run(*words("failover")).ok(4).err("HD2663")
        project.run("runbook", "abort", "--keep").ok()
        assert proc.wait(60) == 1
    finally:
        proc.kill()
        proc.communicate()


def test_colours_are_for_terminals(project):
    """Neither escapes nor a picture when nobody sees them."""
    project.put("move.yaml", HEAD + GOOD + BAD % ", OnFailure: continue")
    for args in (words("run"), ("runbook", "status"), ("runbook", "list"), ("runbook", "report")):
        result = project.run(*args, env={"NO_COLOR": None, "TERM": "xterm-256color"})
        assert result.returncode in (0, 3)
        assert "\x1b" not in result.stdout + result.stderr


def test_files_of_others_are_not_overwritten(project):
    """A report over a report, a plan over a plan; somebody's runbook stays."""
    project.put("move.yaml", HEAD + GOOD)
    kept = (project.dir / "move.yaml").read_text()
    project.run(*words("run", "--junit", "move.yaml")).ok(1).err("HD9057")
    assert not [line for line in project.lines("runbook", "status") if "execution" in line]
    project.run(*words("run", "--junit", "junit.xml")).ok()
    for form in ("markdown", "html", "json", "junit"):
        project.run("runbook", "report", "--format", form, "--out", "junit.xml").ok()
    for args in (("runbook", "report", "--out", "move.yaml"), ("plan", "--out", "move.yaml"),
                 ("plan", "--out", "junit.xml")):
        project.run(*args).ok(1).err("HD9057", "is there already")
    project.run("plan", "--out", "plan.json").ok()
    project.run("plan", "--out", "plan.json").ok()
    project.run("runbook", "report", "--out", "plan.json").ok(1).err("HD9057")
    assert (project.dir / "move.yaml").read_text() == kept


def test_a_chain_that_does_not_hold_proves_nothing(project):
    """Each report says so before anything else, and claims no objective that was met."""
    project.put("move.yaml", HEAD + GOOD)
    project.run(*words("run")).ok()
    assert project.run("runbook", "report").ok().stdout.count("| met |") == 1
    with contextlib.closing(sqlite3.connect(project.dir / ".hadeploy/state.db")) as db, db:
        db.execute("DELETE FROM execution_event WHERE number = 2")
    project.run("runbook", "status", project.lines("runbook", "status")[0]["execution"]) \
        .ok().err("nothing that is shown of it is proven")
    for form in ("markdown", "html", "junit"):
        out = project.run("runbook", "report", "--format", form).ok(1).stdout
        assert "THE CHAIN OF EVENTS DOES NOT HOLD" in out[:5000]
        assert "not proven" in out and "| met |" not in out and ">met<" not in out
    report = json.loads(project.run("runbook", "report", "--format", "json").ok(1).stdout)
    assert report["broken_at"] == 2 and "met" not in report["objectives"][0]
