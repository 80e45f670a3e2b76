"""Random runbooks whose processes are killed at any moment, with requests from other terminals.

Two rounds by itself; RUNBOOK_STORM=200 does as many, RUNBOOK_STORM_SEED=7 begins with that one.
"""

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import time

import pytest

PROGRAM = os.environ.get("HADEPLOY", "build/hadeploy")
ROUNDS = int(os.environ.get("RUNBOOK_STORM", "2"))
FIRST = int(os.environ.get("RUNBOOK_STORM_SEED", "1"))
LIVES = 6
LIMIT_S = 120  # nothing takes as long, unless it hangs
BROKEN = re.compile(r"Sanitizer|runtime error|Assertion|fail_fast")

MANIFEST = """\
Project: storm
Providers:
  sim: {File: cloud.db, Latency: {'*': {update: {Call: 5ms, Pending: 300ms},
        action: {Call: 5ms, Pending: 300ms}}}}
Regions: {east: {}, west: {}}
Stacks:
  web: {Template: web.yaml, Parameters: {Capacity: 1}, Targets: [east, west]}
Runbooks: {storm: storm.yaml, inner: inner.yaml}
"""

TEMPLATE = """\
Parameters: {Capacity: {Type: Number}}
Resources:
  A: {Type: 'Sim::Node', Properties: {Name: !Sub 'a-${AWS::Region}', Size: !Ref Capacity}}
  B: {Type: 'Sim::Node', Properties: {Name: !Sub 'b-${AWS::Region}', Size: 1}}
"""


class Book:
    """A random runbook: its text, and what its steps do."""

    def __init__(self, dice, prefix):
        self.dice, self.count, self.prefix = dice, 0, prefix
        self.tells, self.undone, self.actions = [], [], []
        self.text = "Steps:\n" + self.steps(1, False)

    def keys(self):
        keys = self.dice.choice(["", "", "", ", OnFailure: continue", ", OnFailure: reverse"])
        keys += self.dice.choice(["", "", ", Retries: 1, RetryInterval: 50ms"])
        return keys + self.dice.choice(["", "", "", ", Ungraceful: skip"])

    def tell(self, name):
        """Writes its name down, and fails now and then, always or the first time."""
        self.tells.append(name)
        script = f"sleep 0.{self.dice.randrange(4)}; echo {name} >>done"
        script += self.dice.choice(["", "", "", f"; test -e x-{name} || ! touch x-{name}",
                                    "; false" if not self.dice.randrange(3) else ""])
        keys = self.keys()
        if self.dice.randrange(2):
            self.undone.append(name)
            keys += f", Reverse: {{Type: Notify, Message: m, Command: 'echo {name} >>undone'}}"
        return f"Type: Notify, Message: m, Command: '{script}'{keys}"

    def leaf(self, name):
        kind = self.dice.randrange(10)
        if kind == 0:
            return f"{{Name: {name}, Type: Approval, Message: go, Timeout: 20s}}"
        if kind == 1:
            return f"{{Name: {name}, Type: Wait, Duration: {self.dice.randrange(500)}ms}}"
        if kind == 2:
            region = self.dice.choice(["east", "west"])
            return f"{{Name: {name}, Type: Apply, Stack: web, Region: {region}, Parameters: " \
                f"{{Capacity: {self.dice.randrange(2, 9)}}}{self.keys()}}}"
        if kind == 3:
            return f"{{Name: {name}, Type: Check, Value: 2, AtMost: {self.dice.choice([1, 3])}" \
                f"{self.keys()}}}"
        if kind == 4:
            self.actions.append(name)
            return f"{{Name: {name}, Type: Action, Resource: web/east/B, Action: restart" \
                f"{self.keys()}}}"
        return f"{{Name: {name}, {self.tell(name)}}}"

    def step(self, depth, beside):
        name = f"{self.prefix}{self.count}"
        self.count += 1
        pad = "  " * depth
        if depth > 4 or self.count > 12 or self.dice.randrange(3):
            return f"{pad}- {self.leaf(name)}\n"
        group = self.dice.choice(["Parallel", "Steps"]) if beside else "Parallel"
        return f"{pad}- Name: {name}\n{pad}  {group}:\n" + \
            self.steps(depth + 2, group == "Parallel")

    def steps(self, depth, beside):
        return "".join(self.step(depth, beside) for _ in range(1 + self.dice.randrange(3)))


