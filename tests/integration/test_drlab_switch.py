"""Planned moves between the two regions of examples/dr-lab: nobody loses a row, whatever happens
to hadeploy on the way, and without the fence somebody does."""

import signal
import time

import pytest

from lab import wait_until
from lab.drlab import SECRETS, DrLab

pytestmark = pytest.mark.limit(90)
FENCE = "  - Name: fence\n"
PROMOTE = "  - Name: promote\n"


@pytest.fixture(scope="module")
def deployed():
    with DrLab() as lab:
        lab.start().deploy()
        yield lab


@pytest.fixture
def lab(deployed):
    deployed.restore()
    deployed.forget_probes()
    return deployed


def statuses(execution):
    return {step["step"]: step["status"] for step in execution["steps"]}


def is_complete(report, execution):
    """Every step and every event, what was aimed at and what fenced the old primary."""
    assert [step["path"] for step in report["steps"]] == [
        step["step"] for step in execution["steps"]]
    for step in report["steps"]:
        assert step["status"] in ("NOT_STARTED", "SKIPPED") or step["from_ms"] <= step["to_ms"]
    assert len(report["events"]) == execution["entries"]
    assert {it["name"] for it in report["objectives"]} == {"RTO", "RPO"}
    assert report["fences"]


def nothing_lost(lab, client, region):
    assert client.acknowledged(), "nothing was written"
    assert lab.missing(client.rows(), region) == []
    assert lab.two_primaries() is None


def test_there_and_back_nobody_loses_a_row(lab):
    with lab.client() as client:
        client.steady()
        there = lab.runbook("failover")
        client.wait_for("west")
        back = lab.runbook("failback", start="west", goal="east")
        client.wait_for("east", since=time.time())
    nothing_lost(lab, client, "east")
    for execution in (there, back):
        assert execution["status"] == "COMPLETED" and execution["fenced"]
        assert execution["rpo"]["actual_ms"] == 0 and execution["rto"]["actual_ms"] > 0
        is_complete(lab.report(execution), execution)
    assert statuses(there)["fence/stop"] == "SUCCEEDED"
    assert statuses(there)["fence/bar"] == "NOT_STARTED", "the first way was enough"
    assert (lab.role("east"), lab.role("west")) == ("primary", "standby")
    wait_until(lambda: not lab.missing(client.rows(), "west"), 10, "all rows in the standby")


def test_what_fails_half_way_goes_on_when_the_cause_is_gone(lab):
    guard = lab.top / "files" / "db-w1" / "guard.py"
    with lab.client() as client:
        client.steady()
        guard.chmod(0o644)
        failed = lab.runbook("failover", code=1)
        assert failed["status"] == "FAILED" and statuses(failed)["promote"] == "FAILED"
        assert not lab.accepts_writes("east") and not lab.accepts_writes("west")
        guard.chmod(0o755)
        done = lab.execution(
            lab.run("runbook", "run", "--resume", failed["execution"], "--yes", "--json").stdout)
        client.wait_for("west")
    assert done["status"] == "COMPLETED"
    nothing_lost(lab, client, "west")


@pytest.mark.parametrize("step", ["fence/stop", "promote"])
def test_killed_half_way_it_goes_on_where_it_was(lab, step):
    with lab.client() as client:
        client.steady(1)
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
    assert done["status"] == "COMPLETED" and statuses(done)["traffic"] == "SUCCEEDED"
    nothing_lost(lab, client, "west")


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
        refused = lab.runbook("failover", code=4)
    finally:
        path.write_text(text)
    assert "nothing has fenced the old one" in str(refused["events"])
    assert (lab.role("east"), lab.role("west")) == ("primary", "standby")


def test_who_gets_round_the_fence_and_the_leases_loses_rows(lab):
    """Proves that the tests above could fail."""
    path, text = without_fence(lab, "false")
    set_leases(lab, "false")
    try:
        with lab.client() as client:
            client.steady(1)
            lab.runbook("failover")
            client.wait_for("west")
            time.sleep(1)
        assert lab.missing(client.rows(), "west"), "rows that the old primary acknowledged"
        assert lab.two_primaries(), "both accepted writes"
    finally:
        path.write_text(text)
        lab.guard("db-w1", "fence")
        lab.guard("db-w1", "rejoin")
        set_leases(lab, "true")
