"""Steps whose other side does not answer any more: bounded by their Timeout, ended by an abort."""

import signal
import socket

import pytest

from lab import wait_until
from lab.project import Project
from lab.two_hosts import command, ends, gate, hosts, running


@pytest.fixture
def silent():
    """A port that accepts, as the kernel does, and never says a word."""
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        it.listen(64)
        yield it.getsockname()[1]


def runs(project):
    return running(project.start("runbook", "run", "move", "--yes"))


def made(lab, folder, *steps, **more):
    project = lab.project(folder, stacks={}, more={"Runbooks": {"move": "move.yaml"}, **more})
    project.put("move.yaml", {"Steps": list(steps)})
    return project


@pytest.fixture
def project(hosts, gate, tmp_path):
    """Two hosts side by side; the one in the east freezes in mid-command."""
    log = hosts.host("web-w1").root / "log"
    it = made(hosts, tmp_path / "project", {"Name": "both", "Parallel": [
        command("stuck", "east", gate.script, Timeout="1s", Retries=1, RetryInterval="50ms"),
        {"Name": "rest", "Steps": [
            command("one", "west", f"sleep 0.5; echo one >>'{log}'"),
            command("two", "west", f"echo two >>'{log}'", OnFailure="continue")]}]},
        command("never", "west", f"echo never >>'{log}'"))
    it.log = log
    return it


def test_a_frozen_host_holds_nobody_longer_than_the_timeout(project, hosts, gate):
    """The rest of the group goes on; what was asked of the host is tried again."""
    with runs(project) as proc:
        gate.reached()
        hosts.host("web-e1").freeze()
        out = ends(proc, 1)
    hosts.host("web-e1").thaw()
    assert "both/stuck: failed, again in 50ms (attempt 2): it took longer than 1.0s" in out
    assert "failed: both/stuck" in out and "never: begins" not in out
    assert project.log.read_text().split()[0] == "one"
    gate.open()


def test_a_frozen_host_does_not_hold_up_an_abort(hosts, gate, tmp_path):
    project = made(hosts, tmp_path / "project", command("stuck", "east", gate.script))
    with runs(project) as proc:
        gate.reached()
        hosts.host("web-e1").freeze()
        project.run("runbook", "abort").ok()
        assert "aborted by" in ends(proc, 1)
    hosts.host("web-e1").thaw()
    gate.open()


def test_a_frozen_host_does_not_hold_up_two_interrupts(hosts, gate, tmp_path):
    """It is gone on with when the host answers again: the command was not run twice."""
    project = made(hosts, tmp_path / "project", command("stuck", "east", gate.script))
    with runs(project) as proc:
        gate.reached()
        hosts.host("web-e1").freeze()
        proc.send_signal(signal.SIGINT)
        while "Interrupted" not in proc.stderr.readline():
            pass
        proc.send_signal(signal.SIGINT)
        ends(proc, 130)
    hosts.host("web-e1").thaw()
    gate.open()
    project.run("runbook", "run", "--resume", "--yes").ok()


# A step of each kind, and what the manifest has for it; at a port where nobody says a word.
KINDS = {
    "http": ("Type: Http, Url: 'http://127.0.0.1:PORT/'", ""),
    "notify": ("Type: Notify, Url: 'http://127.0.0.1:PORT/', Message: m", ""),
    "haproxy": ("Type: Traffic, Routes: [r], To: west",
                "Routes: {r: {Type: 'HAProxy::Route', Socket: 'tcp:127.0.0.1:PORT', Backend: b, "
                "Servers: {east: [e1], west: [w1]}}}"),
    "powerdns": ("Type: Traffic, Routes: [r], To: west",
                 "Providers: {powerdns: {Endpoint: 'http://127.0.0.1:PORT', "
                 "Auth: {Scheme: header, Name: X-API-Key, Value: key}}}\n"
                 "Routes: {r: {Type: 'PowerDNS::Route', Zone: shop.test., Name: www.shop.test., "
                 "TTL: 5, Values: {east: [192.0.2.1], west: [192.0.2.2]}}}"),
}


def of_kind(kind, port, folder, keys):
    step, more = KINDS[kind]
    project = Project(folder, {})
    project.put("hadeploy.yaml", "Project: shop\nRegions: {east: {}, west: {}}\n"
                "Runbooks: {move: move.yaml}\n" + more.replace("PORT", str(port)) + "\n")
    project.put("move.yaml", "Steps:\n  - {Name: stuck, " + step.replace("PORT", str(port)) +
                keys + "}\n")
    return project


@pytest.mark.parametrize("kind", KINDS)
def test_who_never_answers_is_waited_for_until_the_timeout(silent, tmp_path, kind):
    project = of_kind(kind, silent, tmp_path, ", Timeout: 400ms, Retries: 1, RetryInterval: 50ms")
    with runs(project) as proc:
        out = ends(proc, 1)
    assert "again in 50ms (attempt 2)" in out and "failed: stuck" in out, out


@pytest.mark.parametrize("kind", KINDS)
def test_who_never_answers_does_not_hold_up_an_abort(silent, tmp_path, kind):
    project = of_kind(kind, silent, tmp_path, "")
    with runs(project) as proc:
        wait_until(lambda: "RUNNING" in project.run("runbook", "status").stdout, 20, "it to run")
        project.run("runbook", "abort").ok()
        assert "aborted by" in ends(proc, 1)
