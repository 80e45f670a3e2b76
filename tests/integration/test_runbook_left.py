"""Executions that somebody left: killed, their runbook changed, given up, undone all the same."""

import json
import os
import subprocess
import time

import pytest

PROGRAM = os.environ.get("HADEPLOY", "build/hadeploy")

MANIFEST = """\
Project: shop
Regions: {east: {}, west: {}}
Runbooks: {move: move.yaml}
"""

# What is begun is written down; the step wait goes on until it is killed or asked to end.
RUNBOOK = """\
Steps:
  - Name: first
    Type: Notify
    Command: echo done >>said
    Message: first
    Reverse: {Type: Notify, Command: echo undone >>said, Message: back}
  - {Name: wait, Type: Wait, Duration: 1h}
"""


class Project:
    def __init__(self, folder):
        self.folder = folder
        (folder / "hadeploy.yaml").write_text(MANIFEST)
        (folder / "move.yaml").write_text(RUNBOOK)
        self.procs = []

    def start(self, *words):
        proc = subprocess.Popen([PROGRAM, *words], cwd=self.folder, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, env={**os.environ, "CI": "true"})
        self.procs.append(proc)
        return proc

    def run(self, *words, code=0):
        proc = self.start(*words)
        out = proc.communicate(timeout=60)[0]
        assert proc.returncode == code, f"exit {proc.returncode}\n{out}"
        return out

    def latest(self):
        for line in self.run("runbook", "status", "--limit", "9", "--json").splitlines():
            if json.loads(line)["type"] == "execution":
                return json.loads(line)
        return {"status": "", "execution": ""}

    def wait_for(self, step):
        for _ in range(600):
            line = self.latest()["execution"]
            if line:
                story = json.loads(self.run("runbook", "status", line, "--json").splitlines()[0])
                if any(s["step"] == step and s["status"] == "RUNNING" for s in story["steps"]):
                    return
            time.sleep(0.05)
        raise AssertionError(f"{step} never ran")

    def killed(self):
        """The id of an execution whose process was killed in the step wait."""
        proc = self.start("runbook", "run", "move", "--yes")
        self.wait_for("wait")
        proc.kill()
        proc.wait()
        return self.latest()["execution"]

    def said(self):
        return (self.folder / "said").read_text().split()


@pytest.fixture
def project(tmp_path):
    it = Project(tmp_path)
    yield it
    for proc in it.procs:
        if proc.poll() is None:
            proc.kill()
            proc.wait()


def test_given_up_although_its_runbook_changed(project):
    execution = project.killed()
    (project.folder / "move.yaml").write_text(RUNBOOK.replace("1h", "10ms"))
    out = project.run("runbook", "run", "--resume", "--yes", code=4)
    assert "HD2662" in out and f"abort {execution}" in out
    out = project.run("runbook", "run", "move", "--yes", code=4)
    assert "HD2663" in out and f"abort {execution}" in out
    assert "whose process has ended" in out
    project.run("runbook", "abort", execution, "--reason", "it was edited", code=1)
    assert project.latest()["status"] == "ABORTED" and project.said() == ["done"]
    assert "it was edited" in project.run("runbook", "report", execution)
    assert "COMPLETED" in project.run("runbook", "run", "move", "--yes")
    assert "sound" in project.run("state", "check")


def test_aborted_while_nobody_runs_it(project):
    execution = project.killed()
    out = project.run("runbook", "abort", "--reason", "the wrong one")
    assert execution in out and "REVERSED" in out and project.said() == ["done", "undone"]


def test_one_at_a_time(project):
    proc = project.start("runbook", "run", "move", "--yes")
    project.wait_for("wait")
    out = project.run("runbook", "run", "move", "--yes", code=4)
    assert "HD2663" in out and "is going on (RUNNING)" in out and "@runbook" not in out
    project.run("runbook", "abort", "--keep")
    proc.communicate(timeout=60)
