"""What keeps a watch from acting is told before the region fails, and what may go is given up."""

import contextlib
import os
import sqlite3

import pytest

from lab import wait_until
from lab.watching import Watching
from test_watch import executions, project, step, world  # noqa: F401  pylint: disable=unused-import


def begin(made, world, *command):  # pylint: disable=redefined-outer-name
    """An execution that nobody runs any more; its id."""
    before = len(world.posted)
    proc = made.start("runbook", *command, "--yes")
    wait_until(lambda: len(world.posted) > before, 30, "its step")
    proc.kill()
    proc.communicate(timeout=20)
    return executions(made)[0]["execution"]


def status(made):
    line, _ = made.lines("watch", "--status")
    return line


def test_what_is_left_is_told_and_a_drill_is_undone(tmp_path, world):  # noqa: F811
    made = project(tmp_path, world, Runbooks={"failover": "failover.yaml", "long": "long.yaml"})
    made.put("long.yaml", {"Steps": [step(world, "long"),
                                     {"Name": "nap", "Type": "Wait", "Duration": "1h"}]})
    assert status(made)["watched"] is False
    left = begin(made, world, "run", "long")
    with Watching(made) as watch:
        assert watch.until(event="blocked", execution=left)["text"] == "LOST"
        assert left in watch.said(code="HD2790")[0]["hint"]
        entry, = status(made)["entries"]
        assert (entry["state"], entry["hold"], entry["execution"]) == ("HEALTHY", "running", left)
        made.run("runbook", "status").ok().out("WATCHED by", "is not over")
        made.run("failover", "--from", "east", "--to", "west", "--yes").ok(4).err(
            "HD2663", "(LOST)", f"--resume {left}")
        made.run("runbook", "abort", left, "--yes").ok()
        assert watch.until(event="free")["text"] == "REVERSED"
        drill = begin(made, world, "drill", "long", "--level", "isolated")
        made.run("failover", "--from", "east", "--to", "west", "--yes").ok(4).err(
            "HD2663: isolated drill", f"undo what it did: `hadeploy runbook abort {drill}`")
        world.stop("east")
        assert watch.until(event="gives-up")["execution"] == drill
        assert watch.until(event="ends", execution=drill)["text"] == "REVERSED"
        assert watch.until(event="ends", text="COMPLETED")["runbook"] == "failover"
        assert world.posted == ["/long", "/long", "/move"]
        assert watch.end() == 0
    assert status(made)["watched"] is False
    made.run("runbook", "status").ok().out("NOBODY WATCHES")


def test_what_would_be_refused_is_told_while_all_is_well(tmp_path, world):  # noqa: F811
    made = project(tmp_path, world, steps=[step(world, "move", Headers={
        "Token": "{{resolve:env:NOT_SET_HERE}}"})])
    with Watching(made) as watch:
        assert "'NOT_SET_HERE' is not set" in watch.until(event="unready")["text"]
        wait_until(lambda: "'move' would fail" in status(made)["entries"][0].get("unready", ""),
                   20, "others are told")
        made.put("failover.yaml", {
            "Parameters": {"From": {"Type": "Region"}, "To": {"Type": "Region"}},
            "Steps": [step(world, "move")]})
        watch.until(event="ready")
        assert watch.said(code="HD2791") and watch.end() == 0


@pytest.mark.skipif("WATCH_STATE" not in os.environ, reason="takes 25 s: WATCH_STATE=1")
def test_a_state_that_others_hold_is_waited_for(tmp_path, world):  # noqa: F811
    made = project(tmp_path, world)
    with Watching(made) as watch:
        watch.until(event="standing", state="HEALTHY")
        with contextlib.closing(sqlite3.connect(made.dir / ".hadeploy" / "state.db",
                                                isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            assert "busy" in watch.until(event="unwritable")["text"]
            db.execute("ROLLBACK")
        watch.until(event="writable")
        assert watch.end() == 0 and not watch.events(event="lost")
