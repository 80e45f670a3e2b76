"""Hosts with a network of their own: what can be done to it, and that nothing stays."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab import wait_until
from lab.netns import Network, allowed, ip

TESTS = Path(__file__).resolve().parents[1]
REGIONS = {"east": ["east-a", "east-b"], "west": ["west-a"], "ops": ["ops-a"]}
WHY_NOT = allowed()
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
SERVE = "import socketserver as s; s.TCPServer(('', 80), s.BaseRequestHandler).serve_forever()"
CALL = "import socket, sys; socket.create_connection((sys.argv[1], 80), 0.5)"


@pytest.fixture(scope="module")
def net():
    it = Network.make(REGIONS)
    it.addresses = {name: it.add(name, *place) for name, place in {
        "e1": ("east", "east-a"), "e2": ("east", "east-b"), "w1": ("west", "west-a"),
        "o1": ("ops", "ops-a")}.items()}
    servers = [subprocess.Popen([*it.words(name), sys.executable, "-c", SERVE])
               for name in it.hosts]
    yield it
    it.close()
    for server in servers:
        assert server.wait(10) != 0


@pytest.fixture(autouse=True)
def whole(net):
    yield
    net.mend()
    net.plug("east")


def reaches(net, one, other):
    """"" or how it failed."""
    words = net.words(one) if one != "here" else []
    done = subprocess.run([*words, sys.executable, "-c", CALL, net.addresses[other]],
                          capture_output=True, text=True, check=False)
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


def up(net):
    for name in net.hosts:
        wait_until(lambda name=name: reaches(net, "here", name) == "", 10, f"server of {name}")


def test_everybody_reaches_everybody(net):
    up(net)
    for one in ("here", *net.hosts):
        for other in net.hosts:
            assert reaches(net, one, other) == "", (one, other)


def test_hosts_without_power_are_known_to_be_gone(net):
    up(net)
    net.unplug("east")
    assert "unreachable" in reaches(net, "here", "e1") or "No route" in reaches(net, "here", "e1")
    assert reaches(net, "here", "w1") == ""
    net.plug("east")
    assert reaches(net, "here", "e1") == ""


def test_a_black_hole_says_nothing_and_holds_connections(net):
    up(net)
    with socket.create_connection((net.addresses["e1"], 80), 5) as conn:
        conn.settimeout(0.3)
        net.black_hole("east")
        assert "timed out" in reaches(net, "here", "e1") and "timed out" in reaches(net, "e1", "o1")
        assert reaches(net, "e1", "e2") == "" and reaches(net, "o1", "w1") == ""
        net.mend()
        conn.sendall(b"still there")
    assert reaches(net, "here", "e1") == ""


def test_two_regions_lose_each_other_and_nobody_else(net):
    up(net)
    net.cut("east", "west")
    assert "timed out" in reaches(net, "e2", "w1") and "timed out" in reaches(net, "w1", "e1")
    for one, other in (("here", "e1"), ("here", "w1"), ("o1", "e1"), ("w1", "o1"), ("e1", "e2")):
        assert reaches(net, one, other) == "", (one, other)


def test_nothing_stays_behind_a_process_that_is_killed(tmp_path):
    script = ("import sys, time; from lab.netns import Network; import subprocess\n"
              "net = Network.make({'east': ['a']}); net.add('e1', 'east', 'a')\n"
              "subprocess.Popen([*net.words('e1'), 'sleep', '600'])\n"
              "print(net.block, flush=True); time.sleep(600)\n")
    env = {**os.environ, "PYTHONPATH": str(TESTS)}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True,
                          env=env, cwd=tmp_path) as proc:
        block = int(proc.stdout.readline())
        assert f"hdlab{block}-e1" in ip("netns", "list")
        proc.kill()
    wait_until(lambda: f"hdlab{block}-" not in ip("netns", "list"), 20, "end of the namespaces")
    wait_until(lambda: f"hdl{block}@" not in ip("-o", "link"), 20, "end of the link")


def test_one_that_is_detached_is_found_again():
    first = Network.make({"east": ["a"]})
    first.add("e1", "east", "a")
    state = first.detach()
    first.lock.close()
    other = Network.make({"east": ["a"]})
    try:
        assert other.block != state["block"]
        again = Network.resume(state)
        time.sleep(0.2)
        assert f"hdlab{again.block}-e1" in ip("netns", "list")
        again.close()
        assert f"hdlab{again.block}-" not in ip("netns", "list")
    finally:
        other.close()
