"""Ctrl-C, SIGTERM and kill -9 while a command runs, and the run after."""

import json
import signal

import pytest

from lab import Gate, Terminal, ssh_command, ssh_file, template, wait_until


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
    """A command that waits at the gate, and a file that needs it."""
    after = ssh_file(host, host.root / "after", "after\n", attributes={"DependsOn": "Long"})
    return host.lab.project(tmp_path / "project", templates={
        "web": template({"Long": gate.command(), "After": after})})


def ends(proc, code):
    out, err = proc.communicate(timeout=30)
    assert proc.returncode == code, f"exit {proc.returncode}\n{out}{err}"
    return out + err


def reads_until(proc, *types):
    """Reads the JSON stream up to an event of one of these types."""
    for line in proc.stdout:
        if json.loads(line)["type"] in types:
            return
    raise AssertionError(f"the stream ended without {types}")


def converges(project, gate):
    """The next run does what is left, and nothing twice."""
    project.run("apply", "--yes").ok()
    assert gate.count() == 1, "the command ran once"
    assert (gate.host.root / "after").read_text() == "after\n"
    assert project.recorded() \
        == ["web/east/After", "web/east/Long"]
    project.run("plan", "--exit-code").ok()
    project.run("state", "check").ok()


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_finishes_what_runs_and_starts_nothing(project, gate, sig):
    proc = project.start("apply", "--yes")
    gate.reached()
    proc.send_signal(sig)
    gate.open()
    said = ends(proc, 130)
    assert "nothing new is started" in said or "interrupt" in said.lower(), said
    assert project.recorded() == ["web/east/Long"]
    assert not (gate.host.root / "after").exists()
    converges(project, gate)


def test_two_signals_end_at_once_and_the_next_run_attaches(project, gate):
    proc = project.start("apply", "--yes", "--json")
    gate.reached()
    proc.send_signal(signal.SIGINT)
    reads_until(proc, "cancelling")
    proc.send_signal(signal.SIGINT)
    ends(proc, 130)
    assert gate.count() == 1
    gate.open()
    converges(project, gate)


@pytest.fixture
def silent(host, tmp_path):
    """A project with a change for a host that does not answer; it would have a minute to, which
    is more than the tests wait."""
    def page(text):
        return template({"Page": ssh_file(host, host.root / "page", text)})

    project = host.lab.project(tmp_path / "silent", provider={"ConnectTimeout": "60s"},
                               templates={"web": page("one\n")})
    project.run("apply", "--yes").ok()
    project.put("stacks/web.yaml", page("two\n"))
    host.freeze()
    yield project
    host.thaw()
    project.run("apply", "--yes").ok()
    assert (host.root / "page").read_text() == "two\n"


@pytest.mark.parametrize("verb", ["apply", "destroy"])
def test_two_signals_do_not_wait_for_a_silent_host(silent, verb):
    proc = silent.start(verb, "--yes", "--json")
    reads_until(proc, "started")
    proc.send_signal(signal.SIGINT)
    reads_until(proc, "cancelling")
    proc.send_signal(signal.SIGINT)
    ends(proc, 130)


@pytest.mark.parametrize("args", [["apply", "--yes", "--refresh"], ["plan", "--refresh"],
                                  ["drift"]])
def test_one_signal_ends_reading(silent, args):
    proc = silent.start(*args, "--json")
    reads_until(proc, "refresh_started")
    proc.send_signal(signal.SIGINT)
    ends(proc, 130)


def test_control_c_on_a_terminal(project, gate):
    with Terminal(["apply", "--yes"], project.dir) as terminal:
        gate.reached()
        terminal.interrupt()
        terminal.expect(rb"(?i)interrupt|nothing new")
        terminal.interrupt()
        assert terminal.wait() == 130
    gate.open()
    converges(project, gate)


def test_kill_9_while_a_command_runs(project, gate):
    proc = project.start("apply", "--yes")
    gate.reached()
    proc.kill()
    ends(proc, -signal.SIGKILL)
    gate.open()
    converges(project, gate)


def test_kill_9_twice_while_the_same_command_runs(project, gate):
    for _ in range(2):
        proc = project.start("apply", "--yes", "--json")
        gate.reached()
        reads_until(proc, "waiting", "recovering")
        proc.kill()
        ends(proc, -signal.SIGKILL)
    gate.open()
    converges(project, gate)


def test_a_start_whose_client_dies_still_starts(project, gate):
    """The client is killed when the operation's folder is made and the script not started yet.
    A stand-in for wc, which the start calls in between, holds it there."""
    between, go = gate.host.root / "between", gate.host.root / "go"
    gate.host.put_command("wc", f"#!/bin/sh\ntouch '{between}'\n"
                          f"while ! test -e '{go}'; do sleep 0.05; done\nexec /usr/bin/wc \"$@\"\n")
    proc = project.start("apply", "--yes")
    wait_until(between.exists, 30, "the start of the script")
    proc.kill()
    ends(proc, -signal.SIGKILL)
    go.touch()
    gate.reached()
    gate.open()
    converges(project, gate)


def test_a_five_second_command_outlives_its_client_and_runs_once(host, tmp_path):
    """As the gate, with nothing but time: the command ends while nobody watches, or later."""
    runs = host.root / "runs"
    resource = ssh_command(host, f"echo run >>'{runs}'; sleep 5; echo Done=yes "
                                 '>>"$HADEPLOY_OUTPUT"', Delete="true")
    project = host.lab.project(tmp_path / "project", templates={
        "web": template({"Long": resource},
                        Outputs={"Done": {"Value": {"Fn::GetAtt": ["Long", "Done"]}}})})
    gate = Gate(host)
    gate.runs = runs
    proc = project.start("apply", "--yes")
    gate.reached()
    proc.kill()
    ends(proc, -signal.SIGKILL)
    project.run("apply", "--yes").ok()
    assert runs.read_text() == "run\n"
    assert "yes" in project.run("outputs").ok().stdout


def test_a_plan_shows_what_an_earlier_run_left_unfinished(project, gate):
    proc = project.start("apply", "--yes")
    gate.reached()
    proc.kill()
    ends(proc, -signal.SIGKILL)
    gate.open()
    planned = project.run("plan").ok()
    assert "web/east/Long" in planned.stdout + planned.stderr
    converges(project, gate)
