"""Executions in the middle of a step: other people's locks, aborts, kills, lost files and disks."""

import contextlib
import json
import signal
import sqlite3
import subprocess

import pytest
from test_runbook_drills import MANIFEST, RUNBOOK, Project, read_until

from lab import wait_until

# Four changes one after the other, so that there is a middle.
CHAIN = """\
Parameters: {Capacity: {Type: Number}}
Resources:
  A: {Type: 'Sim::Node', Properties: {Name: !Sub 'a-${AWS::Region}', Size: !Ref Capacity}}
  B: {Type: 'Sim::Node', DependsOn: A,
      Properties: {Name: !Sub 'b-${AWS::Region}', Size: !Ref Capacity}}
"""

LONG = """\
Parameters: {From: {Type: Region}, To: {Type: Region}}
Steps:
  - {Name: say, Type: Notify, Message: m, Command: echo said >>said,
     Reverse: {Type: Notify, Message: m, Command: echo unsaid >>said}}
  - {Name: wait, Type: Wait, Duration: 1h}
"""


def made(folder):
    project = Project(folder)
    project.write("hadeploy.yaml", MANIFEST.replace("Pending: 300ms", "Pending: 500ms")
                  .replace("Pending: 700ms", "Pending: 300ms"))
    project.run("apply", "--yes")
    return project


@pytest.fixture
def project(tmp_path):
    return made(tmp_path)


def status(project):
    lines = [json.loads(line) for line in
             project.run("runbook", "status", "--json", code=0).splitlines()]
    return next(line for line in lines if line["type"] == "execution")


def story(project):
    return json.loads(project.run("runbook", "status", status(project)["execution"],
                                  "--json").splitlines()[0])


def step(project, name):
    return next(s for s in story(project)["steps"] if s["step"] == name)


def ends(proc, code):
    out = proc.communicate(timeout=60)[0]
    assert proc.returncode == code, f"exit {proc.returncode}\n{out}"
    return out


# Apply steps

def test_an_apply_step_waits_for_the_lock_of_somebody_else(project):
    """It says for whom, and no longer than its Timeout."""
    project.edit("hadeploy.yaml", "Pending: 500ms", "Pending: 20s")
    project.edit("failover.yaml", "{Capacity: 3}}", "{Capacity: 3}, Timeout: 1s}")
    holder = project.start("apply", "web", "--region", "west", "--param", "Capacity=5", "--yes")
    with contextlib.ExitStack() as stack:
        stack.callback(holder.communicate)
        stack.callback(holder.kill)
        wait_until(lambda: project.log() == 3, 20, "somebody else to work on it")
        out = project.run(*project.move("run"), code=1)
        assert "scale: web/west is locked by" in out and f"pid {holder.pid}" in out, out
        assert "it took longer than 1.0s" in out


def test_an_apply_step_goes_on_when_the_lock_is_free(project):
    project.edit("hadeploy.yaml", "Pending: 500ms", "Pending: 8s")
    holder = project.start("apply", "web", "--region", "west", "--param", "Capacity=5", "--yes")
    wait_until(lambda: project.log() == 3, 20, "somebody else to work on it")
    project.edit("hadeploy.yaml", "Pending: 8s", "Pending: 500ms")
    proc = project.start(*project.move("run"))
    wait_until(lambda: "is locked by" in project.run("runbook", "status"), 20, "it to wait")
    out = ends(proc, 0)
    assert "scale: has the lock that it waited for" in out and "COMPLETED" in out
    ends(holder, 0)


def test_an_apply_step_is_aborted_in_its_middle(project):
    project.write("web.yaml", CHAIN)
    project.run("apply", "--yes")
    proc = project.start(*project.move("run"))
    read_until(proc, "web/west/A: accepted")
    project.run("runbook", "abort", "--reason", "wrong region")
    out = ends(proc, 1)
    assert "REVERSED" in out and "scale: undone" in out
    assert project.is_as_before()
    project.run("plan", "--exit-code")
    assert "sound" in project.run("state", "check")


def test_an_apply_step_goes_on_ungracefully(project):
    """The engine that works on it lets go of its lock first."""
    project.edit("failover.yaml", "{Capacity: 3}}",
                 "{Capacity: 3}, Ungraceful: {Parameters: {Capacity: 7}}}")
    proc = project.start(*project.move("run"))
    read_until(proc, "web/west/A: accepted")
    project.run("runbook", "ungraceful", "scale", "--reason", "east is gone")
    out = ends(proc, 0)
    assert "Capacity 7 was set by runbook" in project.run("plan", code=0), out
    assert story(project)["steps"][0]["ungraceful"]


# Drills

