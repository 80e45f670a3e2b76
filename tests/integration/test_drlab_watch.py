"""hadeploy watch over the two regions of examples/dr-lab: it moves the shop when a region is lost,
once, whoever kills it on the way; and leaves it where it is when only the network is cut."""

import contextlib
import os
import signal
import sqlite3
import time

import pytest

from lab import wait_until
from lab.netns import allowed
from lab.proof import is_complete, loss_is_reported, nothing_lost, one_primary, was_busy
from lab.scenario import deployed

pytestmark = pytest.mark.limit(150)
everything = pytest.mark.skipif(not os.environ.get("DRLAB_ALL"), reason="DRLAB_ALL=1 runs it too")
# Checks are asked every second and wait a second for an answer.
INTERVAL_S, TIMEOUT_S, BAD_IN_A_ROW = 1, 1, 3
BUSY_S = 2  # a machine with other tests may be so late
BEHIND_S = 1
CERTAIN_S = BAD_IN_A_ROW * INTERVAL_S + TIMEOUT_S
HERE, EAST, WEST = None, "lb-e1", "lb-w1"
# Before the decision, between it and the first step, and in the middle of the execution.
MOMENTS = ("doubtful", "starts", "fence/bar", "promote", "traffic")


@pytest.fixture
def lab(request):
    """The shop is in the east, and hadeploy knows."""
    if why_not := allowed():
        pytest.skip(why_not)
    deployed = request.getfixturevalue("deployed")
    deployed.power()
    if deployed.role("west") == "primary":
        deployed.runbook("failback", start="west", goal="east")
    deployed.restore()
    deployed.forget_probes()
    return deployed


class Scenario:
    """A lab with a customer; after cut() it is proven that the shop was moved, once."""

    def __init__(self, lab, client):
        self.lab, self.client, self.cut_at, self.lost = lab, client, 0.0, 0
        self.before = set(lab.executions())

    def watched(self, watch):
        watch.until(event="standing", state="HEALTHY")
        self.client.steady()

    def kill_east(self):
        """The last second never reached the standby: something is lost, for certain."""
        self.lab.net.cut("east", "west")
        time.sleep(BEHIND_S)
        self.cut_at, self.lost = self.lab.kill("east"), 25 * BEHIND_S

    def begun(self):
        return set(self.lab.executions()) - self.before

    def is_moved(self, watch, late_s=INTERVAL_S + TIMEOUT_S + BUSY_S):
        ended = watch.until(event="ends", limit_s=60)
        assert ended["text"] == "COMPLETED", ended
        first = self.client.wait_for("west", since=self.cut_at)
        # The same outage is acted on once.
        watch.until(event="holds", hold="away")
        was_busy(self.client, self.cut_at)
        assert self.begun() == {ended["execution"]}
        report = is_complete(self.lab, ended["execution"])
        assert "watch 'reachable in east'" in report["detected"]
        missing = loss_is_reported(self.lab, self.client, self.cut_at, report, late_s)
        assert len(missing) >= self.lost, "the premise: rows that never arrived"
        assert self.lab.role("west") == "primary" and not self.lab.accepts_writes("east")
        one_primary(self.lab, ("east", self.cut_at - 3, self.cut_at),
                    ("west", first["Done"], time.time()), now="west")
        return report


@pytest.fixture
def scenario(lab):
    with lab.client() as client:
        yield Scenario(lab, client)


def is_reached_from_here(lab, region):
    """What the watch itself saw last, where it is."""
    with contextlib.closing(sqlite3.connect(lab.project.dir / ".hadeploy" / "state.db")) as db:
        (healthy,), = db.execute("SELECT healthy FROM check_sample WHERE name = 'shop' AND "
                                 "region = ? ORDER BY at_ms DESC LIMIT 1", (region,))
        return bool(healthy)


# Nothing is to be done


def stays(scenario, since):
    """Customers have not noticed, and hadeploy has done nothing."""
    lab, client, until = scenario.lab, scenario.client, time.time()
    was_busy(client, since)
    was_busy(client, until + 2, seconds=until - since)
    assert not scenario.begun()
    lab.net.mend()
    assert (lab.role("east"), lab.role("west")) == ("primary", "standby")
    wait_until(lambda: lab.streams("west"), 20, "the standby follows again")
    wait_until(lambda: not lab.missing(client.acknowledged(), "west"), 30, "it has caught up")
    nothing_lost(lab, client, "east")
    one_primary(lab, ("east", since - 3, time.time()))


@pytest.mark.parametrize("place", [
    pytest.param(HERE, marks=everything, id="here"),
    pytest.param(EAST, marks=everything, id="east"), pytest.param(WEST, id="west")])
def test_the_network_between_the_regions_is_no_outage(scenario, place):
    lab = scenario.lab
    with lab.watch(place=place) as watch:
        scenario.watched(watch)
        since = time.time()
        lab.net.cut("east", "west")
        if place == WEST:
            wait_until(lambda: not is_reached_from_here(lab, "east"), 10, "it is cut off")
        time.sleep(since + CERTAIN_S + 3 - time.time())
        assert not watch.events(event="starts")
        assert is_reached_from_here(lab, "east") == (place != WEST)
        stays(scenario, since)
        assert watch.end() == 0


