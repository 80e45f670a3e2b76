"""The lab itself: what the other tests stand on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab import LabError, Terminal, run_hadeploy, run_on_terminal, wait_until, yaml_text

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def pair(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.add("web-w1", "west", "west-a", "127.20.1.11", key_kinds=("ed25519", "ecdsa"))
    return lab.start()


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Makes a script play the program."""
    def write(text):
        path = tmp_path / "program"
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        monkeypatch.setenv("HADEPLOY", str(path))
    return write


def listens(host):
    return host.ssh("true").returncode == 0


def test_hosts_run_commands_each_with_its_own_home_and_path(pair):
    for host in pair.hosts.values():
        host.put_command("whereami", f"#!/bin/sh\necho {host.name} $HOME\n")
        answer = host.ssh("whereami")
        assert (answer.returncode, answer.stdout) == (0, f"{host.name} {host.home}\n"), answer


def test_a_stopped_host_refuses_and_starts_again_at_the_same_place(pair):
    host = pair.host("web-e1")
    port = host.port
    host.stop()
    assert "Connection refused" in host.ssh("true").stderr
    assert listens(pair.host("web-w1"))
    host.start()
    assert listens(host) and host.port == port


def test_stopping_leaves_detached_commands_and_killing_does_not(pair):
    host = pair.host("web-e1")
    host.ssh("setsid sleep 300 >/dev/null 2>&1 </dev/null &")
    host.stop()
    wait_until(lambda: len(host.processes()) == 1, 10, "the command alone")
    host.kill()
    assert host.processes() == []


def test_a_region_fails_as_a_whole(pair):
    pair.kill_region("east")
    assert not listens(pair.host("web-e1")) and listens(pair.host("web-w1"))
    pair.start_region("east")
    assert listens(pair.host("web-e1"))


def test_a_frozen_host_accepts_and_says_nothing(pair):
    host = pair.host("web-e1")
    host.freeze()
    with pytest.raises(subprocess.TimeoutExpired):
        host.ssh("true", timeout=1)
    host.thaw()
    assert listens(host)


def test_changed_and_unknown_host_keys_are_what_ssh_says_they_are(pair):
    host = pair.host("web-e1")
    host.rekey()
    assert "IDENTIFICATION HAS CHANGED" in host.ssh("true").stderr
    host.distrust()
    assert "Host key verification failed" in host.ssh("true").stderr
    host.trust()
    assert listens(host)


def test_a_recorded_command_remembers_its_arguments(pair):
    host = pair.host("web-e1")
    host.record_command("systemctl", 'test "$1" != is-active')
    assert host.ssh("systemctl enable 'my shop.service'").returncode == 0
    assert host.ssh("systemctl is-active shop").returncode == 1
    assert host.calls("systemctl") == [["enable", "my shop.service"], ["is-active", "shop"]]


def test_nothing_is_left_after_closing(pair):
    pair.host("web-w1").ssh("setsid sleep 300 >/dev/null 2>&1 </dev/null &")
    # The server's own process of that connection ends a moment after the client has gone.
    wait_until(lambda: len(pair.processes()) == 3, 10, "the two servers and the command")
    pair.close()
    assert pair.processes() == []


def test_two_hosts_of_one_name_are_refused(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11")
    with pytest.raises(LabError, match="web-e1"):
        lab.add("web-e1", "east", "east-b", "127.10.2.11")


def test_a_server_that_cannot_start_says_why(lab):
    lab.extra_config.append("NoSuchOption yes")
    lab.add("web-e1", "east", "east-a", "127.10.1.11")
    with pytest.raises(LabError, match="NoSuchOption"):
        lab.start()


def test_the_command_line_takes_a_lab_up_and_down(tmp_path):
    def lab_command(*args):
        return subprocess.run([sys.executable, "-m", "lab", *args, "--state", str(tmp_path)],
                              cwd=TESTS, capture_output=True, text=True, check=False)

    up = lab_command("up", "--hosts", "east:a:127.10.1.11,east:b:127.10.2.11:db")
    assert up.returncode == 0, up.stderr
    first, second = (dict(word.split("=") for word in line.split())
                     for line in up.stdout.splitlines()[:2])
    assert (first["host"], second["host"], second["zone"]) == ("web-e1", "db", "b")
    assert os.path.exists(tmp_path / "keys" / "known_hosts")
    pids = [int((tmp_path / "hosts" / h / "sshd.pid").read_text()) for h in ("web-e1", "db")]
    try:
        assert lab_command("up", "--hosts", "east:a:127.10.1.11").returncode == 1
    finally:
        assert lab_command("down").returncode == 0
    wait_until(lambda: not any(runs(pid) for pid in pids), 10, "end of both servers")
    assert lab_command("down").returncode == 0


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_project_names_the_hosts_and_their_ports(pair, tmp_path):
    project = pair.project(tmp_path / "shop", templates={"web": {"Resources": {}}},
                           provider={"HostKeyPolicy": "accept-new"})
    text = (project.dir / "hadeploy.yaml").read_text()
    assert f"        Port: {pair.host('web-e1').port}\n" in text
    assert "HostKeyPolicy: accept-new" in text and "- west-a" in text
    assert (project.dir / "stacks" / "web.yaml").read_text() == "Resources: {}\n"


def test_yaml_quotes_what_would_be_read_as_something_else():
    value = {"a": "yes", "b": [1, {"c": "x: y", "d": []}, ["e"]], "f": "", "g": True}
    assert yaml_text(value) == ('a: "yes"\nb:\n  - 1\n  - c: "x: y"\n    d: []\n  - - e\n'
                                'f: ""\ng: true\n')


def test_a_run_reports_output_and_exit_code(stand_in, tmp_path):
    stand_in('echo "$1 $NO_COLOR"; echo err >&2; exit 3\n')
    result = run_hadeploy(["plan"], tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (3, "plan 1\n", "err\n")


def test_a_run_that_hangs_is_ended(stand_in, tmp_path):
    stand_in("echo started; sleep 300\n")
    with pytest.raises(AssertionError, match="started"):
        run_hadeploy([], tmp_path, timeout=1)


def test_a_terminal_is_a_terminal_and_takes_answers(stand_in, tmp_path):
    stand_in('test -t 0 && test -t 1 && stty size; printf "sure? "; read answer; '
             'echo "got $answer"; exit 4\n')
    result = run_on_terminal(["apply"], tmp_path, [(rb"sure\? ", "yes\n")], size=(30, 90))
    assert result.returncode == 4
    assert b"30 90" in result.stdout and b"got yes" in result.stdout


def test_control_c_on_a_terminal_interrupts(stand_in, tmp_path):
    stand_in('trap "echo stopped; exit 130" INT; echo ready; while :; do sleep 0.05; done\n')
    with Terminal([], tmp_path) as terminal:
        terminal.expect(rb"ready")
        terminal.interrupt()
        assert terminal.wait() == 130
        assert b"stopped" in terminal.screen