class Storm:
    def __init__(self, folder, seed):
        self.folder, self.dice, self.procs = folder, random.Random(seed), []
        (folder / "hadeploy.yaml").write_text(MANIFEST)
        (folder / "web.yaml").write_text(TEMPLATE)
        inner, self.book = Book(self.dice, "i"), Book(self.dice, "s")
        (folder / "inner.yaml").write_text(inner.text)
        (folder / "storm.yaml").write_text(
            self.book.text + "  - {Name: more, Type: Runbook, Runbook: inner}\n")
        self.tells = self.book.tells + inner.tells
        self.undone = self.book.undone + inner.undone
        self.said = []

    def start(self, *words):
        """The output goes to a file: what a killed process has started may hold it open."""
        out = self.folder / f"out-{len(self.said)}"
        self.said.append(out)
        with out.open("wb") as file:
            proc = subprocess.Popen([PROGRAM, *words], cwd=self.folder, stdout=file,
                                    stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT,
                                    env={**os.environ, "CI": "true"})
        self.procs.append(proc)
        return proc

    def run(self, *words, codes=(0,)):
        proc = self.start(*words)
        out = self.said[-1]
        try:
            proc.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{words} hangs\n{out.read_text()}") from None
        text = out.read_text()
        assert proc.returncode in codes, f"{words}: exit {proc.returncode}\n{text}"
        return text

    def events(self):
        with sqlite3.connect(self.folder / ".hadeploy" / "state.db") as db:
            return [(kind, step, json.loads(data)) for kind, step, data in db.execute(
                "SELECT kind, step, data FROM execution_event ORDER BY execution, number")]

    def execution(self):
        for line in self.run("runbook", "status", "--json", codes=(0, 1)).splitlines():
            if json.loads(line)["type"] == "execution":
                return json.loads(line)
        return None

    def request(self, execution):
        """As anybody might from another terminal; whatever comes of it, it says so."""
        story = json.loads(self.run("runbook", "status", execution, "--json").splitlines()[0])
        step = self.dice.choice(story["steps"])["step"]
        words = self.dice.choice([
            ("pause",), ("resume",), ("resume",), ("skip", step), ("retry", step), ("retry",),
            ("approve",), ("approve",), ("decline",), ("ungraceful",), ("ungraceful", step),
            ("accept-data-loss", "why not"), ("abort",), ("abort", "--keep")])
        if words[0] == "abort" and self.dice.randrange(4):
            return
        if words[0] == "abort":
            words += (execution,)
        self.start("runbook", *words)

    def live(self, execution):
        """One process of it, until it ends or is killed."""
        words = ("run", "--resume", execution) if execution else ("run", "storm")
        proc = self.start("runbook", *words, "--yes")
        ends = time.monotonic() + self.dice.uniform(0.05, 2)
        while proc.poll() is None and time.monotonic() < ends:
            time.sleep(self.dice.uniform(0, 0.2))
            there = self.execution()
            if there and not self.dice.randrange(3):
                self.request(there["execution"])
        for sign in self.dice.choice([[signal.SIGKILL], [signal.SIGKILL], [signal.SIGTERM],
                                      [signal.SIGINT], [signal.SIGINT, signal.SIGINT],
                                      [signal.SIGINT, signal.SIGKILL]]):
            proc.send_signal(sign)
            time.sleep(self.dice.uniform(0, 0.3))
        self.wait_for_all()
        # By a signal: before it could listen to any.
        assert proc.returncode in (0, 1, 3, 4, 130, -signal.SIGKILL, -signal.SIGTERM,
                                   -signal.SIGINT), proc.returncode

    def wait_for_all(self):
        """Whoever waits for an approval is told to go on."""
        ends = time.monotonic() + LIMIT_S
        while any(proc.poll() is None for proc in self.procs):
            assert time.monotonic() < ends, "it hangs"
            time.sleep(0.1)
            there = self.execution()
            if there and there["status"] == "WAITING_APPROVAL":
                self.run("runbook", "approve", codes=(0, 1, 4))
            if there and there["status"] == "PAUSED":
                self.run("runbook", "resume", codes=(0, 1, 4))
        self.procs = []
        if self.execution():
            self.run("state", "check")

    def is_over(self, there):
        return there and there["status"] in ("COMPLETED", "COMPLETED_WITH_EXCEPTIONS", "REVERSED",
                                             "ABORTED")

    def whole(self):
        there = None
        for _ in range(LIVES):
            self.live(there["execution"] if there else None)
            there = self.execution()
            if self.is_over(there):
                return there
        for _ in range(3):  # and now nobody disturbs it
            self.start("runbook", *(("run", "--resume") if there else ("run", "storm")), "--yes")
            self.wait_for_all()
            there = self.execution()
            if self.is_over(there):
                return there
        self.run("runbook", "abort", there["execution"], codes=(0, 1))
        return self.execution()

    def done(self, name):
        file = self.folder / name
        return file.read_text().split() if file.exists() else []

    def check(self, there):
        # What could not be undone may be gone on with.
        assert self.is_over(there) or there["status"] == "FAILED", there["status"]
        events = self.events()
        lives = sum(kind == "resumed-by" for kind, _, _ in events)
        done, undone = self.done("done"), self.done("undone")
        for name in self.tells:
            mine = [(kind, data) for kind, step, data in events if step.split("/")[-1] == name]
            tries = sum(kind == "step-started" for kind, _ in mine)
            assert done.count(name) <= tries + lives, f"{name} was done too often"
            if any(kind == "step-succeeded" for kind, _ in mine):
                assert done.count(name) >= 1, f"{name} was not done"
            back = [kind for kind, _ in mine if kind == "step-reversed"]
            assert len(back) <= 1
            if back and name in self.undone:
                assert undone.count(name) >= 1, f"{name} was not undone"
        keys = [data["Key"] for kind, _, data in events if kind == "step-started"]
        assert len(set(keys)) == len(keys), "each try has a key of its own"
        self.run("runbook", "report", there["execution"])
        self.run("runbook", "status", there["execution"])
        for out in self.said:
            assert not BROKEN.search(out.read_text(errors="replace")), out.read_text()

    def is_usable(self):
        """What it left is no burden for whoever comes after it."""
        self.run("apply", "--yes", "--drop-overrides")
        self.run("plan", "--exit-code")
        locks = self.run("state", "check")
        assert "sound" in locks


@pytest.mark.parametrize("seed", range(FIRST, FIRST + ROUNDS))
def test_killed_and_asked_at_any_moment(tmp_path, seed):
    storm = Storm(tmp_path, seed)
    storm.run("apply", "--yes")
    there = storm.whole()
    storm.check(there)
    storm.is_usable()