@everything
def test_a_watch_that_is_cut_off_with_its_region_starts_nothing(scenario):
    lab = scenario.lab
    with lab.watch(place=WEST) as watch:
        scenario.watched(watch)
        since = time.time()
        lab.net.black_hole("west")
        wait_until(lambda: not is_reached_from_here(lab, "east"), 10, "it is cut off")
        time.sleep(since + CERTAIN_S + 3 - time.time())
        assert not watch.events(event="starts")
        stays(scenario, since)
        assert watch.end() == 0


@everything
def test_what_goes_up_and_down_is_not_left(scenario):
    lab = scenario.lab
    with lab.watch() as watch:
        scenario.watched(watch)
        since = time.time()
        for count in range(1, 6):
            lab.net.lose("lb-e1")
            time.sleep(1.9)  # two bad answers of each place that asks
            lab.net.mend()
            watch.until(count, event="standing", state="DOUBTFUL")
            watch.until(count + 1, event="standing", state="HEALTHY")
        assert not watch.events(event="starts") and not watch.events(state="UNHEALTHY")
        assert not scenario.begun() and lab.role("east") == "primary"
        was_busy(scenario.client, since)
        wait_until(lambda: not lab.missing(scenario.client.acknowledged(), "west"), 30,
                   "the standby has caught up")
        nothing_lost(lab, scenario.client, "east")
        assert watch.end() == 0
    one_primary(lab, ("east", since - 3, time.time()))


# A region is lost


@everything
def test_a_region_without_power_is_left(scenario):
    with scenario.lab.watch() as watch:
        scenario.watched(watch)
        scenario.kill_east()
        report = scenario.is_moved(watch)
        assert watch.end() == 0
    assert report["objectives"][0]["actual_ms"] < 15000


@everything
def test_a_black_hole_is_left(scenario):
    with scenario.lab.watch() as watch:
        scenario.watched(watch)
        scenario.cut_at = time.time()
        scenario.lab.net.black_hole("east")
        scenario.is_moved(watch)
        scenario.lab.net.mend()
        time.sleep(1)
        assert not scenario.lab.accepts_writes("east"), "a zombie"
        assert watch.end() == 0
    one_primary(scenario.lab)


@contextlib.contextmanager
def nobody_writing(lab):
    """The probers write, too."""
    for prober in lab.probers:
        prober.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for prober in lab.probers:
            prober.send_signal(signal.SIGCONT)


@everything
def test_a_region_is_left_also_while_nobody_writes(lab):
    """That the last commit is old says nothing about what would be lost."""
    begun = set(lab.executions())
    with lab.watch() as watch:
        watch.until(event="standing", state="HEALTHY")
        with nobody_writing(lab):
            time.sleep(8)
            lab.kill("east")
            ended = watch.until(event="ends")
        assert ended["text"] == "COMPLETED", watch.lines
        assert watch.end() == 0
    assert set(lab.executions()) - begun == {ended["execution"]}
    report = is_complete(lab, ended["execution"])
    assert report["objectives"][1]["met"], report["objectives"]
    one_primary(lab)


# The watch is killed


def begun_steps(scenario):
    """Paths, in order."""
    return [event["step"] for execution in scenario.begun()
            for event in scenario.lab.report({"execution": execution})["events"]
            if event["kind"] == "step-started"]


@pytest.mark.parametrize("when", [
    when if when == "promote" else pytest.param(when, marks=everything) for when in MOMENTS])
def test_a_watch_that_is_killed_is_gone_on_with(scenario, when):
    with scenario.lab.watch() as watch:
        scenario.watched(watch)
        scenario.kill_east()
        if when == "doubtful":
            watch.until(event="standing", state="DOUBTFUL")
        elif when == "starts":
            watch.until(event="starts")
        else:
            watch.until_said(type="journal", event="step-started", step=when)
        watch.kill()
        assert not watch.events(event="ends")
    steps = begun_steps(scenario)
    # That a fence has begun is no more than that it asks the old primary.
    assert when in steps[-1:] or when in MOMENTS[:2] and steps in ([], ["fence"]), "too late"
    with scenario.lab.watch() as watch:
        scenario.is_moved(watch)
        assert bool(watch.events(event="resumes")) != bool(watch.events(event="starts"))
        assert watch.end() == 0


@everything
@pytest.mark.parametrize("when", ["idle", "at work"])
def test_the_other_watch_takes_over(scenario, when):
    lab = scenario.lab
    with lab.watch() as first:
        first.until(event="standing", state="HEALTHY")
        with lab.watch() as second:
            second.until(event="stands-by")
            scenario.client.steady()
            if when == "idle":
                first.kill()
                scenario.kill_east()
            else:
                scenario.kill_east()
                first.until_said(type="journal", event="step-started", step="fence/bar")
                assert not second.events(event="acts")
                first.kill()
            scenario.is_moved(second, late_s=3 + BUSY_S)
            assert bool(second.events(event="resumes")) == (when == "at work")
            assert second.end() == 0
