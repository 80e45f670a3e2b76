"""A region of examples/dr-lab is lost, or only seems so: what is lost is what is reported, and
never do two databases accept writes."""

import time

import pytest

from lab import wait_until
from lab.proof import is_complete, loss_is_reported, nothing_lost, one_primary, was_busy
from lab.scenario import cut_lab, deployed, lab

pytestmark = pytest.mark.limit(90)
# Between the cut and the moment that hadeploy was told of it.
CLOSE_S = 5


def loss_is_as_reported(lab, client, cut, execution, late_s=CLOSE_S):
    """The rows that are lost; and all that a scenario has to prove."""
    was_busy(client, cut)
    report = is_complete(lab, execution["execution"])
    assert execution["rpo"]["actual_ms"] == report["objectives"][1]["actual_ms"]
    one_primary(lab, ("east", cut - 3, cut), now="west")
    return loss_is_reported(lab, client, cut, report, late_s)


def goes_back(lab, client):
    """The old primary is back as a zombie, becomes a standby, and takes over without a loss."""
    lab.boot("east")
    until = time.monotonic() + 3
    while time.monotonic() < until:
        assert not lab.accepts_writes("east"), "a zombie"
        time.sleep(0.2)
    kept = {(row["Client"], row["Seq"]) for row in client.acknowledged()} - {
        (row["Client"], row["Seq"]) for row in lab.missing(client.rows(), "west")}
    back = lab.runbook("failback", start="west", goal="east")
    client.wait_for("east", since=time.time())
    gone = {(row["Client"], row["Seq"]) for row in lab.missing(client.rows(), "east")}
    assert not gone & kept
    is_complete(lab, back["execution"])
    one_primary(lab)
    assert (lab.role("east"), lab.role("west")) == ("primary", "standby")


def test_a_region_without_power_is_replaced_and_comes_back(lab):
    with lab.client() as client:
        client.steady()
        cut = lab.kill("east")
        execution = lab.runbook("failover", "--ungraceful")
        first = client.wait_for("west")
        assert execution["status"] == "COMPLETED" and execution["fenced"]
        assert first["Done"] - cut < 60
        loss_is_as_reported(lab, client, cut, execution)
        goes_back(lab, client)


def test_a_black_hole_is_replaced_and_stops_by_itself(cut_lab):
    lab = cut_lab
    with lab.client() as client:
        client.steady()
        cut = time.time()
        lab.net.black_hole("east")
        execution = lab.runbook("failover", "--ungraceful")
        client.wait_for("west")
        assert not lab.accepts_writes("east"), "its lease was over"
        lab.net.mend()
        time.sleep(1)
        assert not lab.accepts_writes("east"), "a zombie"
        loss_is_as_reported(lab, client, cut, execution)


def test_the_network_between_the_regions_is_no_reason_for_a_second_primary(cut_lab):
    lab = cut_lab
    with lab.client() as client:
        client.steady()
        cut = time.time()
        lab.net.cut("east", "west")
        wait_until(lambda: not lab.streams("west"), 20, "the standby has noticed")
        refused = lab.runbook("failover", code=1)
        assert refused["status"] == "FAILED" and not refused.get("fenced")
        was_busy(client, cut)
        assert client.rate(cut, time.time()) >= 40, "customers have not noticed"
        assert (lab.role("east"), lab.role("west")) == ("primary", "standby")
        one_primary(lab, ("east", cut - 3, time.time()))
        lab.net.mend()
        written = client.acknowledged()
        wait_until(lambda: not lab.missing(written, "west"), 30, "the standby caught up")
        nothing_lost(lab, client, "east")
    is_complete(lab, refused["execution"], "FAILED")
    one_primary(lab)


def test_a_standby_that_is_behind_is_promoted_only_when_somebody_says_so(cut_lab):
    lab = cut_lab
    with lab.client() as client:
        client.steady()
        was_busy(client, time.time())
        lab.net.cut("east", "west")
        apart = time.time()
        time.sleep(7)
        cut = lab.kill("east")
        refused = lab.runbook("failover", "--ungraceful", code=4)
        assert not lab.accepts_writes("west"), refused
        is_complete(lab, refused["execution"], "FAILED")
        execution = lab.runbook("failover", "--ungraceful", "--accept-data-loss",
                                "the shop must open")
        client.wait_for("west")
        assert "the shop must open" in str(lab.report(execution)["data_loss"])
        missing = loss_is_as_reported(lab, client, cut, execution, late_s=10)
        assert cut - min(row["Sent"] for row in missing) > 6
        assert len(missing) >= 40 * (cut - apart) and not execution["rpo"]["met"]
