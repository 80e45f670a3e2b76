"""The two regions of examples/dr-lab: what hadeploy deploys there works, and what can go wrong."""

import time

import pytest

from lab import wait_until
from lab.drlab import DrLab
from lab.proof import one_primary
from lab.scenario import deployed

SCENARIO_LIMIT_S = 90
pytestmark = pytest.mark.limit(SCENARIO_LIMIT_S)


@pytest.fixture
def lab(deployed):
    return deployed


def test_what_is_deployed_serves_customers_and_is_not_changed_again(lab):
    with lab.client() as client:
        client.wait_for("east")
        begin = time.time()
        time.sleep(2)
        assert client.rate(begin, begin + 2) >= 40
    wait_until(lambda: lab.streams("west"), 10, "the standby follows")
    assert (lab.role("east"), lab.role("west")) == ("primary", "standby")
    wait_until(lambda: not lab.missing(client.rows(), "west"), 10, "all rows in the standby")
    assert lab.run("plan", "--exit-code").stdout.count("to create") == 0
    lab.run("drift", "--exit-code")


def test_a_primary_that_nobody_can_reach_stops_by_itself(lab):
    if not lab.net:
        pytest.skip(lab.why_not)
    lab.net.black_hole("east")
    wait_until(lambda: not lab.accepts_writes("east"), 10, "its lease is over")
    lab.net.mend()
    wait_until(lambda: lab.accepts_writes("east"), 20, "it has a lease again")
    one_primary(lab)


def test_one_that_is_cut_off_from_its_standby_alone_goes_on(lab):
    if not lab.net:
        pytest.skip(lab.why_not)
    lab.net.cut("east", "west")
    until = time.monotonic() + 5
    while time.monotonic() < until:
        assert lab.accepts_writes("east") and not lab.accepts_writes("west")
        time.sleep(0.2)
    lab.net.mend()
    wait_until(lambda: lab.streams("west"), 20, "the standby follows again")
    one_primary(lab)


def test_a_barred_primary_never_comes_back_by_itself(lab):
    lab.kill("east")
    lab.guard("ops-1", "bar", "east")
    lab.guard("db-w1", "promote")
    assert lab.accepts_writes("west")
    lab.boot("east")
    until = time.monotonic() + 4
    while time.monotonic() < until:
        assert not lab.accepts_writes("east")
        time.sleep(0.2)
    lab.guard("db-e1", "rejoin")
    assert (lab.role("east"), lab.role("west")) == ("standby", "primary")
    one_primary(lab)


@pytest.mark.limit(120)
def test_on_loopback_addresses_it_is_the_same_and_nothing_stays():
    with DrLab(networks=False) as lab:
        lab.start().deploy()
        with lab.client() as client:
            client.wait_for("east")
        lab.kill("east")
        lab.guard("ops-1", "bar", "east")
        lab.guard("db-w1", "promote")
        lab.point("west")
        with lab.client("later") as client:
            client.wait_for("west")
        lab.boot("east")
        time.sleep(1)
        assert lab.role("east") == "stopped"
        lab.run("destroy", "--yes")
        assert not [path for path in (lab.top / "files").rglob("*") if path.is_file()]
    assert not lab.processes() and not lab.top.exists()
