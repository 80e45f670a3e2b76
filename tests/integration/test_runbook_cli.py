"""Runbooks from the command line: run, look at, ask something of, from any terminal."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import time
from xml.etree import ElementTree

import pytest

from lab import Terminal, wait_until
from lab.run import clean_env, hadeploy_path
from lab.two_hosts import command, ends, gate, hosts, running

MOVE = {
    "Description": "Move the shop",
    "Parameters": {"From": {"Type": "Region"}, "To": {"Type": "Region"}},
    "Objectives": {"RTO": "5m"},
}


@pytest.fixture
def allowed(hosts):
    """The step promote succeeds when this file exists."""
    return hosts.host("web-w1").root / "allowed"


class Runbooks:
    """A project with runbooks, and what is known of its executions."""

    def __init__(self, project):
        self.project, self.run = project, project.run
        self.dir = project.dir

    def put(self, name, steps, **keys):
        self.project.put(f"runbooks/{name}.yaml", {**MOVE, **keys, "Steps": steps})

    def start(self, name, *args, **options):
        return self.project.start("runbook", "run", name, "--from", "east", "--to", "west",
                                  "--yes", *args, **options)

    def running(self, *args, **options):
        return running(self.start(*args, **options))

    def executions(self):
        lines = self.project.lines("runbook", "status", "--limit", "9")
        return [line for line in lines if line["type"] == "execution"]

    def story(self, execution=None):
        execution = execution or self.executions()[0]["execution"]
        return self.project.lines("runbook", "status", execution)[0]

    def step(self, path):
        return next(s for s in self.story()["steps"] if s["step"] == path)

    def becomes(self, path, status):
        """Waits until a step of the only execution has this status."""
        def there():
            return self.executions() and self.step(path)["status"] == status
        wait_until(there, 30, f"{path} to be {status}")


@pytest.fixture
def books(hosts, gate, allowed, tmp_path):
    it = Runbooks(hosts.project(tmp_path / "project", stacks={}, more={
        "Runbooks": {"move": "runbooks/move.yaml"},
        "Failover": {"Runbook": "move", "CoolDown": "0s"}}))
    it.put("move", [
        {"Name": "confirm", "Type": "Approval", "Message": "Move the shop?", "Confirm": "west"},
        command("stop", "east", gate.script),
        command("promote", "west", f"test -e '{allowed}'"),
    ])
    return it


def test_list_and_check_say_what_there_is(books):
    books.run("runbook", "list").ok().out("move  Move the shop", "From (Region), To (Region)",
                                          "RTO 5m00s")
    result = books.run("runbook", "check").ok().out("Runbook move is valid: 3 steps.",
                                                    "east -> west", "west -> east")
    assert "not predicted" in result.stdout
    one = books.project.lines("runbook", "check", "move", "--from", "east", "--to", "west")[0]
    assert one["type"] == "runbook_check" and len(one["directions"]) == 1
    assert one["rto_objective_ms"] == 300000
    books.run("runbook", "check", "mvoe").ok(1)


def test_a_run_without_anybody_tells_each_entry(books, gate, allowed):
    gate.open()
    allowed.touch()
    result = books.run("runbook", "run", "move", "--from", "east", "--to", "west", "--yes",
                       "--approve", "confirm", "--since", "5m", "--reason", "power cut",
                       "--junit", "junit.xml").ok()
    assert not result.stdout
    result.err("because power cut", "stop: begins", "promote: done", "RTO 5m", "COMPLETED")
    assert books.executions()[0]["status"] == "COMPLETED"
    books.run("runbook", "list").ok().out("COMPLETED", "RTO 5m")
    cases = ElementTree.parse(books.dir / "junit.xml").iter("testcase")
    assert {"confirm", "stop", "promote"} <= {case.get("name") for case in cases}


def test_json_is_the_journal_and_how_it_ended(books, gate, allowed):
    gate.open()
    allowed.touch()
    lines = books.project.lines("runbook", "run", "move", "--from", "east", "--to", "west",
                                "--yes", "--approve", "confirm")
    journal = [line for line in lines if line["type"] == "journal"]
    assert [line["number"] for line in journal] == list(range(1, len(journal) + 1))
    assert journal[0]["event"] == "started" and journal[-1]["event"] == "ended"
    assert lines[-2]["type"] == "execution" and lines[-2]["status"] == "COMPLETED"
    assert lines[-2]["rto"]["met"] and lines[-2]["entries"] == len(journal)
    assert lines[-1] == {"type": "end", "schema": 1, "command": "runbook run", "exit_code": 0}


def test_nobody_to_ask_needs_yes(books):
    args = ("runbook", "run", "move", "--from", "east", "--to", "west")
    assert "HD9001" in books.run(*args).ok(1).stderr
    in_ci = books.project.on_terminal(*args, env={"CI": "true"}).ok(1)
    assert b"HD9001" in in_ci.stdout
    assert books.executions() == []
    books.project.on_terminal(*args, answers=[(rb"'yes'[^\n]*: $", "no\n")]).ok(4)
    assert books.executions() == []


def test_wrong_words(books):
    books.run("runbook", "run").ok(64)
    books.run("runbook", "run", "move", "--since", "soon").ok(64).err("takes a time")
    books.run("runbook", "drill", "move", "--level", "half").ok(64).err("'isolated'")
    future = books.run("runbook", "run", "move", "--from", "east", "--to", "west", "--yes",
                       "--since", "2099-01-01T00:00:00Z").ok(1)
    assert "HD9049" in future.stderr
    assert "HD9036" in books.run("runbook", "run", "--resume", "--yes").ok(1).stderr
    assert "HD9036" in books.run("runbook", "status", "--watch").ok(1).stderr
    assert "HD9037" in books.run("runbook", "status", "2026").ok(1).stderr
    assert "HD9048" in books.run("failback", "--yes").ok(1).stderr
    for word in ("pause", "resume", "approve", "decline", "retry", "abort", "ungraceful"):
        assert "HD9039" in books.run("runbook", word).ok(1).stderr


def test_approval_from_another_terminal(books, gate, allowed):
    gate.open()
    allowed.touch()
    with books.running("move") as proc:
        books.becomes("confirm", "PENDING_APPROVAL")
        books.run("runbook", "status").ok().out("WAITING_APPROVAL", "Move the shop?", "RTO")
        assert "HD9041" in books.run("runbook", "approve", "confrim").ok(1).err("confirm").stderr
        assert "HD9044" in books.run("runbook", "approve").ok(1).err("--confirm 'west'").stderr
        assert "HD9044" in books.run("runbook", "approve", "--confirm", "east").ok(1).stderr
        assert "HD9042" in books.run("runbook", "retry", "confirm").ok(1).stderr
        assert "HD9042" in books.run("runbook", "decline", "promote").ok(1).stderr
        assert "HD9043" in books.run("runbook", "resume").ok(1).stderr
        books.run("runbook", "approve", "confirm", "--confirm", "west", "--reason", "go").ok() \
            .err("took it: approve confirm")
        said = ends(proc, 0)
    assert "asks: approve, because go" in said


def test_only_approvers_approve(books):
    books.put("move", [{"Name": "confirm", "Type": "Approval", "Message": "?",
                        "Approvers": ["nobody-else"]}])
    with books.running("move") as proc:
        books.becomes("confirm", "PENDING_APPROVAL")
        refused = books.run("runbook", "approve").ok(1)
        assert "HD9045" in refused.stderr and "nobody-else" in refused.stderr
        books.run("runbook", "abort", "--keep").ok().err("what was done stays")
        ends(proc, 1)


def test_declined_is_refused(books):
    with books.running("move") as proc:
        books.becomes("confirm", "PENDING_APPROVAL")
        books.run("runbook", "decline", "--reason", "east is back").ok()
        assert "east is back" in ends(proc, 4)
    assert "HD9039" in books.run("runbook", "approve").ok(1).stderr


def test_paused_begins_nothing(books, gate, allowed):
    allowed.touch()
    with books.running("move", "--approve", "confirm") as proc:
        gate.reached()
        books.run("runbook", "pause", "--reason", "lunch").ok().err("took it: pause")
        assert "HD9043" in books.run("runbook", "pause").ok(1).stderr
        gate.open()
        books.becomes("stop", "SUCCEEDED")
        assert books.story()["status"] == "PAUSED"
        assert books.step("promote")["status"] == "NOT_STARTED"
        books.run("runbook", "resume").ok()
        assert "because lunch" in ends(proc, 0)


def test_a_skipped_step_is_an_exception(books, gate, allowed):
    allowed.touch()
    with books.running("move", "--approve", "confirm") as proc:
        gate.reached()
        books.run("runbook", "skip", "stop", "--reason", "it is gone").ok()
        said = ends(proc, 3)
    gate.open()
    assert "skipped: stop (it is gone)" in said and "COMPLETED_WITH_EXCEPTIONS" in said


def test_what_failed_is_gone_on_with(books, gate, allowed):
    gate.open()
    said = ends(books.start("move", "--approve", "confirm"), 1)
    assert "failed: promote" in said and "runbook run --resume" in said
    assert "--resume" in books.run("runbook", "pause").ok(1).stderr
    execution = books.executions()[0]["execution"]
    books.run("runbook", "skip", "promote").ok(1).err(f"--resume {execution} --skip promote'")
    books.run("runbook", "run", "--resume", "--yes", "--since", "5m").ok(1).err("HD9047")
    books.run("runbook", "run", "--resume", "--yes", "--skip", "stop").ok(4).err("HD2680")
    books.run("runbook", "run", "move", "--yes", "--skip", "stop").ok(64)
    assert "parameters it began with" in books.run("runbook", "run", "--resume", "--yes", "--to",
                                                   "east").ok(1).stderr
    allowed.touch()
    books.run("runbook", "run", "--resume", execution[:-2], "--yes").ok()
    assert gate.count() == 1, "what was over is not done twice"
    assert books.story(execution)["status"] == "COMPLETED"
    assert "HD9047" in books.run("runbook", "run", "--resume", execution, "--yes").ok(1).stderr


def test_killed_is_lost_and_gone_on_with(books, gate, allowed):
    allowed.touch()
    with books.running("move", "--approve", "confirm") as proc:
        gate.reached()
        proc.kill()
        proc.wait()
    assert books.executions()[0]["status"] == "LOST"
    refused = books.run("runbook", "pause").ok(1)
    assert "HD9040" in refused.stderr and "--resume" in refused.stderr
    books.run("runbook", "status", "--watch").ok(1).err("LOST")
    gate.open()
    books.run("runbook", "run", "--resume", "--yes").ok()
    assert gate.count() == 1, "the command that ran while nobody looked was not run again"


def test_what_fails_is_skipped_by_who_goes_on(books, gate):
    gate.open()
    ends(books.start("move", "--approve", "confirm"), 1)
    books.run("runbook", "run", "--resume", "--yes", "--skip", "promote", "--reason",
              "by hand").ok(3).err("asks: skip, because by hand", "skipped: promote (by hand)")
    assert gate.count() == 1


def test_a_request_that_nobody_took(books, gate, allowed):
    """Who asked was told so: whoever goes on with the execution does not take it."""
    with books.running("move", "--approve", "confirm") as proc:
        gate.reached()
        os.kill(proc.pid, signal.SIGSTOP)
        asking = books.project.start("runbook", "pause")
        wait_until(lambda: asks(books), 30, "the request in recorded state")
        proc.kill()
        proc.wait()
        assert "HD9046" in ends(asking, 1)
    assert asks(books) == 0
    gate.open()
    allowed.touch()
    result = books.run("runbook", "run", "--resume", "--yes").ok()
    assert "pause" not in result.stderr


def asks(books):
    with contextlib.closing(sqlite3.connect(books.project.state_file)) as db:
        return db.execute("SELECT count(*) FROM execution_request").fetchone()[0]


def test_what_the_execution_does_not_follow_is_refused(books, gate):
    """The step has failed for good: OnFailure let the execution go on."""
    books.put("move", [command("first", "west", "false", OnFailure="continue"),
                       command("stop", "east", gate.script)])
    with books.running("move") as proc:
        gate.reached()
        for word in ("retry", "skip"):
            refused = books.run("runbook", word, "first").ok(4)
            assert "HD9050" in refused.stderr and word in refused.stderr
        gate.open()
        assert "retry was not followed" in ends(proc, 3)


def test_aborted(books, gate):
    with books.running("move", "--approve", "confirm") as proc:
        gate.reached()
        books.run("runbook", "abort", "--reason", "false alarm").ok()
        assert "false alarm" in ends(proc, 1)
    gate.open()
    assert books.executions()[0]["status"] in ("ABORTED", "REVERSED")


def test_ungraceful_from_another_terminal(books, gate, allowed):
    books.put("move", [command("stop", "east", gate.script, Ungraceful="skip"),
                       command("promote", "west", "true")])
    with books.running("move") as proc:
        gate.reached()
        books.run("runbook", "ungraceful", "stop", "--reason", "east is gone").ok()
        ends(proc, 0)
    gate.open()
    assert books.step("stop")["status"] == "SKIPPED"


def test_one_of_several_has_to_be_named(books, gate):
    books.put("move", [command("stop", "east", gate.script)], Exclusive=False)
    with books.running("move") as first:
        gate.reached()
        with books.running("move") as second:
            gate.reached(2)
            which = books.run("runbook", "pause").ok(1)
            assert "HD9038" in which.stderr
            for execution in books.executions():
                assert execution["execution"] in which.stderr
            books.run("runbook", "abort", "--execution", execution["execution"]).ok()
            gate.open()
            codes = {first.wait(60), second.wait(60)}
            assert codes == {0, 1}


def test_watching_tells_the_same_and_ends_the_same(books, gate, allowed):
    with books.running("move", "--approve", "confirm") as proc:
        gate.reached()
        watching = books.project.start("runbook", "status", "--watch")
        listening = books.project.start("runbook", "status", "--watch", "--json")
        gate.open()
        told = ends(proc, 1)
    watched = ends(watching, 1)
    lines = watched.splitlines()
    assert lines == [line for line in told.splitlines() if line in lines]
    assert "FAILED" in lines[-3] and "promote" in lines[-2]
    numbers = [line["number"] for line in map(json.loads, ends(listening, 1).splitlines())
               if line["type"] == "journal"]
    assert numbers == list(range(1, len(numbers) + 1))


def test_there_and_back_again(books, gate, allowed):
    books.put("move", [command("here", {"Ref": "To"}, "true")])
    books.run("failover", "--from", "east", "--to", "west", "--yes").ok()
    books.run("failback", "--yes").ok().err("From=west, To=east")
    assert [e["parameters"]["To"] for e in books.executions()] == ["east", "west"]


def test_drills_in_steps_of_risk(books, gate):
    args = ("runbook", "drill", "move", "--from", "east", "--to", "west")
    books.run(*args).ok().out("is valid")
    books.run(*args, "--level", "simulated").ok().err("simulated drill", "COMPLETED")
    assert [e["kind"] for e in books.executions()] == ["simulated"] and gate.count() == 0
    assert "HD9001" in books.run(*args, "--level", "full").ok(1).stderr


# --- at a terminal ---------------------------------------------------------------------------

START = ("runbook", "run", "move", "--from", "east", "--to", "west", "--yes")


def test_approvals_are_asked_for_and_typed(books, gate, allowed):
    gate.open()
    allowed.touch()
    with Terminal(START, books.dir, size=(24, 80)) as terminal:
        terminal.expect(rb"Move the shop\?.*type 'west' to approve[^\n]*: ")
        terminal.send("yes\n")
        terminal.expect(rb"type 'west' to approve[^\n]*: ")
        terminal.send("west\n")
        assert terminal.wait() == 0
    assert b"COMPLETED" in terminal.screen


def test_declined_at_the_terminal(books):
    result = books.project.on_terminal(*START, answers=[(rb"to approve[^\n]*: ", "no\n")])
    result.ok(4)


def test_a_question_that_was_answered_elsewhere_is_closed(books, gate, allowed):
    allowed.touch()
    with Terminal(START, books.dir) as terminal:
        terminal.expect(rb"to approve[^\n]*: ")
        books.run("runbook", "approve", "--confirm", "west").ok()
        terminal.expect(rb"running   stop")
        gate.open()
        assert terminal.wait() == 0


def test_a_failed_step_is_held_for_a_decision(books, gate, allowed):
    gate.open()
    with Terminal([*START, "--approve", "confirm"], books.dir) as terminal:
        terminal.expect(rb"promote failed: 'retry', 'skip' or 'abort'\? ")
        assert books.story()["status"] == "PAUSED"
        terminal.send("retry\n")
        terminal.expect(rb"promote failed: 'retry', 'skip' or 'abort'\? ")
        allowed.touch()
        books.run("runbook", "retry").ok()
        assert terminal.wait() == 0


def test_ctrl_c_pauses_and_can_be_resumed(books, gate, allowed):
    allowed.touch()
    with Terminal([*START, "--approve", "confirm"], books.dir) as terminal:
        gate.reached()
        terminal.interrupt()
        gate.open()
        assert terminal.wait() == 130
    assert b"--resume" in terminal.screen
    assert books.executions()[0]["status"] == "PAUSED"
    books.run("runbook", "run", "--resume", "--yes").ok()
    assert gate.count() == 1


def test_what_was_done_before_is_in_the_picture_of_who_goes_on(books, gate, allowed):
    allowed.touch()
    with Terminal([*START, "--approve", "confirm"], books.dir) as terminal:
        gate.reached()
        terminal.interrupt()
        gate.open()
        assert terminal.wait() == 130
    with Terminal(("runbook", "run", "--resume", "--yes"), books.dir) as terminal:
        terminal.expect(rb"move  RUNNING  RTO [^\n]*From=east, To=west")
        terminal.expect(rb"done      confirm")
        assert terminal.wait() == 0


def test_the_live_picture_fits_80_columns(books, gate, allowed, tmp_path):
    """tmux says what a person sees: one line per step, drawn in place, none wrapped."""
    allowed.touch()
    tmux = ["tmux", "-S", str(tmp_path / "tmux"), "-f", "/dev/null"]
    env = clean_env(books.dir, {"NO_COLOR": None, "TERM": "xterm-256color"})
    line = " ".join([hadeploy_path(), *START, "--approve", "confirm"])
    subprocess.run([*tmux, "new-session", "-d", "-x", "80", "-y", "24", "-c", str(books.dir),
                    f"{line}; echo AT-THE-END; sleep 60"], env=env, check=True)
    try:
        def screen():
            return subprocess.run([*tmux, "capture-pane", "-p"], capture_output=True, text=True,
                                  check=True).stdout
        wait_until(lambda: "running   stop" in screen(), 30, "the step to be shown")
        seen = screen()
        assert re.search(r"^move  RUNNING  RTO [\d.ms]+ of 5m00s  From=east, To=west$", seen, re.M)
        assert re.search(r"^  done      confirm", seen, re.M)
        assert re.search(r"^            promote$", seen, re.M)
        before = seen.count("\n")
        time.sleep(1)
        assert screen().count("running   stop") == 1 and screen().count("\n") == before
        gate.open()
        wait_until(lambda: "AT-THE-END" in screen(), 30, "the end")
        assert "COMPLETED" in screen()
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
