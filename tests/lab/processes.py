"""Finding and ending everything that runs on a host of the lab.

A connection's processes leave the server's session, and detached commands outlive their
connection, so neither a parent nor a process group names them all.  What does is a variable in
their environment, set by the server's configuration and inherited by whatever they start.
"""

import os
import signal
import time
from pathlib import Path

MARK = "HADEPLOY_LAB_HOST"


def mark_of(folder):
    """The environment entry that all processes of the host in this folder carry."""
    return f"{MARK}={folder}"


def lives(pid):
    """Whether it runs; one that only waits to be reaped does not."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"


def _parents():
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    return parents


def _with_children(found, parents):
    """The processes found and all that descend from them."""
    while True:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        if not more:
            return found
        found = found | more


def _read(pid, name):
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def marked(folder):
    """Ids of all that runs on the host in this folder, sorted."""
    mark = mark_of(folder).encode()
    # sshd writes its title over its environment; the title names its configuration.
    title = f"{folder}/sshd_config".encode()
    parents = _parents()
    found = {pid for pid in parents
             if mark in _read(pid, "environ").split(b"\0") or title in _read(pid, "cmdline")}
    found = _with_children(found - {os.getpid()}, parents)
    return sorted(pid for pid in found if lives(pid))


def descendants(pid):
    """A process and all that it started and is still the parent of."""
    return sorted(_with_children({pid}, _parents()))


def send(pids, sig):
    for pid in pids:
        try:
            os.kill(pid, sig)
        except ProcessLookupError:
            pass


def end_all(folder, limit_s=10):
    """Kills everything on a host until nothing is left; returns what could not be ended."""
    deadline = time.monotonic() + limit_s
    # Stopped processes start no others while we look.
    stopped = []
    while (pids := marked(folder)) != stopped and time.monotonic() < deadline:
        send(pids, signal.SIGSTOP)
        stopped = pids
    while pids and time.monotonic() < deadline:
        send(pids, signal.SIGKILL)
        time.sleep(0.005)
        pids = marked(folder)
    return pids
