"""Two processes on the same stack instance, and on different ones."""

import getpass
import re
import signal
import socket

import pytest

from lab import Gate, ssh_command, ssh_file, template


@pytest.fixture
def host(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.start()
    return lab.host("web-e1")


@pytest.fixture
def gate(host):
    return Gate(host)


@pytest.fixture
def project(host, gate, tmp_path):
    return host.lab.project(tmp_path / "project",
                            templates={"web": template({"Long": gate.command()})})


@pytest.fixture
def holder(project, gate):
    """A process that holds the lock until the gate opens."""
    proc = project.start("apply", "--yes")
    gate.reached()
    yield proc
    gate.open()
    proc.kill()
    proc.communicate()


def ended(proc, code=0):
    out, err = proc.communicate(timeout=60)
    assert proc.returncode == code, out + err
    return out + err


def test_a_second_run_is_refused_and_told_by_whom(project, gate, holder):
    result = project.run("apply", "--yes").ok(4)
    result.err("HD3101")
    for word in (getpass.getuser(), socket.gethostname(), str(holder.pid), "apply", "web/east",
                 "--lock-timeout"):
        result.err(word)
    gate.open()
    ended(holder)
    assert gate.count() == 1


def test_a_second_run_waits_as_long_as_it_is_told_to(project, gate, holder):
    project.run("apply", "--yes", "--lock-timeout", "100ms").ok(4)
    second = project.start("apply", "--yes", "--lock-timeout", "60s", "--json")
    for line in second.stdout:
        if "lock_wait" in line:
            assert str(holder.pid) in line
            break
    gate.open()
    ended(holder)
    ended(second)
    assert gate.count() == 1, "the second one found nothing to do"


def test_waiting_can_be_interrupted(project, gate, holder):
    second = project.start("apply", "--yes", "--lock-timeout", "60s", "--json")
    for line in second.stdout:
        if "lock_wait" in line:
            break
    second.send_signal(signal.SIGINT)
    ended(second, 130)
    gate.open()
    ended(holder)


def test_reading_needs_no_lock(project, gate, holder):
    for args in (["status"], ["state", "list"], ["plan"], ["state", "check"], ["validate"],
                 ["outputs"], ["graph"]):
        project.run(*args).ok()
    gate.open()
    ended(holder)


def test_the_lock_of_a_dead_process_is_taken_over_at_once(project, gate, holder):
    holder.kill()
    holder.wait()
    gate.open()
    result = project.run("apply", "--yes").ok()
    result.err("HD3104", str(holder.pid))
    assert gate.count() == 1


def test_a_broken_lock_keeps_its_old_holder_from_recording(project, gate, holder):
    status = project.run("status").ok()
    refused = project.run("apply", "--yes").ok(4)
    lock_id = re.search(r"state unlock ([0-9A-Za-z-]+)", status.stdout + refused.stderr)[1]
    project.run("state", "unlock", "nonsense").ok(1)
    project.run("state", "unlock", lock_id, "--yes").ok()
    gate.open()
    said = ended(holder, 1)
    assert "HD3102" in said
    project.run("apply", "--yes").ok()
    assert gate.count() == 1
    assert project.recorded() == ["web/east/Long"]


def test_different_stacks_are_applied_side_by_side(host, tmp_path):
    """Each command waits for the other one's file: one after the other would never end."""
    def waits(own, other):
        return ssh_command(host, f"touch '{host.root}/{own}'; "
                                 f"while ! test -e '{host.root}/{other}'; do sleep 0.05; done",
                           Delete="true")

    project = host.lab.project(tmp_path / "project", templates={
        "one": template({"Wait": waits("a", "b")}), "two": template({"Wait": waits("b", "a")})})
    both = [project.start("apply", stack, "--yes") for stack in ("one", "two")]
    for proc in both:
        ended(proc)
    assert project.recorded() \
        == ["one/east/Wait", "two/east/Wait"]


def test_many_processes_share_one_state_file(host, tmp_path):
    stacks = [f"s{i}" for i in range(6)]
    project = host.lab.project(tmp_path / "project", templates={
        name: template({f"F{i}": ssh_file(host, host.root / f"{name}-{i}", name)
                        for i in range(4)}) for name in stacks})
    for verb, left in (("apply", 24), ("destroy", 0)):
        for proc in [project.start(verb, name, "--yes") for name in stacks]:
            ended(proc)
        assert len(project.recorded()) == left
        assert len(list(host.root.iterdir())) == left
    project.run("state", "check").ok()


def test_one_at_a_time(host, tmp_path):
    """With --parallelism 1 a call ends before the next one starts."""
    project = host.lab.project(tmp_path / "project", templates={
        "web": template({f"F{i}": ssh_file(host, host.root / f"f{i}", "x") for i in range(8)})})
    result = project.run("apply", "--yes", "--parallelism", "1", "--json").ok()
    kinds = [event["type"] for event in project.parse(result.stdout)]
    assert [kind for kind in kinds if kind in ("started", "succeeded")] \
        == ["started", "succeeded"] * 8


def test_the_lock_is_free_after_every_end(project, gate, host):
    gate.open()
    host.stop()
    project.run("apply", "--yes").ok(1)
    host.start()
    project.run("apply", "--yes").ok()
    project.run("destroy", "--yes").ok()
    assert "LOCKED" not in project.run("status").ok().stdout
