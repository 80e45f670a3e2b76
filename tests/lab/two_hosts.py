"""Executions on two hosts: web-e1 in the east, whose commands can be held at a gate, and web-w1 in
the west.  A file imports the fixtures that it names, and those that they name.
"""

import contextlib
import os
import signal

import pytest

from .gate import Gate

LIMIT_S = 60  # whoever is not bounded waits longer


@pytest.fixture
def hosts(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.add("web-w1", "west", "west-a", "127.20.1.11", roles=["web"])
    lab.start()
    return lab


@pytest.fixture
def gate(hosts):
    return Gate(hosts.host("web-e1"))


def command(name, region, script, **keys):
    """A step."""
    return {"Name": name, "Type": "Command", "Region": region, "Roles": ["web"],
            "Command": script, **keys}


@contextlib.contextmanager
def running(proc):
    """It ends with the test, whatever becomes of that."""
    try:
        yield proc
    finally:
        if proc.poll() is None:
            os.killpg(proc.pid, signal.SIGKILL)
            proc.communicate()


def ends(proc, code):
    """What it said to its end."""
    out, err = proc.communicate(timeout=LIMIT_S)
    out += err or ""
    assert proc.returncode == code, f"exit {proc.returncode}\n{out}"
    return out
