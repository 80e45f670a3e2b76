"""Health checks behind a wave, asked of real servers and by real commands."""

import http.server
import signal
import socket
import threading
from pathlib import Path

import pytest

from lab import wait_until
from lab.project import Project

SECRET = "tulips-in-may-2026"
TEMPLATE = "Resources: {Node: {Type: Sim::Node, Properties: {Size: 1}}}\n"
CHECK = {"Interval": "10ms", "Timeout": "5s", "HealthyThreshold": 2, "UnhealthyThreshold": 2}


class Guarded(http.server.BaseHTTPRequestHandler):
    """Whoever has the key is told that all is well."""

    def do_GET(self):
        self.send_response(200 if self.headers.get("X-Key") == SECRET else 401)
        self.send_header("X-Echo", str(self.headers.get("X-Key")))
        self.end_headers()
        self.server.asked.append(self.path)

    def log_message(self, *args):
        pass


@pytest.fixture
def guarded():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Guarded)
    server.asked, server.url = [], f"http://127.0.0.1:{server.server_port}/health"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def silent():
    """A port that accepts, as the kernel does, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def project_of(folder, check, sim=None, **rollout):
    """East goes first, and west when the check is healthy there."""
    project = Project(folder, {
        "Project": "shop",
        "Providers": {"sim": {"Types": ["Sim::*"], **(sim or {})}},
        "Regions": {"east": {}, "west": {}},
        "HealthChecks": {"well": {**CHECK, **check}},
        "Stacks": {"web": {"Template": "web.yaml", "Targets": ["east", "west"], "Rollout": {
            "Waves": [{"Name": "canary", "Regions": ["east"], "HealthChecks": ["well"]},
                      {"Name": "rest"}], **rollout}}}})
    project.save()
    (folder / "web.yaml").write_text(TEMPLATE)
    return project


def passes(project, *args, **options):
    result = project.run("apply", "--yes", *args, **options).ok()
    return result.stdout + result.stderr


def fails(project, *args, **options):
    """West is not begun; what is said."""
    result = project.run("apply", "--yes", *args, **options).ok(3)
    assert "web/west/Node: created" not in result.stderr
    return result.stdout + result.stderr


def http_check(url, **more):
    return {"Type": "HTTP", "Url": url, **more}


def recorded_bytes(folder):
    return b"".join(path.read_bytes() for path in (folder / ".hadeploy").rglob("*")
                    if path.is_file())


def test_a_secret_in_a_header_is_sent_and_nowhere_else(guarded, tmp_path):
    check = http_check(guarded.url, Headers={"X-Key": "{{resolve:env:HEALTH_KEY}}"})
    project = project_of(tmp_path, check)
    said = passes(project, env={"HEALTH_KEY": SECRET})
    assert guarded.asked and SECRET not in said
    assert SECRET.encode() not in recorded_bytes(tmp_path)


def test_an_unhealthy_endpoint_holds_back_the_next_wave(guarded, tmp_path):
    said = fails(project_of(tmp_path, http_check(guarded.url, Headers={"X-Key": SECRET[::-1]})))
    assert "HTTP 401 in" in said and SECRET[::-1] not in said
    assert len(guarded.asked) == 2, "it was asked until the threshold, and no more"


def test_a_port_that_says_nothing_is_open_and_no_web_server(silent, tmp_path):
    for name in ("tcp", "http"):
        (tmp_path / name).mkdir()
    passes(project_of(tmp_path / "tcp", {"Type": "TCP", "Address": "127.0.0.1", "Port": silent}))
    check = http_check(f"http://127.0.0.1:{silent}/", Timeout="50ms")
    said = fails(project_of(tmp_path / "http", check))
    assert f"no whole answer from 127.0.0.1:{silent} within 50ms" in said


def test_a_command_knows_where_it_is_asked(tmp_path):
    command = ("echo $HADEPLOY_PROJECT/$HADEPLOY_ACCOUNT/$HADEPLOY_REGION/$KEY >>asked;"
               "test -f web.yaml")
    passes(project_of(tmp_path, {"Type": "COMMAND", "Command": command,
                                 "Environment": {"KEY": "x"}}),
           env={"AWS_SECRET_ACCESS_KEY": SECRET})
    assert set((tmp_path / "asked").read_text().split()) == {"shop/-/east/x"}


def test_a_command_that_says_no(tmp_path):
    said = fails(project_of(tmp_path, {"Type": "COMMAND",
                                       "Command": "echo the queue is full; exit 3"}))
    assert "exit 3 in" in said and "the queue is full" in said


def test_a_command_that_does_not_listen_is_killed(tmp_path):
    command = "trap '' TERM; echo $$ >>pids; sleep 600 & wait; wait"
    said = fails(project_of(tmp_path, {"Type": "COMMAND", "Command": command,
                                       "Timeout": "200ms"}))
    assert "not over within 200ms, killed" in said
    for pid in (tmp_path / "pids").read_text().split():
        wait_until(lambda pid=pid: not Path(f"/proc/{pid}").exists(), 10, f"{pid} is gone")


def test_an_interrupt_ends_a_check_at_once(tmp_path):
    command = "trap '' TERM INT; echo $$ >.pid; mv .pid pid; sleep 600"
    project = project_of(tmp_path, {"Type": "COMMAND", "Command": command, "Timeout": "1m"})
    proc = project.start("apply", "--yes")
    wait_until((tmp_path / "pid").exists, 10, "the command runs")
    proc.send_signal(signal.SIGINT)
    said = proc.communicate(timeout=30)
    assert proc.returncode == 130, said
    pid = (tmp_path / "pid").read_text().strip()
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), 10, "the command is gone")


def test_a_rehearsal_asks_nobody(guarded, tmp_path):
    project = project_of(tmp_path, http_check(guarded.url))
    passes(project, "--simulate")
    assert not guarded.asked


def test_a_gate_that_fails_can_be_rehearsed(guarded, tmp_path):
    fault = {"Fault": "unhealthy", "Name": "well", "Region": "east", "Message": "HTTP 503 in 9 ms"}
    project = project_of(tmp_path, http_check(guarded.url), sim={"Faults": [fault]})
    assert "HTTP 503 in 9 ms" in fails(project, "--simulate")
    assert not guarded.asked
    project = project_of(tmp_path, http_check(guarded.url), sim={"Faults": [{**fault, "Times": 1}]})
    passes(project, "--simulate")


def test_the_simulated_cloud_answers_where_it_is_asked_to(tmp_path):
    fault = {"Fault": "unhealthy", "Address": "well/-/east", "Times": 2}
    project = project_of(tmp_path, http_check("http://127.0.0.1:1/", Provider="sim"),
                         sim={"Faults": [fault]})
    fails(project)
    project.run("apply", "--yes").ok()
