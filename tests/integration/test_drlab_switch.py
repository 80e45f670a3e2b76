"""Planned moves between the two regions of examples/dr-lab: nobody loses a row, whatever happens
to hadeploy on the way, and without the fence somebody does."""

import signal
import time

import pytest

from lab import wait_until
from lab.drlab import SECRETS
from lab.proof import is_complete, nothing_lost, one_primary, was_busy
from lab.scenario import deployed, lab

pytestmark = pytest.mark.limit(90)
FENCE = "  - Name: fence\n"
PROMOTE = "  - Name: promote\n"


def statuses(execution):
    return {step["step"]: step["status"] for step in execution["steps"]}


def is_proven(lab, client, cut, region, *executions):
    """Nobody lost a row, while somebody wrote."""
    was_busy(client, cut)
    nothing_lost(lab, client, region)
    one_primary(lab, ("east", cut - 3, cut), now=region)
    for execution in executions:
        report = is_complete(lab, execution["execution"])
        assert report["objectives"][1]["actual_ms"] == 0
        assert len(report["events"]) == execution["entries"]


def test_there_and_back_nobody_loses_a_row(lab):
    with lab.client() as client:
        client.steady()
        cut = time.time()
        there = lab.runbook("failover")
        client.wait_for("west")
        back = lab.runbook("failback", start="west", goal="east")
        client.wait_for("east", since=time.time())
    is_proven(lab, client, cut, "east", there, back)
    for execution in (there, back):
        assert execution["fenced"] and execution["rto"]["actual_ms"] > 0
    assert statuses(there)["fence/stop"] == "SUCCEEDED"
    assert statuses(there)["fence/bar"] == "NOT_STARTED", "the first way was enough"
    assert (lab.role("east"), lab.role("west")) == ("primary", "standby")
    wait_until(lambda: not lab.missing(client.rows(), "west"), 10, "all rows in the standby")


def test_what_fails_half_way_goes_on_when_the_cause_is_gone(lab):
    guard = lab.top / "files" / "db-w1" / "guard.py"
    with lab.client() as client:
        client.steady()
        cut = time.time()
        guard.chmod(0o644)
        failed = lab.runbook("failover", code=1)
        assert failed["status"] == "FAILED" and statuses(failed)["promote"] == "FAILED"
        assert not lab.accepts_writes("east") and not lab.accepts_writes("west")
        guard.chmod(0o755)
        done = lab.execution(
            lab.run("runbook", "run", "--resume", failed["execution"], "--yes", "--json").stdout)
        client.wait_for("west")
    is_proven(lab, client, cut, "west", done)


@pytest.mark.parametrize("step", ["fence/stop", "promote"])
def test_killed_half_way_it_goes_on_where_it_was(lab, step):
    with lab.client() as client:
        client.steady()
        cut = time.time()
        proc = lab.project.start("runbook", "run", "failover", "--from", "east", "--to", "west",
                                 "--yes", "--json", env=SECRETS)
        for line in proc.stdout:
            if '"step-memory"' in line and f'"step":"{step}"' in line:
                break
        proc.send_signal(signal.SIGKILL)
        proc.communicate(timeout=20)
        done = lab.execution(
            lab.run("runbook", "run", "--resume", "--yes", "--json").stdout)
        client.wait_for("west")
    assert statuses(done)["traffic"] == "SUCCEEDED"
    is_proven(lab, client, cut, "west", done)


def without_fence(lab, promotes):
    """The runbook failover without its fence; promotes: whether it says that it promotes."""
    path = lab.project.dir / "runbooks" / "failover.yaml"
    text = path.read_text()
    begin, end = text.index(FENCE), text.index(PROMOTE)
    path.write_text(text[:begin] + text[end:].replace("Promotes: true", f"Promotes: {promotes}"))
    return path, text


def set_leases(lab, value):
    """Whether the guards want leases, behind hadeploy's back."""
    for host in ("db-e1", "db-w1"):
        config = lab.top / "files" / host / "guard.json"
        old = "false" if value == "true" else "true"
        config.write_text(config.read_text().replace(f'"Leases": "{old}"', f'"Leases": "{value}"'))
        done = lab.host(host).ssh(f"{config.parent}/service guard restart", 60)
        assert done.returncode == 0, done
    wait_until(lambda: lab.accepts_writes("east") and lab.streams("west"), 30, "both servers")


def test_without_a_fence_nothing_is_promoted(lab):
    path, text = without_fence(lab, "true")
    try:
        with lab.client() as client:
            client.steady()
            cut = time.time()
            refused = lab.runbook("failover", code=4)
            was_busy(client, cut)
            time.sleep(1)  # a rate of less is one of chance
            assert client.rate(cut, time.time()) >= 40, "customers have not noticed"
            nothing_lost(lab, client, "east")
    finally:
        path.write_text(text)
    assert "nothing has fenced the old one" in str(refused["events"])
    assert (lab.role("east"), lab.role("west")) == ("primary", "standby")
    is_complete(lab, refused["execution"], "FAILED")
    one_primary(lab, ("east", cut - 3, time.time()))


def test_who_gets_round_the_fence_and_the_leases_loses_rows(lab):
    """Proves that the tests above could fail: the same proof finds what is lost."""
    path, text = without_fence(lab, "false")
    set_leases(lab, "false")
    try:
        with lab.client() as client:
            client.steady()
            cut = time.time()
            done = lab.runbook("failover")
            client.wait_for("west")
            time.sleep(1)
        was_busy(client, cut)
        assert done["status"] == "COMPLETED"
        with pytest.raises(AssertionError, match="acknowledged rows are lost"):
            nothing_lost(lab, client, "west")
        assert lab.two_primaries(), "both accepted writes"
        with pytest.raises(AssertionError):
            one_primary(lab)
        with pytest.raises(AssertionError):
            is_proven(lab, client, cut, "west", done)
    finally:
        path.write_text(text)
        lab.guard("db-w1", "fence")
        lab.guard("db-w1", "rejoin")
        set_leases(lab, "true")