def test_an_isolated_drill_that_is_killed_while_it_goes_back(project):
    proc = project.start(*project.move("drill", "--level", "isolated"))
    read_until(proc, "scale: is being undone")
    proc.kill()
    proc.communicate()
    out = project.run("runbook", "run", "--resume", "--yes")
    assert "scale: undone" in out and "COMPLETED" in out
    assert status(project)["status"] == "COMPLETED"
    assert project.is_as_before()
    project.run("plan", "--exit-code")


def test_nobody_is_told_to_resume_a_simulated_drill(project):
    project.edit("failover.yaml", "web/${From}/A", "web/${From}/B")
    out = project.drill("simulated", code=1)
    assert "begin the drill anew" in out and "--resume" not in out
    assert "--resume" not in project.run("runbook", "pause", code=1)


# Approvals

def test_an_approval_that_nobody_gives(project):
    project.write("failover.yaml", RUNBOOK.replace(
        "Steps:\n", "Steps:\n  - {Name: sure, Type: Approval, Message: sure?, Timeout: 500ms}\n"))
    out = project.run(*project.move("run"), code=1)
    assert "failed: sure" in out and "nobody approved within 500ms" in out
    assert project.log() == 2, "nothing was begun"
    # Whoever goes on with it is asked again.
    proc = project.start("runbook", "run", "--resume", "--yes", "--approve", "sure")
    assert "COMPLETED" in ends(proc, 0)


# The project's folder

@pytest.fixture
def long(tmp_path):
    """A project whose runbook says something and waits."""
    project = Project(tmp_path / "project") if (tmp_path / "project").mkdir() is None else None
    project.write("failover.yaml", LONG)
    return project


def events(project):
    with contextlib.closing(sqlite3.connect(project.folder / ".hadeploy" / "state.db")) as db:
        return db.execute("SELECT kind, step FROM execution_event").fetchall()


def begun(project):
    """Its process has nothing to write before something happens."""
    proc = project.start(*project.move("run"))
    read_until(proc, "wait: begins")
    wait_until(lambda: ("step-memory", "wait") in events(project), 20, "it to wait")
    return proc


def said(project):
    return (project.folder / "said").read_text().split()


def test_recorded_state_is_moved_away(long):
    """Noticed at the next event, and nothing is lost when it is back."""
    proc = begun(long)
    state = long.folder / ".hadeploy"
    state.rename(long.folder / "aside")
    proc.send_signal(signal.SIGINT)
    out = ends(proc, 1)
    assert "HD3008" in out and "was removed or replaced" in out
    (long.folder / "aside").rename(state)
    assert status(long)["status"] == "LOST"
    assert "undone" in long.run("runbook", "abort")
    assert said(long) == ["said", "unsaid"]


def test_recorded_state_is_deleted(long):
    proc = begun(long)
    for file in (long.folder / ".hadeploy").glob("state.db*"):
        file.unlink()
    proc.send_signal(signal.SIGINT)
    assert "HD3008" in ends(proc, 1)
    assert not (long.folder / ".hadeploy" / "state.db").exists()


def fill(disk):
    """Takes all the room there is."""
    with (disk / "filler").open("wb", buffering=0) as out, contextlib.suppress(OSError):
        while True:
            out.write(bytes(4096))
    return disk / "filler"


def test_the_disk_is_full(small_disk):
    project = Project(small_disk)
    project.write("failover.yaml", LONG)
    proc = begun(project)
    filler = fill(small_disk)
    assert "HD3007" in project.run("runbook", "pause", code=1)
    proc.send_signal(signal.SIGINT)
    out = ends(proc, 1)
    assert "HD3007" in out and "run --resume" in out
    filler.unlink()
    assert status(project)["status"] == "LOST"
    assert "undone" in project.run("runbook", "abort")
    assert said(project) == ["said", "unsaid"]
    assert "sound" in project.run("state", "check")


def remount(disk, how):
    subprocess.run(["mount", "-o", f"remount,{how}", disk], check=True)


def test_the_folder_can_only_be_read(small_disk):
    """Nothing goes on, and whoever looks sees how it stands."""
    project = Project(small_disk)
    project.write("failover.yaml", LONG)
    proc = begun(project)
    proc.kill()
    proc.communicate()
    remount(small_disk, "ro")
    try:
        for words in (("runbook", "run", "--resume", "--yes"), ("runbook", "abort"),
                      project.move("run")):
            out = project.run(*words, code=1)
            assert "HD3009" in out or "HD3001" in out, out
        assert status(project)["status"] == "LOST"
    finally:
        remount(small_disk, "rw")
    assert "undone" in project.run("runbook", "abort")
    assert said(project) == ["said", "unsaid"]
