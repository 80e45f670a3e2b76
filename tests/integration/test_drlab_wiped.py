"""A region of examples/dr-lab is wiped: its hosts come back installed anew, with nothing on them.
It is recreated, its database brought back from the other region, and it takes over again."""

import os
import signal
import time

import pytest

from lab import wait_until
from lab.drlab import SECRETS
from lab.scenario import deployed, lab

pytestmark = pytest.mark.limit(90)
RATE_WANTED = 40
# What takes longer than CI has time for.
more = pytest.mark.skipif("LAB_WIPE" not in os.environ, reason="takes a minute: set LAB_WIPE=1")


def other(region):
    return "west" if region == "east" else "east"


def recreate(lab, region, *words, code=0):
    return lab.run("recreate", "--region", region, "--yes", *words, code=code)


def is_whole(lab, client, region, since):
    """The region serves again, as a standby, and customers of the other one noticed nothing."""
    assert client.rate(since, time.time()) >= RATE_WANTED
    assert (lab.role(region), lab.role(other(region))) == ("standby", "primary")
    assert lab.run("runbook", "status").stdout.splitlines()[1].split()[1] == "COMPLETED"
    lab.run("plan", "--refresh", "--exit-code")


def loses_nothing(lab, client, region, kept):
    """Rows that were there before are there, and all that were acknowledged since."""
    gone = {(row["Client"], row["Seq"]) for row in lab.missing(client.rows(), region)}
    assert client.acknowledged() and not gone & kept
    assert lab.two_primaries() is None


def rows_in(lab, client, region):
    missing = {(row["Client"], row["Seq"]) for row in lab.missing(client.rows(), region)}
    return {(row["Client"], row["Seq"]) for row in client.acknowledged()} - missing


def switches(lab, client, name, start, goal):
    """A planned move, complete in its report."""
    begun = time.time()
    execution = lab.runbook(name, start=start, goal=goal)
    assert execution["status"] == "COMPLETED" and execution["rpo"]["actual_ms"] == 0
    assert len(lab.report(execution)["events"]) == execution["entries"]
    client.wait_for(goal, since=begun)


def goes_there_and_back(lab, client):
    switches(lab, client, "failover", "east", "west")
    switches(lab, client, "failback", "west", "east")


def nothing_is_missing(lab, client):
    assert not lab.missing(client.rows(), "east") and lab.two_primaries() is None


def fails_over(lab, client, kept, *words):
    begun = time.time()
    execution = lab.runbook("failover", "--ungraceful", *words)
    assert execution["status"] == "COMPLETED" and execution["fenced"]
    client.wait_for("west", since=begun)
    kept |= rows_in(lab, client, "west")


def test_a_primary_region_that_was_wiped_is_recreated_and_takes_over_again(lab):
    kept = set()
    with lab.client() as client:
        client.steady(1)
        lab.wipe("east")
        fails_over(lab, client, kept)
        begun = time.time()
        said = recreate(lab, "east")
        said.err("HD2768", "24 resources", "HD2769", "runbook 'reprotect'",
                 "Region east is recreated.")
        is_whole(lab, client, "east", begun)
        switches(lab, client, "failback", "west", "east")
        # What is aside is what was made since, the database too: nothing is deleted.
        recreate(lab, "east", "--reconcile").err("HD2767", "24 are the same thing")
        begun = time.time()
        time.sleep(0.5)
        assert client.rate(begun, begun + 0.5) >= RATE_WANTED
    assert (lab.role("east"), lab.role("west")) == ("primary", "standby")
    loses_nothing(lab, client, "east", kept | rows_in(lab, client, "west"))


@more
def test_a_standby_region_that_was_wiped_is_recreated_and_takes_over(lab):
    with lab.client() as client:
        client.steady(1)
        lab.wipe("west")
        begun = time.time()
        recreate(lab, "west")
        is_whole(lab, client, "west", begun)
        goes_there_and_back(lab, client)
    recreate(lab, "west", "--reconcile")
    nothing_is_missing(lab, client)


@more
def test_who_recreates_before_the_failover_gets_no_empty_primary(lab):
    kept = set()
    with lab.client() as client:
        client.steady(1)
        lab.wipe("east")
        recreate(lab, "east", code=1).err("HD2770", "there is no primary at", "fail over first")
        assert "HD2771" in lab.run("plan").stderr, "who applies now is told"
        assert (lab.role("east"), lab.role("west")) == ("stopped", "standby")
        fails_over(lab, client, kept, "--accept-data-loss", "the hosts are wiped")
        begun = time.time()
        recreate(lab, "east")
        is_whole(lab, client, "east", begun)
        switches(lab, client, "failback", "west", "east")
    recreate(lab, "east", "--reconcile")
    loses_nothing(lab, client, "east", kept)


@more
def test_killed_while_the_database_is_copied_it_goes_on(lab):
    with lab.client() as client:
        client.steady(1)
        lab.wipe("west")
        begun = time.time()
        proc = lab.project.start("recreate", "--region", "west", "--yes", env=SECRETS)
        copying = lab.top / "files" / "db-w1" / "pg" / "data.new"
        wait_until(copying.exists, 30, "the copy begins")
        proc.send_signal(signal.SIGKILL)
        proc.communicate(timeout=20)
        recreate(lab, "west")
        is_whole(lab, client, "west", begun)
        goes_there_and_back(lab, client)
    recreate(lab, "west", "--reconcile")
    nothing_is_missing(lab, client)


@more
def test_a_region_that_is_lost_twice_is_recreated_twice(lab):
    with lab.client() as client:
        client.steady(1)
        for words in ([], ["--again"]):
            lab.wipe("west")
            begun = time.time()
            recreate(lab, "west", *words)
            is_whole(lab, client, "west", begun)
        recreate(lab, "west", "--reconcile").err("48 are the same thing")
        goes_there_and_back(lab, client)
    nothing_is_missing(lab, client)
